"""Read the documents from YAML and refuse whatever lacks a unit, a clause, a quote or a source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from planner.errors import Fault, InputError
from planner.i18n import _
from planner.standards.documents import Document
from planner.standards.model import Circle, Frozen, Source
from planner.standards.own import PER_100_HOUSEHOLDS
from planner.standards.provisions import Profile
from planner.standards.yamls import read_yaml

Part = TypeVar("Part", bound=Frozen)

SHIPPED = Path(__file__).parent
"""Folder of the documents that ship with the program."""


@dataclass(frozen=True)
class Standards:
    """Every document read, and the circles and profiles they define.

    Parameters
    ----------
    documents
        In the order of their file names.

    Examples
    --------
    >>> [circle.id for circle in load().circles]
    ['care-15min', 'meal-10min']
    >>> [profile.id for profile in load().profiles]
    ['cz-14-2023', 'cz-14-2023-permille', 'cz-8-2023', 'cz-8-2023-childcare', 'hunan-2025']
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
            known = _(", ").join(sorted({circle.id for circle in self.circles}))
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

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """Every profile of every document, each under an id of its own."""
        return tuple(profile for document in self.documents for profile in document.profiles)

    def profile(self, id: str) -> Profile:  # noqa: A002 (the name that the files use)
        """Return a profile by its id.

        Parameters
        ----------
        id
            Such as ``cz-14-2023``.

        Raises
        ------
        InputError
            No document defines the profile; the known ids are listed.

        Examples
        --------
        >>> load().profile("hunan-2025").document.rank
        'provincial_law'
        """
        found = next((profile for profile in self.profiles if profile.id == id), None)
        if found is None:
            raise InputError(_no_profile(id, self.profiles))
        return found

    def with_documents(self, more: Iterable[Document]) -> Standards:
        """Return these standards and further documents, such as a user's own figures.

        Raises
        ------
        InputError
            An id stands twice.

        Examples
        --------
        >>> from planner.standards import per_100_households
        >>> own = per_100_households(new_m2=30, existing_m2=20, minimum_m2=350, source="安徽省 2022-07-20")
        >>> load().with_documents([own]).profile("per-100-households").obtained
        'given'
        """
        documents = [*self.documents, *more]
        faults = _clashes(documents)
        if faults:
            raise InputError(faults)
        return Standards(tuple(documents))


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
    ['czbf-2023-14', 'czbf-2023-8', 'hunan-2025']
    """
    return _merge([SHIPPED] if folder is None else [SHIPPED, folder])


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
    >>> len(load_folder(SHIPPED).documents)
    3
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


def profile(id: str) -> Profile:  # noqa: A002 (the name that the files use)
    """Return a profile of the shipped standards by its id; see `Standards.profile`.

    Examples
    --------
    >>> profile("cz-14-2023").provisions[0].clause
    '三'
    >>> profile("cz-99")
    Traceback (most recent call last):
    planner.errors.InputError: ...
    """
    return load().profile(id)


def _no_profile(id_: str, known: Iterable[Profile]) -> Fault:
    if id_ == PER_100_HOUSEHOLDS:
        return Fault(
            _("the profile {id!r} has no figures of its own").format(id=id_),
            todo=_("give them in study.toml under [standards.profiles.{id}]: new_m2, existing_m2, source").format(
                id=id_
            ),
        )
    return Fault(
        _("no standard defines the profile {id!r}").format(id=id_),
        todo=_("use one of: {known}").format(known=_(", ").join(profile.id for profile in known) or "-"),
    )


def _merge(folders: Iterable[Path]) -> Standards:
    faults: list[Fault] = []
    documents: list[Document] = []
    for folder in folders:
        files = sorted(folder.glob("*.yaml"))
        if not files:
            faults.append(Fault(_("the folder holds no .yaml file"), where=str(folder)))
        for file in files:
            raw, found = read_yaml(file)
            document = None if found else _check(raw, file.name, found)
            faults += found
            documents += [document] if document else []
    faults += _clashes(documents)
    if faults:
        raise InputError(faults)
    return Standards(tuple(documents))


def _check(raw: Any, file: str, faults: list[Fault]) -> Document | None:
    if not isinstance(raw, dict):
        faults.append(Fault(_("the file holds no document"), where=file))
        return None
    parts = {key: raw[key] for key in ("circles", "profiles") if key in raw}
    head = {key: value for key, value in raw.items() if key not in parts}
    # A circle knows the head of its document, so that a result can always name its source; files say it once.
    source: Source | None = None
    try:
        source = Source.model_validate(head)
    except ValidationError as error:
        faults += _told(error, f"{file}: ")
    if not parts:
        faults.append(Fault(_("the document has neither circles nor profiles"), where=file))
    circles = _entries(Circle, parts.get("circles", []), source, f"{file}: circles", faults)
    profiles = _entries(Profile, parts.get("profiles", []), source, f"{file}: profiles", faults)
    return Document.model_validate({**head, "circles": circles, "profiles": profiles}) if source else None


def _entries(kind: type[Part], entries: Any, source: Source | None, where: str, faults: list[Fault]) -> list[Part]:
    if not isinstance(entries, list):
        faults.append(Fault(_("a list is needed"), where=where))
        return []
    found = (_entry(kind, entry, source, f"{where}[{number}]", faults) for number, entry in enumerate(entries))
    return [part for part in found if part is not None]


def _entry(kind: type[Part], entry: Any, source: Source | None, where: str, faults: list[Fault]) -> Part | None:
    if not isinstance(entry, dict):
        faults.append(Fault(_("an entry must be a table of keys and values"), where=where))
        return None
    if "document" in entry:
        faults.append(Fault(_("unknown key"), where=f"{where}.document"))
    try:
        return kind.model_validate({**entry, "document": source})
    except ValidationError as error:
        faults += _told(error, f"{where}.")
        return None


def _told(error: ValidationError, where: str) -> list[Fault]:
    faults = []
    found = error.errors(include_url=False)
    places = [one["loc"] for one in found]
    for one in found:
        if one["loc"][:1] == ("document",):
            continue  # the head's own faults have been told already
        deeper = (place for place in places if len(place) > len(one["loc"]))
        if one["type"] == "too_short" and any(place[: len(one["loc"])] == one["loc"] for place in deeper):
            continue  # a list is short only because its faulty entries were left out
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
    return faults + _clashing_profiles(documents)


def _clashing_profiles(documents: list[Document]) -> list[Fault]:
    """Refuse a profile's id that stands twice: a verdict names its profile and nothing else."""
    faults = []
    seen: dict[str, Document] = {}
    for document in documents:
        for profile in document.profiles:
            if profile.id in seen:
                faults.append(
                    Fault(
                        _("the profile {id!r} stands twice").format(id=profile.id),
                        where=", ".join(dict.fromkeys([seen[profile.id].number, document.number])),
                        todo=_("give one of them another id"),
                    )
                )
            seen.setdefault(profile.id, document)
    for document in documents:
        faults += [
            Fault(
                _("the profile {id!r} reads a profile that is not there: {other}").format(
                    id=profile.id, other=profile.reading_of
                ),
                where=document.number,
            )
            for profile in document.profiles
            if profile.reading_of is not None and profile.reading_of not in seen
        ]
    return faults
