"""Turn administrative codes that stand in place of a county's name into the name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from planner.i18n import _
from planner.layers.ledger import Action, Journal

_FILE = Path(__file__).with_name("adcodes.yaml")
# Provinces are 11 to 82; a code has 2, 4, 6, 9 or 12 digits, from the province to the community.
_CODE = re.compile(r"([1-8]\d(?:\d{2}){0,2}|[1-8]\d{8}|[1-8]\d{11})(?:\.0+)?")
# Twelve digits as a spreadsheet shows them; the first six are still there.
_SHOWN = re.compile(r"([1-8])\.(\d{5,})e\+?11")
_COUNTY_DIGITS = 6


@dataclass(frozen=True)
class County:
    """What a code says of the county.

    Parameters
    ----------
    value
        Name of the county, its code of six digits where the name is not known, None where it names no county.
    what
        What is to be told, in the reader's language.
    action
        ``mended`` or ``doubted``.
    """

    value: str | None
    what: str
    action: Action


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    table: dict[str, dict[str, str]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return table


def county_code(cell: str) -> str | None:
    """Return the first six digits of an administrative code, None where the cell is no such code.

    Examples
    --------
    >>> county_code("431002000000"), county_code("431002"), county_code("4310"), county_code("4.31002E+11")
    ('431002', '431002', '431000', '431002')
    >>> county_code("北湖区") is None, county_code("12345") is None
    (True, True)
    """
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", cell)).casefold()
    if shown := _SHOWN.fullmatch(plain):
        return (shown[1] + shown[2])[:_COUNTY_DIGITS]
    match = _CODE.fullmatch(plain)
    return match[1][:_COUNTY_DIGITS].ljust(_COUNTY_DIGITS, "0") if match else None


def read_county(cell: str) -> County | None:
    """Say what a code means.

    Parameters
    ----------
    cell
        Text of the cell.

    Returns
    -------
    County or None
        None where the cell is no code, but a name.

    Examples
    --------
    >>> read_county("431002000000").value, read_county("432824").value, read_county("440305").value
    ('北湖区', '宜章县', '440305')
    >>> read_county("4310").value is None, read_county("高新区") is None
    (True, True)
    """
    code = county_code(cell)
    if code is None:
        return None
    table = _table()
    if name := table["counties"].get(code):
        return County(name, _("“{value}” is the code of {name}").format(value=cell, name=name), "mended")
    if name := table["former"].get(code):
        what = _("“{value}” is the code that {name} had before 1994").format(value=cell, name=name)
        return County(name, what, "mended")
    if name := table["none"].get(code):
        what = _("“{value}” is the code of {name}, which is no county of today; taken as not given")
        return County(None, what.format(value=cell, name=name), "doubted")
    if code.endswith("0000"):
        what = _("“{value}” is the code of a whole province, not of a county; taken as not given")
        return County(None, what.format(value=cell), "doubted")
    if code.endswith("00"):
        what = _("“{value}” is the code of a whole city, not of a county; kept as it is")
        return County(code, what.format(value=cell), "doubted")
    if code == cell:
        return County(code, "", "mended")
    return County(code, _("“{value}” is taken as the county code {code}").format(value=cell, code=code), "mended")


def name_counties(counties: pd.Series[Any], journal: Journal) -> pd.Series[Any]:
    """Put names in place of codes; tell a code once, and every row whose code names no county.

    Parameters
    ----------
    counties
        Names and codes by row.
    journal
        Where it is written.

    Returns
    -------
    pandas.Series
        Names; codes of six digits where no name is known, so that one county has one word.
    """
    read = {cell: county for cell in counties.dropna().unique() if (county := read_county(cell)) is not None}
    if not read:
        return counties
    for cell, county in read.items():
        where = (counties == cell).fillna(value=False).to_numpy(dtype=bool)
        if county.action == "doubted":
            journal.note(where, "county", county.what, "doubted")
        elif county.what:
            what = _("{what} ({count} rows)").format(what=county.what, count=int(where.sum()))
            journal.note(np.arange(len(where)) == where.argmax(), "county", what, "mended")
    return counties.map(lambda cell: read[cell].value if cell in read else cell, na_action="ignore").astype("str")
