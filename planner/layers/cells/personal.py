"""Refuse columns that hold personal data: a study is made of counts and places, never of persons.

What counts as personal follows the Personal Information Protection Law (个人信息保护法, art. 4 and 28): names, identity
numbers, telephone numbers and home addresses. A column is told by its header where its cells fit it, and else by its
cells. No message quotes a cell.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from planner.errors import Cure, Fault
from planner.i18n import N_, _
from planner.layers.cells.values import as_text
from planner.layers.columns import LAYERS, WORDS, key
from planner.layers.files.rawtables import RawTable
from planner.layers.headers.aliases import recognise, take_apart
from planner.layers.settings import LayerSettings
from planner.masking import ID_SHAPE, LANDLINE, MOBILE, born_on, is_id_number, plain_digits

KINDS = {
    "name": N_("names of persons"),
    "id": N_("identity numbers"),
    "contact": N_("telephone numbers or other contacts"),
    "address": N_("home addresses"),
}
"""What a column may hold, in the order in which headers are held against it."""

# Headers as they are and as a shapefile cuts them.
_HEADERS = {
    "id": re.compile(
        r"身份证|公民身份|居民身份|身份号|(?<!许可)证件号|护照|社保卡|医保卡|医保号|残疾证|银行卡|银行账|老年证|优待证"
        r"|^(?:sfzh?m?|sfz_?h|zjhm|id_?card(?:_?no)?|identity_?(?:no|number)|passport(?:_?no)?)$"
    ),
    "contact": re.compile(
        r"电话|手机|联系电|联系方式|联系号|固话|座机|微信|邮箱|(?:^|_)(?:tel|phone|mobile|telephone|e_?mail|wechat)(?:$|_)"
        r"|^(?:lxdh|lxfs|sjhm?|dhhm)$"
    ),
    "name": re.compile(
        r"姓名|姓$|联系人|户主|监护人|经办人|法定代|法人代表|法人$|负责人|网格员|楼栋长|楼长|家属名"
        r"|^(?:lxr|lrxm|hzxm|fzr|contact|contact_?(?:name|person)|person_?name|full_?name|surname|householder)$"
    ),
    "address": re.compile(
        r"家庭住址|家庭地址|居住地址|现住址|住址|户籍地址|户籍所在|户口所在|^(?:jtzz|home_?address)$"
    ),
}
# What is only counted (联系人数) or asked (是否有电话) is no such column.
_COUNTED = re.compile(r"(?:数|数量|人数|个数|单位|类型|类别|比例|率)$|^(?:是否|有无)")
# Numbers of these columns may look like telephones (nodes of OpenStreetMap begin with 13 today) and are none.
_IDENTIFIERS = re.compile(r"id$|code$|编号|编码|代码|序号|许可证|文号|证号")
_NAME = re.compile(r"[^\W\d_][^\d]{1,39}")
_DOOR = re.compile(
    r"(?:栋|幢|座|号楼|单元)[^\d]{0,3}\d*(?:单元)?[^\d]{0,3}\d{3,4}\s*(?:室|户|房|号)?$|\d{1,2}-\d{1,2}-\d{3,4}$|\d{3,4}\s*室"
)
# The same where a line ends as well as a cell.
_DOOR_SOMEWHERE = re.compile(_DOOR.pattern, re.MULTILINE)
# What every identity number holds, and what every telephone number is.
_LONG_NUMBER, _LONG_RUN = re.compile("[0-9]{14}"), re.compile("[0-9()+ -]{11}")
_FULL_WIDTH = re.compile("[０-９]")
_OLD_ID = re.compile(r"(?<!\d)[1-8]\d{14}(?!\d)")
_SCIENTIFIC_ID = re.compile(r"([1-8])\.(\d{14})E\+17")
_BLANK = frozenset(key(word) for word in WORDS["blank"])
_ANSWERS = frozenset(key(word) for words in WORDS["flags"]["any"].values() for word in words)
# Layers of homes: there a door number is a home's. Elsewhere it is that of a shop or an office.
_HOMES = frozenset({"compounds", "gates", "areas", "population", "buildings"})
_SHORTEST = 5  # fewer characters hold neither number nor address
# A permit number fits province, day and check digit one time in eleven where it holds a day at all.
_FITTING = 0.5
_FEW = 3
_SHOWN = 3
_LAST_ADULT = 2008


@dataclass(frozen=True)
class Personal:
    """A column that holds personal data.

    Parameters
    ----------
    column
        Its header.
    kind
        One of :data:`KINDS`.
    cells
        How many cells tell it.
    rows
        The first rows of the file that do.
    needed
        Whether the layer cannot do without the column.
    """

    column: str
    kind: str
    cells: int
    rows: tuple[int, ...] = ()
    needed: bool = False


def impersonal(raw: RawTable, settings: LayerSettings, *, layer: str) -> tuple[RawTable, tuple[str, ...], list[Fault]]:
    """Drop what the study does not want of a file, before anything else is done with it, and look through the rest.

    Parameters
    ----------
    raw
        The file.
    settings
        Its ``drop`` names columns; every column of a name goes.
    layer
        Name of the layer.

    Returns
    -------
    raw, dropped, faults
        The file without these columns, their headers, and a fault for each name that it has not and for each column
        with personal data, which tells how many cells there are and quotes none.

    Examples
    --------
    >>> from planner.i18n import language
    >>> cells = pd.DataFrame({0: ["R1", "R2"], 1: ["张三", "李四"]})
    >>> raw = RawTable(("用房编号", "联系人"), cells, pd.Series([2, 3]).to_numpy())
    >>> with language("en"):
    ...     print(impersonal(raw, LayerSettings(file="rooms.csv"), layer="rooms")[2][0].what)
    the column 联系人 holds names of persons: 2 cells
    >>> raw, dropped, faults = impersonal(raw, LayerSettings(file="rooms.csv", drop=["联系人"]), layer="rooms")
    >>> raw.names, dropped, faults
    (('用房编号',), ('联系人',), [])
    """
    gone, faults = _to_drop(raw, settings.drop, layer)
    dropped = tuple(raw.names[place] for place in sorted(gone))
    if gone:
        raw = _without(raw, gone)
    found = find_personal(raw, layer=layer)
    what = _("the column {column} holds {kind}: {count} cells")
    drop = list(dict.fromkeys((*settings.drop, *(one.column for one in found if not one.needed))))
    away = _("take the column out of the file, or name it in drop under [layers.{layer}]").format(layer=layer)
    faults += [
        Fault(
            what.format(column=one.column, kind=_(KINDS[one.kind]), count=one.cells),
            where=_where(settings.file, one.rows),
            why=_("personal data must not come into a study (个人信息保护法)"),
            todo=_("replace these cells in the file: the layer needs the column") if one.needed else away,
            cure=None if one.needed else Cure.setting(f"layers.{layer}", "drop", drop),
        )
        for one in found
    ]
    return raw, dropped, faults


def _where(file: str, rows: tuple[int, ...]) -> str:
    shown = _(", ").join(str(row) for row in rows)
    return _("{file}, first in rows {rows}").format(file=file, rows=shown) if rows else file


def _to_drop(raw: RawTable, drop: Sequence[str], layer: str) -> tuple[set[int], list[Fault]]:
    gone: set[int] = set()
    faults = []
    for name in drop:
        places = {place for place, header in enumerate(raw.names) if key(header) == key(name)}
        if not places:
            plain = take_apart(name).names
            places = {place for place, header in enumerate(raw.names) if take_apart(header).names == plain}
        if not places:
            faults.append(
                Fault(
                    _("the file has no column {name} to drop").format(name=name),
                    where=f"[layers.{layer}] drop",
                    todo=_("take it out of drop, or choose one of: {columns}").format(columns=_(", ").join(raw.names)),
                )
            )
        gone |= places
    return gone, faults


def _without(raw: RawTable, gone: Collection[int]) -> RawTable:
    stay = [place for place in range(len(raw.names)) if place not in gone]
    cells = raw.cells[stay].copy()
    cells.columns = pd.RangeIndex(len(stay))
    left_out = tuple(replace(left, cells=tuple(left.cells[place] for place in stay)) for left in raw.left_out)
    return replace(raw, names=tuple(raw.names[place] for place in stay), cells=cells, left_out=left_out)


def find_personal(raw: RawTable, *, layer: str) -> list[Personal]:
    """Find the columns of a file that hold personal data.

    Parameters
    ----------
    raw
        The file.
    layer
        Name of the layer.

    Returns
    -------
    list of Personal
        One for each such column, in the file's order. By header: at least one cell that fits it. By cells:

        - identity numbers of 18 places: one, and at least half of all of that shape (three in an identifier);
        - older ones of 15 places, or with digits lost in a spreadsheet: three, and four in five of the cells;
        - telephone numbers: one, in columns of text and in no identifier;
        - homes with door numbers: three, and a tenth of the cells, in the layers of homes.
    """
    found = []
    for place, header in enumerate(raw.names):
        cells = raw.cells[place]
        names = take_apart(header).names
        kind = _told_by(header, names, layer)
        if kind is None and not _may_hold(cells):
            continue
        text = _given(cells)
        count = _FITS[kind](text) if kind else 0
        told = Personal(header, kind or "", count) if count else _by_cells(text, header, layer)
        if told is not None:
            needed = bool({*LAYERS[layer].required} & {*recognise(layer, header)})
            found.append(replace(told, rows=_rows(raw, text, told.kind), needed=needed))
    return found


def _rows(raw: RawTable, text: pd.Series[str], kind: str) -> tuple[int, ...]:
    """Return the first rows whose cells tell a kind."""
    fitting = text.index[[_SIGNS[kind](cell) for cell in text]]
    return tuple(int(row) for row in raw.rows[raw.cells.index.get_indexer(fitting)][:_SHOWN])


def _told_by(header: str, names: Sequence[str], layer: str) -> str | None:
    """Tell what a header promises; a column of the contract, as of an applicant, promises what the contract says."""
    if recognise(layer, header) or any(_COUNTED.search(name) for name in names):
        return None
    return next((kind for kind, pattern in _HEADERS.items() if any(pattern.search(name) for name in names)), None)


def _may_hold(cells: pd.Series[Any]) -> bool:
    """Whether cells could hold a number of eleven places or more, or text."""
    if pd.api.types.is_bool_dtype(cells.dtype) or pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return False
    return not pd.api.types.is_numeric_dtype(cells.dtype) or bool((cells.abs() >= 1e10).any())


def _given(cells: pd.Series[Any]) -> pd.Series[str]:
    text = as_text(cells).dropna()
    short = text[text.str.len() < _SHORTEST]
    blank = [word for word in short.unique() if key(word) in _BLANK]
    text = text[~text.isin(blank)]
    # Hardly any column has full-width digits.
    return text.map(plain_digits) if _FULL_WIDTH.search("".join(text.tolist())) else text


def _counted(text: pd.Series[str], fits: Callable[[str], bool], sign: re.Pattern[str] | None = None) -> int:
    """Count the cells that fit; a cell that fits holds the sign, where one is given."""
    cells = text.tolist()
    # To look through a whole column at once takes a tenth of the time, and hardly any column holds such a thing.
    if sign is not None and not sign.search("\n".join(cells)):
        return 0
    return sum(count for cell, count in Counter(cells).items() if fits(cell))


def _is_name(cell: str) -> bool:
    return key(cell) not in _ANSWERS and _NAME.fullmatch(cell) is not None


def _is_contact(cell: str) -> bool:
    return "@" in cell or sum(character.isdigit() for character in cell) >= 5


def _has_phone(cell: str) -> bool:
    return MOBILE.search(cell) is not None or LANDLINE.search(cell) is not None


def _is_id(cell: str) -> bool:
    return any(is_id_number(number) for number in ID_SHAPE.findall(cell)) or _was_id_number(cell)


_SIGNS: dict[str, Callable[[str], bool]] = {
    "name": _is_name,
    "id": _is_id,
    "contact": lambda cell: _has_phone(cell) or _is_contact(cell),
    "address": lambda cell: _DOOR.search(cell) is not None,
}

_FITS: dict[str, Callable[[pd.Series[str]], int]] = {
    "name": lambda text: _counted(text, _is_name),
    "id": lambda text: _counted(text, lambda cell: sum(character.isalnum() for character in cell) >= 6),
    "contact": lambda text: _counted(text, _is_contact),
    "address": lambda text: _counted(text, lambda cell: any(character.isdigit() for character in cell)),
}


def _by_cells(text: pd.Series[str], header: str, layer: str) -> Personal | None:
    meant = recognise(layer, header)
    if "geometry" in meant:
        return None
    long = text[text.str.len() >= _SHORTEST] if len(text) else text
    if long.empty:
        return None
    identifier = LAYERS[layer].id in meant
    if count := _id_cells(long, len(text), least=_FEW if identifier else 1):
        return Personal(header, "id", count)
    numbers = any(LAYERS[layer].column(name).kind in {"count", "number", "numbers"} for name in _columns(meant, layer))
    other = identifier or numbers or _IDENTIFIERS.search(key(header))
    if not other and (count := _counted(long, _has_phone, _LONG_RUN)):
        return Personal(header, "contact", count)
    if layer in _HOMES:
        count = _counted(long, lambda cell: _DOOR.search(cell) is not None, _DOOR_SOMEWHERE)
        if count >= _FEW and count >= 0.1 * len(text):
            return Personal(header, "address", count)
    return None


def _columns(meant: Any, layer: str) -> list[str]:
    own = {column.name for column in LAYERS[layer].columns}
    return [name for name in meant if name in own]


def _id_cells(text: pd.Series[str], given: int, *, least: int) -> int:
    """Count the identity numbers of a column; 0 where what looks like some is rather something else."""
    shaped = _counted(text, lambda cell: ID_SHAPE.search(cell) is not None, _LONG_NUMBER)
    if shaped:
        fitting = _counted(text, lambda cell: any(is_id_number(number) for number in ID_SHAPE.findall(cell)))
        if fitting >= max(least, _FITTING * shaped):
            return fitting
    lost = _counted(text, _was_id_number, _LONG_NUMBER)
    return lost if lost >= _FEW and lost >= 0.8 * given else 0


def _was_id_number(cell: str) -> bool:
    """Whether a cell is an identity number of the old form, or one that a spreadsheet has cut to fifteen digits."""
    whole = _SCIENTIFIC_ID.sub(r"\g<1>\g<2>000", cell)
    found = [born_on(number) for number in (*ID_SHAPE.findall(whole), *_OLD_ID.findall(whole))]
    return any(born is not None and born.year < _LAST_ADULT for born in found)
