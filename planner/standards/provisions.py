"""Hold provision rules as frozen data: how much of what, for whom, from when to when, and on whose word."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from planner.standards.model import Day, Frozen, Identifier, Obtained, Source, Text, Words

Measure = Literal["residential_floor_area_m2", "households", "population", "elders_60"]
Unit = Literal["m2", "places"]
Of = Literal["new", "existing"]

_PARTS = {"%": 100, "‰": 1000}
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def _exact(value: Any) -> Any:
    """Take a number as it is written: 1.5 is fifteen tenths, not the nearest binary fraction."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise ValueError("a number is needed, without quotation marks")
    return Decimal(str(value))


Exact = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[Decimal, BeforeValidator(_exact), Field(gt=0, allow_inf_nan=False)]


class Ratio(Frozen):
    """How much is due for each unit of a compound's size.

    Parameters
    ----------
    value, unit
        ``%`` and ``‰`` of a floor area; or ``m2`` or ``places`` for every `per` of `of`.
    per
        Such as 100 (households) or 1000 (people); for ``%`` and ``‰`` it is left out.
    of
        What is measured: ``residential_floor_area_m2``, ``households``, ``population`` or ``elders_60``.
    words
        The number as it stands in the quote.

    Examples
    --------
    >>> Ratio(value=1.5, unit="%", of="residential_floor_area_m2", words="1.5%").fraction
    Fraction(3, 200)
    >>> Ratio(value=20, unit="m2", per=100, of="households", words="每百户不少于20平方米").fraction
    Fraction(1, 5)
    """

    value: Positive
    unit: Literal["%", "‰", "m2", "places"]
    per: Annotated[int, Field(strict=True, gt=0)] | None = None
    of: Measure
    words: Text

    @model_validator(mode="after")
    def _whole(self) -> Ratio:
        if self.unit in _PARTS:
            if self.per is not None or self.of != "residential_floor_area_m2":
                raise ValueError(f"{self.unit} is a part of residential_floor_area_m2 and takes no 'per'")
        elif self.per is None:
            raise ValueError(f"{self.unit} needs 'per': for how many of {self.of}")
        return self

    @property
    def fraction(self) -> Fraction:
        """What is due for one unit of `of`, exactly."""
        return Fraction(self.value) / (_PARTS.get(self.unit) or self.per or 1)

    @property
    def measured_in(self) -> Unit:
        """The unit of what is due."""
        return "places" if self.unit == "places" else "m2"

    def __str__(self) -> str:
        return f"{self.value} {self.unit}" + ("" if self.per is None else f" / {self.per}")


class Minimum(Frozen):
    """The least that will do, for every single site or for all of them together.

    Examples
    --------
    >>> Minimum(value=350, unit="m2", each="site", words="单处不少于350平方米").value
    Decimal('350')
    """

    value: Positive
    unit: Unit
    each: Literal["site", "total"]
    words: Text


class Scope(Frozen):
    """Where a provision holds: in the ``urban`` area only, or everywhere (``all``).

    Examples
    --------
    >>> Scope(area="urban", words="城区").area
    'urban'
    """

    area: Literal["urban", "all"]
    words: Text


class Passage(Frozen):
    """A clause and its words."""

    clause: Text
    quote: Text


class Provision(Passage):
    """One rule: what new or existing compounds must have.

    Parameters
    ----------
    id
        Within its profile.
    of
        ``new`` or ``existing`` compounds.
    clause, quote
        Where it stands, and in which words.
    also
        Further passages that it rests on.
    ratio, minimum
        What is due is the larger of the two; the minimum may be left out.
    scope
        Where it holds.
    joint
        The passage that lets small compounds provide together, None when there is none.
    binding
        ``required``, or ``encouraged`` where the document only encourages.
    in_force_from, in_force_to
        Left out, those of the document.
    due
        The day by which it is to be reached, None when the document names none.

    Examples
    --------
    >>> from planner.standards import profile
    >>> new, existing = profile("cz-14-2023").provisions
    >>> str(new.ratio), new.minimum.value, existing.crossover
    ('3 %', Decimal('350'), Fraction(70000, 3))
    """

    id: Identifier
    of: Of
    ratio: Ratio
    minimum: Minimum | None = None
    scope: Scope
    also: tuple[Passage, ...] = ()
    joint: Passage | None = None
    binding: Literal["required", "encouraged"] = "required"
    in_force_from: Day | None = None
    in_force_to: Day | None = None
    due: Day | None = None
    notes_by_language: tuple[Words, ...] = Field(default=(), alias="notes")

    @model_validator(mode="after")
    def _numbers_stand_in_the_quote(self) -> Provision:
        quotes = "".join("".join(passage.quote.split()) for passage in (self, *self.also))
        named = {"ratio": self.ratio.words, "scope": self.scope.words}
        if self.minimum is not None:
            named["minimum"] = self.minimum.words
            if self.minimum.unit != self.ratio.measured_in:
                raise ValueError(f"the minimum is in {self.minimum.unit}, the ratio in {self.ratio.measured_in}")
        for key, words in named.items():
            if "".join(words.split()) not in quotes:
                raise ValueError(f"{key}: its words “{words}” do not stand in the quote")
        return self

    @property
    def passages(self) -> tuple[Passage, ...]:
        """Every passage it rests on, its own first."""
        return (self, *self.also, *([self.joint] if self.joint else []))

    @property
    def notes(self) -> tuple[str, ...]:
        """How the clause was read, in the language in use."""
        return tuple(map(str, self.notes_by_language))

    @property
    def crossover(self) -> Fraction | None:
        """From which size on the ratio asks for more than the minimum; None without a minimum."""
        return None if self.minimum is None else Fraction(self.minimum.value) / self.ratio.fraction

    @property
    def target_year(self) -> int | None:
        """The year by which it is to be reached."""
        return None if self.due is None else self.due.year

    def printed_faults(self) -> list[str]:
        """Tell where a number differs from the words it is said to stand in; a reading does so on purpose."""
        pairs: list[tuple[str, Decimal, str, str]] = [
            ("ratio", self.ratio.value, self.ratio.unit, self.ratio.words),
        ]
        if self.minimum is not None:
            pairs.append(("minimum", self.minimum.value, self.minimum.unit, self.minimum.words))
        faults = []
        for key, value, unit, words in pairs:
            digits = _NUMBER.findall(words)
            other = next((sign for sign in _PARTS if sign in words and sign != unit), None)
            if (digits and value not in map(Decimal, digits)) or other:
                faults.append(f"{key}: {value} {unit} is not what “{words}” says")
        return faults


class Profile(Frozen):
    """One reading of one document: the rules by which compounds and permits are judged together.

    Parameters
    ----------
    id
        Such as ``cz-14-2023``.
    object
        What is to be provided: ``elder_rooms`` or ``childcare_places``.
    provisions
        Rules for new and for existing compounds.
    reading_of
        The profile whose printed text this one reads otherwise, None for printed text.
    document
        The head of the document.

    Examples
    --------
    >>> from planner.i18n import language
    >>> from planner.standards import profile
    >>> permille = profile("cz-14-2023-permille")
    >>> permille.obtained, permille.reading_of, permille.document.number
    ('reading', 'cz-14-2023', '郴政办发〔2023〕14号')
    """

    id: Identifier
    name_by_language: Words = Field(alias="name")
    object: Literal["elder_rooms", "childcare_places"]
    reading_of: Identifier | None = None
    obtained_otherwise: Obtained | None = Field(default=None, alias="obtained")
    notes_by_language: tuple[Words, ...] = Field(default=(), alias="notes")
    provisions: Annotated[tuple[Provision, ...], Field(min_length=1)]
    document: Source

    @model_validator(mode="after")
    def _consistent(self) -> Profile:
        ids = [provision.id for provision in self.provisions]
        if len(set(ids)) != len(ids):
            raise ValueError("two provisions have the same id")
        unit = {"elder_rooms": "m2", "childcare_places": "places"}[self.object]
        for number, provision in enumerate(self.provisions):
            begin, end = self.period(provision)
            if end is not None and end < begin:
                raise ValueError(f"{provision.id}: in_force_to is before in_force_from")
            if provision.ratio.measured_in != unit:
                raise ValueError(f"{provision.id}: {self.object} are counted in {unit}")
            if self.obtained in {"printed", "secondary"} and (faults := provision.printed_faults()):
                raise ValueError(f"{provision.id}: {'; '.join(faults)}")
            for other in self.provisions[:number]:
                first, last = self.period(other)
                if other.of == provision.of and begin <= (last or date.max) and first <= (end or date.max):
                    raise ValueError(f"{other.id} and {provision.id} hold for {provision.of} compounds on the same day")
        return self

    @property
    def name(self) -> str:
        """The profile's name in the language in use."""
        return str(self.name_by_language)

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be known about this reading, in the language in use."""
        return tuple(map(str, self.notes_by_language))

    @property
    def obtained(self) -> Obtained:
        """How the text was obtained: ``printed``, ``reading``, ``secondary`` or ``given``."""
        return self.obtained_otherwise or self.document.obtained

    @property
    def unit(self) -> Unit:
        """The unit of what is due."""
        return self.provisions[0].ratio.measured_in

    def period(self, provision: Provision) -> tuple[date, date | None]:
        """Return the first and the last day on which a provision holds; None when no end is stated.

        Examples
        --------
        >>> from planner.standards import profile
        >>> law = profile("hunan-2025")
        >>> law.period(law.provisions[0])
        (datetime.date(2025, 1, 1), None)
        """
        begin = provision.in_force_from or self.document.in_force_from
        return begin, provision.in_force_to or self.document.in_force_to

    def provision(self, of: Of, on: date) -> Provision | None:
        """Return the rule for new or existing compounds on a day, None where none holds.

        Examples
        --------
        >>> from planner.standards import profile
        >>> profile("cz-8-2023").provision("new", date(2023, 2, 26)) is None
        True
        """
        for provision in self.provisions:
            begin, end = self.period(provision)
            if provision.of == of and begin <= on <= (end or date.max):
                return provision
        return None
