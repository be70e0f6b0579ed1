"""Make texts fit to stand in cells: what looks like a formula stays text, and nothing breaks the file."""

from __future__ import annotations

import re

import pandas as pd

LONGEST = 32_767
"""Characters that a cell of Excel may hold."""

# What Excel, WPS and LibreOffice take for the beginning of a formula, in the forms of a Chinese keyboard too.
_FORMULA = r"[=+\-@\t\r\n＝＋－＠]"
_BEGINS = re.compile(_FORMULA)
# Nothing of XML: control characters, halves of characters, and two that stand for nothing.
_BROKEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def is_risky(text: str) -> bool:
    """Tell whether a spreadsheet could take a text for a formula.

    Examples
    --------
    >>> [is_risky(text) for text in ("=1+1", "@SUM(A1)", "－1", "400;120", "")]
    [True, True, True, False, False]
    """
    return _BEGINS.match(text) is not None


def printable(text: str) -> str:
    r"""Return a text without what no workbook or document can hold, cut to what a cell holds.

    Examples
    --------
    >>> printable("云岭\x0b山庄\x00")
    '云岭山庄'
    """
    if _BROKEN.search(text):
        text = _BROKEN.sub("", text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def guarded(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose texts no spreadsheet takes for formulas when it opens them from a csv.

    Parameters
    ----------
    table
        The table. Numbers, days and flags stay as they are.

    Returns
    -------
    DataFrame
        In columns of text, an apostrophe stands before every cell that begins with ``= + - @``, the same in full
        width, a tab or a line break; taken off again, the text is what it was.

    Examples
    --------
    >>> guarded(pd.DataFrame({"id": ["=1+1", "A1"], "gap": [-1.5, 2.0]})).to_dict("list")
    {'id': ["'=1+1", 'A1'], 'gap': [-1.5, 2.0]}
    """
    changed = {}
    for name, column in table.items():
        if not (isinstance(column.dtype, pd.StringDtype) or column.dtype == object):
            continue
        risky = column.map(lambda cell: isinstance(cell, str) and is_risky(cell)).astype(bool)
        if risky.any():
            changed[name] = column.where(~risky, "'" + column.astype("str"))
    return table.assign(**{str(name): column for name, column in changed.items()}) if changed else table
