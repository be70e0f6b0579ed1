"""List compounds whose names differ by a phase or blanks only; they stay apart unless an identifier joins them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from planner.i18n import _
from planner.layers.ledger import Journal

_PHASE = re.compile(r"第?(?:\d{1,2}|[一二三四五六七八九十]{1,2})[期区]|phase\d+")
_MARKS = re.compile(r"[\s()\[\]【】·\-—_.,、]+")


def plain_names(names: pd.Series[Any]) -> pd.Series[Any]:
    """Return names without phase, blanks and brackets; empty where nothing is left.

    Examples
    --------
    >>> plain_names(pd.Series(["云岭山庄（一期）", "云岭 山庄2期", "丰源"])).tolist()
    ['云岭山庄', '云岭山庄', '丰源']
    """
    text = names.fillna("").astype("str").str.normalize("NFKC").str.casefold()
    marked = text.str.replace(_MARKS, "", regex=True)
    return marked.str.replace(_PHASE, "", regex=True)


def note_namesakes(names: pd.Series[Any], journal: Journal) -> None:
    """Doubt compounds that may be one compound in several rows; nothing is joined.

    Parameters
    ----------
    names
        Names by row.
    journal
        Where the doubts are written.
    """
    plain = plain_names(names)
    alike = ((plain != "") & plain.duplicated(keep=False)).to_numpy(dtype=bool) & journal.kept
    if not alike.any():
        return
    rows = pd.Series(journal.rows, index=plain.index)[alike]
    groups = rows.groupby(plain[alike]).agg(list)
    where = np.zeros(len(journal.rows), dtype=bool)
    texts = []
    what = _("{name} sounds like the name in row {rows}; the rows stay compounds of their own")
    for place in np.flatnonzero(alike):
        others = [str(row) for row in groups[plain.iloc[place]] if row != journal.rows[place]]
        if others:
            where[place] = True
            texts.append(what.format(name=names.iloc[place], rows=", ".join(others[:5])))
    journal.note(where, "name", texts, "doubted")
