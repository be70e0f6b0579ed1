"""Tell whom numbers of people count: those registered in a place (户籍) or those who live there (常住)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from planner.errors import Cure, Fault
from planner.i18n import N_, _
from planner.layers.columns import WORDS, Column, key

if TYPE_CHECKING:
    from planner.layers.headers.matching import Found

BASES: Mapping[str, str] = {"registered": N_("registered there (户籍)"), "resident": N_("living there (常住)")}
"""Whom a number of people may count, in words; translate them with ``planner.i18n._``."""

PEOPLE = ("population", "elders_60", "elders_65", "elders_80")
"""Columns that count people."""

_WORDS: Mapping[str, tuple[str, ...]] = {basis: tuple(words) for basis, words in WORDS["bases"].items()}
_CODES = {"hj": "registered", "cz": "resident"}  # pinyin initials of 户籍 and 常住, as in HJRK and CZRK
_COUNTED = re.compile(r"老年人|老人|人口|人数")


def basis_of(name: str) -> str:
    """Return whom a name says are counted, a code of :data:`BASES` or nothing.

    Parameters
    ----------
    name
        Header of a column, or what study.toml calls the basis.

    Examples
    --------
    >>> basis_of("户籍60岁以上人口"), basis_of("60岁以上人口（常住）"), basis_of("CZRK"), basis_of("60岁以上人口")
    ('registered', 'resident', 'resident', '')
    """
    plain = key(name)
    said = {basis for basis, words in _WORDS.items() for word in (basis, *words) if word in plain}
    said |= {basis for code, basis in _CODES.items() if re.match(f"{code}(z?rk|lnr)", plain)}
    return said.pop() if len(said) == 1 else ""


def names_with_basis(name: str) -> Iterator[str]:
    """Yield the names of a number of people with the basis in them.

    Parameters
    ----------
    name
        A name without.

    Examples
    --------
    >>> list(names_with_basis("60岁以上人口"))[:3]
    ['户籍60岁以上人口', '60岁以上人口(户籍)', '60岁以上户籍人口']
    >>> list(names_with_basis("rk"))
    ['hjrk', 'czrk']
    """
    if name.isascii():
        if name in {"rk", "lnrk", "lnr"}:
            yield from (code + name for code in _CODES)
        return
    for words in _WORDS.values():
        for word in words:
            yield word + name
            yield f"{name}({word})"
            counted = _COUNTED.search(name)
            if counted and counted.start():
                yield name[: counted.start()] + word + name[counted.start() :]


def pick(headers: Iterable[str], basis: str | None) -> int | None:
    """Choose the one header of several that states the wanted basis.

    Parameters
    ----------
    headers
        Headers that could stand for the same column.
    basis
        What study.toml asks for, if it does.

    Returns
    -------
    int or None
        Its position; None where the basis does not decide.

    Examples
    --------
    >>> pick(["户籍人口", "常住人口"], "resident"), pick(["户籍人口", "常住人口"], None)
    (1, None)
    """
    fitting = [place for place, header in enumerate(headers) if basis and basis_of(header) == basis]
    return fitting[0] if len(fitting) == 1 else None


def both_bases(column: Column, headers: list[str], *, layer: str, file: str) -> Fault | None:
    """Return the question which of two columns counts that differ in their basis, None where they do not.

    Parameters
    ----------
    column
        The contract's column.
    headers
        Headers that could stand for it.
    layer, file
        Names for the question.
    """
    said = {basis_of(header): header for header in headers}
    if len(headers) != len(BASES) or set(said) != set(BASES):
        return None
    return Fault(
        _("{columns} could be {name} ({meaning})").format(
            columns=_(", ").join(headers), name=column.name, meaning=_(column.description)
        ),
        where=file,
        why=_("one counts those registered there, the other those who live there; results would differ"),
        todo=_(
            'say which counts under [layers.{layer}]: basis = "registered" for {registered}, '
            'basis = "resident" for {resident}, or for this column alone fields.{name} = "{column}"'
        ).format(
            layer=layer,
            registered=said["registered"],
            resident=said["resident"],
            name=column.name,
            column=headers[0],
        ),
        cure=Cure.setting(f"layers.{layer}", "basis", "resident", others=["registered"]),
    )


def basis_faults(found: Mapping[str, Found], basis: str | None, *, layer: str, file: str) -> list[Fault]:
    """List headers of elders that contradict study.toml or each other.

    Parameters
    ----------
    found
        Where each contract column stands.
    basis
        What study.toml states.
    layer, file
        Names for the questions.
    """
    said = {name: basis_of(found[name].source) for name in PEOPLE[1:] if name in found}
    if basis:
        return [
            Fault(
                _("{column} counts people {said}, study.toml says {stated}").format(
                    column=found[name].source, said=_(BASES[one]), stated=_(BASES[basis])
                ),
                where=file,
                why=_("only one of them can be right"),
                todo=_("correct basis under [layers.{layer}], or name another column: fields.{name}").format(
                    layer=layer, name=name
                ),
            )
            for name, one in said.items()
            if one and one != basis
        ]
    if len(set(said.values()) - {""}) <= 1:
        return []
    told = _(", ").join(found[name].source for name, one in said.items() if one)
    return [
        Fault(
            _("the columns of elders count different people: {columns}").format(columns=told),
            where=file,
            why=_("some count those registered there, some those who live there"),
            todo=_('take columns of one basis: fields.elders_65 = "...", or fields.elders_65 = false for none'),
        )
    ]


def layer_basis(found: Mapping[str, Found], basis: str | None) -> str:
    """Return whom a layer's elders count: as study.toml says, else as the headers do, else nothing.

    Parameters
    ----------
    found
        Where each contract column stands.
    basis
        What study.toml states.
    """
    if basis:
        return basis
    return next((one for name in PEOPLE[1:] if name in found and (one := basis_of(found[name].source))), "")
