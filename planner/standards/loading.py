"""Read the documents from YAML and refuse whatever lacks a unit, a clause, a quote or a source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from planner.errors import Fault, InputError
from planner.i18n import _
from planner.standards.model import Circle, Document, Source

_SHIPPED = Path(__file__).parent


@dataclass(frozen=True)
class Standards:
    """Every document read, and the circles they define.

    Parameters
    ----------
    documents
        In the order of their file names.

    Examples
    --------
    >>> [circle.id for circle in load().circles]
    ['care-15min', 'meal-10min']
    """

    documents: tuple[Document, ...]

    @property
    def circles(self) -> tuple[Circle, ...]:
        """Every circle of every document; an id stands once for each version of it."""
        return tuple(circle for document in self.documents for circle in document.circles)

    def circle(self, id: str, *, on: date | None = None) -> Circle:  # noqa: A002 (the name that the files use)
        """Return a circle by its id.

        Parameters
        ----------
        id
            Such as ``care-15min``.
        on
            The day at which the law is read; left out: the latest version. When no version holds on that
            day, the last one begun by then is returned, else the first: ``circle.document.state(on)`` tells.

        Raises
        ------
        InputError
            No document defines the circle; the known ids are listed.

        Examples
        --------
        >>> load().circle("meal-10min", on=date(2026, 6, 30)).document.number
        '郴政办发〔2023〕8号'
        """
        versions = sorted(
            (circle for circle in self.circles if circle.id == id),
            key=lambda circle: circle.document.in_force_from,
        )
        if not versions:
            known = ", ".join(sorted({circle.id for circle in self.circles}))
            raise InputError(
                Fault(
                    _("no standard defines the circle {id!r}").format(id=id),
                    todo=_("use one of: {known}").format(known=known or "-"),
                )
            )
        if on is None:
            return versions[-1]
        begun = [circle for circle in versions if circle.document.in_force_from <= on]
        return begun[-1] if begun else versions[0]


@cache
def load(folder: Path | None = None) -> Standards:
    """Return the standards that ship with the program, and those of a folder beside them.

    Parameters
    ----------
    folder
        A folder of further YAML files in the same form.

    Returns
    -------
    Standards
        Read once per folder and kept.

    Raises
    ------
    InputError
        Faults in the files, all of them.

    Examples
    --------
    >>> [document.id for document in load().documents]
    ['czbf-2023-14', 'czbf-2023-8']
    """
    return _merge([_SHIPPED] if folder is None else [_SHIPPED, folder])


def load_folder(path: Path) -> Standards:
    """Return the standards of one folder alone.

    Parameters
    ----------
    path
        A folder of ``.yaml`` files, one a document.

    Raises
    ------
    InputError
        The folder holds no such file, or there are faults in the files (all of them are listed).

    Examples
    --------
    >>> len(load_folder(_SHIPPED).documents)
    2
    """
    return _merge([path])


def circle(id: str, *, on: date | None = None) -> Circle:  # noqa: A002 (the name that the files use)
    """Return a circle of the shipped standards by its id; see `Standards.circle`.

    Examples
    --------
    >>> circle("care-15min").limit_min
    15.0
    >>> circle("care-5min")
    Traceback (most recent call last):
    planner.errors.InputError: ...
    """
    return load().circle(id, on=on)


def _merge(folders: Iterable[Path]) -> Standards:
    faults: list[Fault] = []
    documents: list[Document] = []
    for folder in folders:
        files = sorted(folder.glob("*.yaml"))
        if not files:
            faults.append(Fault(_("the folder holds no .yaml file"), where=str(folder)))
        for file in files:
            raw, found = _read(file)
            document = None if found else _check(raw, file.name, found)
            faults += found
            documents += [document] if document else []
    faults += _clashes(documents)
    if faults:
        raise InputError(faults)
    return Standards(tuple(documents))


class _Loader(yaml.SafeLoader):
    """A SafeLoader that notes keys given twice, where PyYAML would keep the last in silence."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.doubled: list[tuple[str, int]] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _value in node.value:
            if key_node.value in seen:
                self.doubled.append((str(key_node.value), key_node.start_mark.line + 1))
            seen.add(key_node.value)
        return super().construct_mapping(node, deep=deep)


def _read(file: Path) -> tuple[Any, list[Fault]]:
    try:
        loader = _Loader(file.read_text(encoding="utf-8"))
        raw = loader.get_single_data()
    except UnicodeDecodeError as error:
        return None, [Fault(_("the file is not UTF-8"), where=file.name, why=str(error), todo=_("save it as UTF-8"))]
    except yaml.YAMLError as error:
        return None, [Fault(_("the file is not YAML"), where=file.name, why=" ".join(str(error).split()))]
    doubled = [
        Fault(
            _("the key {key!r} stands twice").format(key=key),
            where=_("{file}, line {line}").format(file=file.name, line=line),
            todo=_("keep one of them"),
        )
        for key, line in loader.doubled
    ]
    return raw, doubled


def _check(raw: Any, file: str, faults: list[Fault]) -> Document | None:
    if not isinstance(raw, dict):
        faults.append(Fault(_("the file holds no document"), where=file))
        return None
    head = {key: value for key, value in raw.items() if key != "circles"}
    entries = raw.get("circles")
    # A circle knows the head of its document, so that a result can always name its source; files say it once.
    source: Source | None = None
    try:
        source = Source.model_validate(head)
    except ValidationError as error:
        faults += _told(error, f"{file}: ")
    if not isinstance(entries, list):
        faults.append(Fault(_("the list of circles is missing"), where=f"{file}: circles"))
        return None
    circles = [_circle(entry, source, f"{file}: circles[{number}]", faults) for number, entry in enumerate(entries)]
    good = [circle for circle in circles if circle is not None]
    return Document.model_validate({**head, "circles": good}) if source else None


def _circle(entry: Any, source: Source | None, where: str, faults: list[Fault]) -> Circle | None:
    if not isinstance(entry, dict):
        faults.append(Fault(_("a circle must be a table of keys and values"), where=where))
        return None
    if "document" in entry:
        faults.append(Fault(_("unknown key"), where=f"{where}.document"))
    try:
        return Circle.model_validate({**entry, "document": source})
    except ValidationError as error:
        faults += _told(error, f"{where}.")
        return None


def _told(error: ValidationError, where: str) -> list[Fault]:
    faults = []
    for one in error.errors(include_url=False):
        if one["loc"][:1] == ("document",):
            continue  # the head's own faults have been told already
        path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in one["loc"]).removeprefix(".")
        place = f"{where}{path}".rstrip(":. ")
        if one["type"] == "missing":
            faults.append(Fault(_("the key is missing"), where=place))
        elif one["type"] == "extra_forbidden":
            faults.append(Fault(_("unknown key"), where=place))
        else:
            faults.append(Fault(_("the value does not fit"), where=place, why=one["msg"]))
    return faults


def _clashes(documents: list[Document]) -> list[Fault]:
    faults = []
    for first, second in combinations(documents, 2):
        if first.id == second.id:
            faults.append(Fault(_("two documents have the id {id!r}").format(id=first.id), where=second.number))
        elif first.overlaps(second):
            shared = {circle.id for circle in first.circles} & {circle.id for circle in second.circles}
            faults += [
                Fault(
                    _("the circle {id!r} is defined by two documents that hold at the same time").format(id=id_),
                    where=f"{first.number}, {second.number}",
                    todo=_("end the earlier document (in_force_to) or give the circle another id"),
                )
                for id_ in sorted(shared)
            ]
    for document in documents:
        ids = [circle.id for circle in document.circles]
        faults += [
            Fault(_("the circle {id!r} stands twice in one document").format(id=id_), where=document.number)
            for id_ in sorted({id_ for id_ in ids if ids.count(id_) > 1})
        ]
    return faults
