"""List compounds whose names differ by a phase or blanks only; they stay apart unless an identifier joins them."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import numpy as np
import pandas as pd

from planner.i18n import _
from planner.layers.ledger import Journal

_ORDER = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3}|[ivx]{1,4})"
_PHASE = re.compile(
    rf"第?{_ORDER}(?:期工程|期|标段|组团)|第?(?:{_ORDER}|[a-z])(?:#|号)?(?:区|地块)|首期|[东南西北中]区$|phase(?:{_ORDER}|[a-z])$"
)
# What every phase holds.
_PHASE_SIGN = re.compile("[期段团区块]|phase")
_MARKS = re.compile(r"[\s()\[\]〔〕【】「」<>《》·•\-—_.,、:;'\"“”]+")


def plain_names(names: pd.Series[Any]) -> pd.Series[Any]:
    """Return names without phase, blanks and brackets; empty where nothing is left.

    Examples
    --------
    >>> plain_names(pd.Series(["云岭山庄（一期）", "云岭 山庄2期", "丰源"])).tolist()
    ['云岭山庄', '云岭山庄', '丰源']
    """
    # In one pass over plain texts: pandas takes four, which is most of the time of reading a large layer.
    plain = [_plain(name) for name in names.fillna("").astype("str").tolist()]
    return pd.Series(plain, index=names.index, dtype="str")


def _plain(name: str) -> str:
    text = unicodedata.normalize("NFKC", name).casefold()
    # Most names have neither marks nor a phase, and to see that is quicker than to look for them.
    text = text if text.isalnum() else _MARKS.sub("", text)
    return _PHASE.sub("", text) if _PHASE_SIGN.search(text) else text


def note_namesakes(names: pd.Series[Any], projects: pd.Series[Any], journal: Journal) -> None:
    """Doubt compounds that may be one compound in several rows; nothing is joined by its name.

    Parameters
    ----------
    names
        Names by row.
    projects
        Project by row, empty where none is given. Rows of one project are known to belong together, and rows of two
        are known not to: only what no project tells is doubted.
    journal
        Where the doubts are written.
    """
    plain = plain_names(names)
    alike = ((plain != "") & plain.duplicated(keep=False)).to_numpy(dtype=bool) & journal.kept
    told = {}
    for _name, group in plain[alike].groupby(plain[alike]):
        for place in group.index:
            own = projects[place]
            others = [
                str(journal.rows[other])
                for other in group.index
                if other != place and (pd.isna(own) or pd.isna(projects[other]))
            ]
            if others:
                told[place] = others
    where = np.zeros(len(journal.rows), dtype=bool)
    where[list(told)] = True
    what = _(
        "{name} sounds like the name in row {rows}; the rows stay compounds of their own: "
        "if they are one, give them one project"
    )
    texts = [what.format(name=names[place], rows=_(", ").join(told[place][:5])) for place in sorted(told)]
    journal.note(where, "name", texts, "doubted")
