"""Take permit numbers apart: the number itself, the document it stands on, and whether it marks an amendment."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import pandas as pd

_DIGITS = "一二三四五六七八九"
_ORDER = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})"
_OPEN, _CLOSE = r"[(\[〔【「<\-—_·,、;:]*", r"[)\]〕】」>]*"
_MARK = re.compile(
    rf"{_OPEN}(?:第?({_ORDER})次)?(?:变更|调整|修改|换证|换发|补证|补发|延期)后?{_OPEN}(?:第?({_ORDER})次?)?{_CLOSE}$"
)
_KIND = re.compile(r"^(?:编号:?)?[(\[〔【]?([建地乡])[)\]〕】]?字第?")
_USUAL = re.compile(r"(?:([建地乡])字第)?([0-9A-Z]+)号?")
_BRACKETS = re.compile(r"[()\[\]〔〕【】「」<>]")
_SUFFIXED = re.compile(r"(.*\d)-\d{1,2}")


@dataclass(frozen=True)
class PermitNumber:
    """A permit number taken apart.

    Parameters
    ----------
    number
        The number without 建字第, 号, brackets and blanks.
    kind
        ``建`` (building), ``地`` (land use) or ``乡`` (rural building) where 字第 follows it, else empty.
    change
        0 for the permit itself, 1 for its first amendment (变更) and so on.
    """

    number: str
    kind: str = ""
    change: int = 0

    @property
    def base(self) -> str:
        """The number without a ``-1`` behind it, empty where none stands there."""
        match = _SUFFIXED.fullmatch(self.number)
        return match[1] if match else ""


def read_permit_number(cell: str) -> PermitNumber:
    """Read one cell.

    Parameters
    ----------
    cell
        Text of the cell.

    Returns
    -------
    PermitNumber
        Its number is the whole cell where nothing but signs would be left.

    Examples
    --------
    >>> read_permit_number(" 建字第 431002202300012 号")
    PermitNumber(number='431002202300012', kind='建', change=0)
    >>> read_permit_number("建字第〔2023〕012号（第二次变更）")
    PermitNumber(number='2023012', kind='建', change=2)
    >>> read_permit_number("431002202300012-1").base
    '431002202300012'
    """
    if usual := _USUAL.fullmatch(cell):
        return PermitNumber(usual[2], usual[1] or "")
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", cell))
    plain, change = without_mark(plain)
    plain, more = without_mark(plain.removesuffix("号"))
    kind = _KIND.match(plain)
    number = _BRACKETS.sub("", plain[kind.end() :] if kind else plain).removesuffix("号")
    if not re.search(r"\w", number):
        return PermitNumber(cell.strip())
    return PermitNumber(number, kind[1] if kind else "", max(change, more))


def plain_numbers(cells: pd.Series[str]) -> pd.Series[str]:
    """Return the number of each cell, NA where the cell is empty.

    Examples
    --------
    >>> plain_numbers(pd.Series(["建字第431002202300012号", None], dtype="str")).fillna("-").tolist()
    ['431002202300012', '-']
    """
    numbers = {cell: read_permit_number(cell).number for cell in cells.dropna().unique()}
    return cells.map(numbers).astype("str")


def without_mark(text: str) -> tuple[str, int]:
    """Take the mark of an amendment off the end of a text, and return its order, 0 where there is none.

    Examples
    --------
    >>> without_mark("澄湖一号（变更）"), without_mark("澄湖一号")
    (('澄湖一号', 1), ('澄湖一号', 0))
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    match = _MARK.search(plain)
    if match is None:
        return text, 0
    order = match[1] or match[2]
    return plain[: match.start()].rstrip(), _number(order) if order else 1


def _number(text: str) -> int:
    if text.isdigit():
        return max(int(text), 1)
    tens, ten, ones = text.rpartition("十")
    ten_count = (_DIGITS.find(tens) + 1 if tens else 1) if ten else 0
    return max(10 * ten_count + _DIGITS.find(ones[-1:] or "?") + 1, 1)
