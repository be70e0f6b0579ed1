"""Make a profile of a user's own figures: square metres per 100 households."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal

from pydantic import ValidationError

from planner.errors import Fault, InputError
from planner.i18n import _
from planner.standards.documents import Document
from planner.standards.model import Source
from planner.standards.provisions import Profile

PER_100_HOUSEHOLDS = "per-100-households"
"""The profile whose figures the user gives."""

ALWAYS = date(1, 1, 1)
"""First day of figures for which the user names none."""


def per_100_households(
    *,
    source: str,
    new_m2: float | Decimal | None = None,
    existing_m2: float | Decimal | None = None,
    minimum_m2: float | Decimal | None = None,
    minimum_each: Literal["site", "total"] = "site",
    area: Literal["urban", "all"] = "all",
    in_force_from: date | None = None,
    in_force_to: date | None = None,
    id: str = PER_100_HOUSEHOLDS,  # noqa: A002 (the name that the files use)
) -> Document:
    """Make a document of a user's own figures.

    Parameters
    ----------
    source
        Where the figures are from, in the user's words; it stands in for clause and quote.
    new_m2, existing_m2
        Square metres per 100 households, of new and of existing compounds; one of them may be left out.
    minimum_m2, minimum_each
        The least that will do, of every ``site`` or in ``total``.
    area
        Where it holds: ``urban`` or ``all``.
    in_force_from, in_force_to
        First and last day; left out, it has always held and has no end.
    id
        The profile's id.

    Returns
    -------
    Document
        With one profile.

    Raises
    ------
    InputError
        A figure is missing or not positive, or no source is given.

    Examples
    --------
    >>> document = per_100_households(new_m2=30, existing_m2=20, minimum_m2=350, source="安徽省 2022-07-20")
    >>> [str(provision.ratio) for provision in document.profiles[0].provisions]
    ['30 m2 / 100', '20 m2 / 100']
    >>> per_100_households(source="规划局测算")
    Traceback (most recent call last):
    planner.errors.InputError: ...
    """
    where = f"[standards.profiles.{id}]"
    given = {"new": new_m2, "existing": existing_m2}
    if new_m2 is None and existing_m2 is None:
        raise InputError(Fault(_("neither new_m2 nor existing_m2 is given"), where=where))
    begin = in_force_from or ALWAYS
    head = {
        "id": id,
        "number": source,
        "title": source,
        "issuer": source,
        "issued": begin,
        "in_force_from": begin,
        "in_force_to": in_force_to,
        "rank": "own",
        "obtained": "given",
        "checked": begin,
    }
    # The user's words stand where a document has its quote, so that every figure still says where it is from.
    passage = {"clause": "study.toml", "quote": source}
    shared: dict[str, Any] = {**passage, "scope": {"area": area, "words": source}}
    if minimum_m2 is not None:
        shared["minimum"] = {"value": minimum_m2, "unit": "m2", "each": minimum_each, "words": source}
    provisions = [
        {
            "id": of,
            "of": of,
            **shared,
            "ratio": {"value": value, "unit": "m2", "per": 100, "of": "households", "words": source},
        }
        for of, value in given.items()
        if value is not None
    ]
    name = {"zh": "每百户面积（使用者给定）", "en": "Area per 100 households (given by the user)"}
    try:
        document = Source.model_validate(head)
        profile = Profile.model_validate(
            {"id": id, "name": name, "object": "elder_rooms", "provisions": provisions, "document": document}
        )
    except ValidationError as error:
        raise InputError(
            [
                Fault(_("the value does not fit"), where=f"{where} {'.'.join(map(str, one['loc']))}", why=one["msg"])
                for one in error.errors(include_url=False)
            ]
        ) from error
    return Document.model_validate({**head, "profiles": [profile]})
