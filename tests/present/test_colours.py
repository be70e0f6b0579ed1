"""Verdicts can be told apart by colour-blind eyes, in grey print, and without colour at all."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from planner.i18n import language
from planner.present.colours import LOOKS, VERDICTS, path_style, patterns, swatch, verdict_word


def linear(colour):
    value = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIE L*a*b* (D65) of linear RGB."""
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ np.clip(rgb, 0, 1)
    scaled = xyz / np.array([0.9505, 1.0, 1.089])
    f = np.where(scaled > (6 / 29) ** 3, np.cbrt(scaled), scaled / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


# Machado, Oliveira and Fernandes 2009 (doi:10.1109/TVCG.2009.113), severity 1.0, for linear RGB.
EYES = {
    "full": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.01182, 0.04294, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.3039],
    ],
}


@pytest.mark.parametrize(("one", "other"), list(combinations(VERDICTS, 2)))
def test_apart_in_grey(one, other):
    assert abs(lab(linear(LOOKS[one].fill))[0] - lab(linear(LOOKS[other].fill))[0]) >= 8


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize(("one", "other"), list(combinations(VERDICTS, 2)))
def test_apart_for_every_eye(eyes, one, other):
    seen = [lab(np.asarray(EYES[eyes]) @ linear(LOOKS[verdict].fill)) for verdict in (one, other)]
    assert np.linalg.norm(seen[0] - seen[1]) >= 20


def test_the_second_cue_differs_too():
    cues = {(look.pattern, look.dash) for look in LOOKS.values()}
    assert len(cues) == len(VERDICTS) == 4
    for verdict in VERDICTS:
        assert f'id="verdict-{verdict}"' in patterns()
        assert path_style(verdict)["fillColor"] == f"url(#verdict-{verdict})"
        assert f'id="swatch-{verdict}"' in patterns()
        assert f'href="#swatch-{verdict}"' in swatch(verdict)


def test_words():
    with language("zh"):
        assert [verdict_word(verdict) for verdict in VERDICTS] == ["达标", "临界", "不达标", "无法判定"]
    with language("en"):
        assert [verdict_word(verdict) for verdict in VERDICTS] == list(VERDICTS)
