"""Know the names under which the contract's columns stand in files, whole or cut by a shapefile."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import yaml

from planner.layers.columns import COUNTERS, LAYERS, UNITS, LayerSpec, key
from planner.layers.people.basis import PEOPLE, names_with_basis

How = Literal["contract", "alias", "spare", "cut", "doubled"]

PLACES: Mapping[str, str] = MappingProxyType(
    {"geometry": "geometry", "wkt": "geometry", "lon": "lon", "lat": "lat", "x": "x", "y": "y"}
)
"""Names of columns that make a place where a file has no shapes; wkt is a second name for geometry."""

JOINT = " / "
"""What stands between the two rows of a header."""

_FILE = Path(__file__).with_name("aliases.yaml")
_AGES = ("60", "65", "80")
# A name in the table of a shapefile has ten bytes; a second one that begins alike gets _1 in place of the last two.
_DBF_BYTES, _DOUBLED_BYTES = 10, 8
_DOUBLED = re.compile(r"(.+)_\d")
_BRACKETS = re.compile(r"(.*)[(\[【〔]([^()\[\]【】〔〕]+)[)\]】〕]:?")
_MARKED = re.compile(r"([^/:,]*[^\x00-\x7f][^/:,]*)[/:,](.+)")
# In a geodatabase no name begins with a digit, and underscores stand for brackets: _60岁以上, F60岁以上, 面积_万㎡_.
_BEFORE_DIGITS = re.compile(r"^(?:_+|[ft]_?)(?=\d+[^\x00-\x7f])")
_FLATTENED = re.compile(r"([^_]*[^\x00-\x7f_][^_]*)_+([^_]+)_*")


@dataclass(frozen=True)
class Header:
    """A header taken apart.

    Parameters
    ----------
    names
        Forms in which it may be known, the most telling first; several where it has two rows.
    unit
        Unit that it states, in the form of :func:`~planner.layers.columns.key`; empty where it states none.
    """

    names: tuple[str, ...]
    unit: str = ""


@dataclass(frozen=True)
class Names:
    """What the columns of one layer are called.

    Parameters
    ----------
    whole
        Contract column and how it is known, by whole name.
    cut, doubled
        Contract columns by a name cut to ten bytes, and by what is left of it before ``_1``.
    """

    whole: Mapping[str, tuple[str, How]]
    cut: Mapping[str, frozenset[str]]
    doubled: Mapping[str, frozenset[str]]


def take_apart(header: str) -> Header:
    """Take the unit off a header, and join the names of its two rows.

    Parameters
    ----------
    header
        As the file has it; two rows with :data:`JOINT` between them.

    Returns
    -------
    Header
        Its names without blanks and unit, and the unit.

    Examples
    --------
    >>> take_apart("住宅建筑面积（万㎡）")
    Header(names=('住宅建筑面积',), unit='万m2')
    >>> take_apart("面积（㎡） / 住宅").names
    ('面积住宅', '住宅面积', '住宅')
    """
    upper, joint, lower = header.partition(JOINT)
    name, unit = _without_unit(upper)
    if not joint:
        return Header((name,), unit)
    second, second_unit = _without_unit(lower)
    return Header((name + second, second + name, second), second_unit or unit)


def _without_unit(text: str) -> tuple[str, str]:
    name = _BEFORE_DIGITS.sub("", re.sub(r"\s+", "", key(text)).lstrip("*").rstrip("*:"))
    for pattern in (_BRACKETS, _MARKED, _FLATTENED):
        match = pattern.fullmatch(name)
        if not match:
            continue
        unit = match[2].removeprefix("单位:").removeprefix("单位")
        if unit in UNITS:
            return match[1], unit
        if unit in COUNTERS:
            return match[1], ""
    bracket = _FLATTENED.fullmatch(name) if name.endswith("_") else None
    return (f"{bracket[1]}({bracket[2]})" if bracket else name), ""


def recognise(layer: str, header: str) -> Mapping[str, How]:
    """Tell which contract columns a header may mean.

    Parameters
    ----------
    layer
        Name of the layer.
    header
        As the file has it.

    Returns
    -------
    mapping of str to str
        Each column with how it is known: ``contract`` (its own name), ``alias``, ``spare`` (a name that counts only
        where the column has no other: the code of a county beside its name), ``cut`` (to ten bytes) or ``doubled``
        (cut and numbered, so that it may be another column that begins alike).

    Examples
    --------
    >>> recognise("compounds", "住宅总建筑面积（万㎡）")
    {'residential_floor_area_m2': 'alias'}
    >>> recognise("compounds", "住宅总建")  # 4 characters: neither whole nor as a shapefile cuts
    {}
    >>> recognise("compounds", "住宅总建筑"), recognise("compounds", "住宅总")
    ({'residential_floor_area_m2': 'cut'}, {'residential_floor_area_m2': 'cut'})
    """
    known = names_of(layer)
    names = take_apart(header).names
    for name in names:
        if name in known.whole:
            column, how = known.whole[name]
            return {column: how}
    for name in names:
        if name in known.cut:
            return dict.fromkeys(sorted(known.cut[name]), "cut")
        doubled = _DOUBLED.fullmatch(name)
        if doubled and doubled[1] in known.doubled:
            return dict.fromkeys(sorted(known.doubled[doubled[1]]), "doubled")
    return {}


@cache
def names_of(layer: str) -> Names:
    """Return what the columns of a layer are called.

    Parameters
    ----------
    layer
        Name of the layer.

    Raises
    ------
    ValueError
        The table gives one name to two columns, or names a column that is not the contract's.

    Examples
    --------
    >>> names_of("facilities").whole["床位数"]
    ('beds', 'alias')
    """
    spec = LAYERS[layer]
    whole: dict[str, tuple[str, How]] = {}
    for column, name, how in _listed(spec):
        plain = key(name)
        if whole.setdefault(plain, (column, how))[0] != column:
            raise ValueError(f"{_FILE.name}: {name} stands for {whole[plain][0]} and {column} of {layer}")
    return Names(whole, _cut_to(_DBF_BYTES, whole), _cut_to(_DOUBLED_BYTES, whole, shorter_too=True))


def _listed(spec: LayerSpec) -> Iterator[tuple[str, str, How]]:
    """Yield contract column, name and how it is known, the contract's own names first."""
    table = _table()
    columns = [column.name for column in spec.columns]
    own = [*columns, *PLACES] if spec.has_geometry else columns
    for name in own:
        yield name, name, "contract"
    listed: dict[str, list[str]] = {**table["layers"][spec.name]}
    listed |= {name: names for name, names in table["common"].items() if name in columns}
    if spec.has_geometry:
        listed |= table["places"]
    for column, names in listed.items():
        if column not in own:
            raise ValueError(f"{_FILE.name}: {spec.name} has no column {column}")
        age = column.removeprefix("elders_")
        for name in (*names, *(name.format(age=age) for name in table["aged"] if age in _AGES)):
            yield column, name, "alias"
            if column in PEOPLE:
                yield from ((column, one, "alias") for one in names_with_basis(name))
    for column, names in table["spare"].items():
        yield from ((column, name, "spare") for name in names if column in columns)


def _cut_to(
    size: int, whole: Mapping[str, tuple[str, How]], *, shorter_too: bool = False
) -> Mapping[str, frozenset[str]]:
    """Return columns by what ten (or eight) bytes of a name leave in the two encodings that are met."""
    cut: dict[str, set[str]] = {}
    for name, (column, _how) in whole.items():
        for encoding in ("gb18030", "utf-8"):
            left = name.encode(encoding)[:size].decode(encoding, errors="ignore")
            if left != name or shorter_too:
                cut.setdefault(left, set()).add(column)
    return {name: frozenset(columns) for name, columns in cut.items() if shorter_too or name not in whole}


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return table
