"""Hold documents, circles and targets as frozen data that carry their clause, quote and dates."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from planner.i18n import current

Service = Literal["full_day", "day", "meals", "cleaning", "bathing", "nursing"]
Indicator = Literal["elders", "compounds", "communities_with_facility", "floor_area"]
Obtained = Literal["printed", "reading", "secondary", "given"]
Rank = Literal["provincial_law", "city_law", "city_document", "own"]

RANKS: tuple[Rank, ...] = ("own", "city_document", "city_law", "provincial_law")
"""From the lowest to the highest; which one binds is the user's to say."""

Text = Annotated[str, Field(min_length=1)]
Identifier = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Day = Annotated[date, Field(strict=True)]


class Frozen(BaseModel):
    """Base of everything read from the files: it cannot be changed, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Words(Frozen):
    """The same words in Chinese and English; ``str()`` gives those of the language in use.

    Examples
    --------
    >>> from planner.i18n import language
    >>> words = Words(zh="10分钟助餐圈", en="10-minute meal circle")
    >>> with language("en"):
    ...     str(words)
    '10-minute meal circle'
    """

    zh: Text
    en: Text

    def __str__(self) -> str:
        return self.zh if current() == "zh" else self.en


class Limit(Frozen):
    """The most that a walk may take; exactly the limit still passes.

    Examples
    --------
    >>> Limit(value=15, unit="min").seconds
    900.0
    """

    value: Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
    unit: Literal["min"]

    @property
    def minutes(self) -> float:
        """The limit in minutes."""
        return self.value

    @property
    def seconds(self) -> float:
        """The limit in seconds."""
        return self.value * 60.0


class Target(Frozen):
    """A share that a document wants reached by a day.

    Parameters
    ----------
    indicator
        What is counted: ``elders``, ``compounds``, ``communities_with_facility`` or ``floor_area``.
    value, unit
        The share to reach, 0 to 1; the unit is always ``share``.
    due
        The last day on which it may still be open.
    clause, quote
        Where it stands, and in which words.

    Examples
    --------
    >>> day = date(2025, 12, 31)
    >>> target = Target(indicator="elders", value=0.9, unit="share", due=day, clause="一", quote="达90%以上")
    >>> target.year, target.state(date(2025, 12, 31)), target.state(date(2026, 1, 1))
    (2025, 'open', 'overdue')
    """

    indicator: Indicator
    value: Annotated[float, Field(strict=True, gt=0, le=1, allow_inf_nan=False)]
    unit: Literal["share"]
    due: Day
    clause: Text
    quote: Text
    notes_by_language: tuple[Words, ...] = Field(default=(), alias="notes")

    @property
    def year(self) -> int:
        """The year of the day on which the target falls due."""
        return self.due.year

    @property
    def notes(self) -> tuple[str, ...]:
        """How the clause was read, in the language in use."""
        return tuple(map(str, self.notes_by_language))

    def state(self, as_of: date) -> Literal["open", "overdue"]:
        """Return whether the day has passed: ``"open"`` up to and on the day, ``"overdue"`` after it."""
        return "overdue" if as_of > self.due else "open"


class Source(Frozen):
    """The head of a document: what it is called, who issued it, when it holds and how its text was obtained.

    Parameters
    ----------
    id, number, title, issuer
        The id used in this program, the official number, the title and who issued it.
    issued, in_force_from, in_force_to
        Days; the last one still counts, and None means no end is stated.
    rank
        Of the document: ``provincial_law``, ``city_law``, ``city_document`` or ``own`` (somebody's own figures).
    obtained
        ``printed`` (literal in the document), ``reading`` (our reading of it), ``secondary`` (from a copy or report)
        or ``given`` (by the user).
    seen_at
        Addresses of the copies that a secondary text was taken from.
    checked
        The day on which the text was last compared with the document.

    Examples
    --------
    >>> from planner.standards import circle
    >>> circle("care-15min").document.number
    '郴政办发〔2023〕14号'
    """

    id: Identifier
    number: Text
    title: Text
    issuer: Text
    issued: Day
    in_force_from: Day
    in_force_to: Day | None
    rank: Rank
    obtained: Obtained
    seen_at: tuple[Text, ...] = ()
    checked: Day
    notes_by_language: tuple[Words, ...] = Field(default=(), alias="notes")

    @model_validator(mode="after")
    def _dates_in_order(self) -> Source:
        if self.in_force_to is not None and self.in_force_to < self.in_force_from:
            raise ValueError("in_force_to is before in_force_from")
        if self.obtained == "secondary" and not self.seen_at:
            raise ValueError("a secondary text names where it was seen (seen_at)")
        return self

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be known about the document, in the language in use."""
        return tuple(map(str, self.notes_by_language))

    def state(self, as_of: date) -> Literal["not_yet", "in_force", "lapsed"]:
        """Return whether the document holds on a day.

        Examples
        --------
        >>> from planner.standards import circle
        >>> circle("care-15min").document.state(date(2028, 4, 20))
        'lapsed'
        """
        if as_of < self.in_force_from:
            return "not_yet"
        return "lapsed" if self.in_force_to is not None and as_of > self.in_force_to else "in_force"

    def overlaps(self, other: Source) -> bool:
        """Return whether there is a day on which both documents hold."""
        ends = self.in_force_to or date.max, other.in_force_to or date.max
        return self.in_force_from <= ends[1] and other.in_force_from <= ends[0]


class Circle(Frozen):
    """A service circle: which services, within how many minutes, on whose word.

    Parameters
    ----------
    id
        The id used in studies and outputs, such as ``care-15min``.
    nearest
        Services that the nearest facility must offer.
    whole
        Services that together make the circle whole; empty when the document asks for one service only.
    limit
        The most that the walk may take.
    clause, quote
        Where it stands in `document`, and in which words.
    targets
        Shares to be reached, each with its day.
    document
        The head of the document that holds the circle.

    Examples
    --------
    >>> from planner.i18n import language
    >>> from planner.standards import circle
    >>> care = circle("care-15min")
    >>> care.limit_min, care.limit_s, care.nearest
    (15.0, 900.0, ('day',))
    >>> with language("en"):
    ...     care.name
    '15-minute community care circle'
    """

    id: Identifier
    name_by_language: Words = Field(alias="name")
    nearest: Annotated[tuple[Service, ...], Field(min_length=1)]
    whole: tuple[Service, ...]
    limit: Limit
    clause: Text
    quote: Text
    notes_by_language: tuple[Words, ...] = Field(default=(), alias="notes")
    targets: tuple[Target, ...]
    document: Source

    @model_validator(mode="after")
    def _nothing_twice(self) -> Circle:
        for field, values in (
            ("nearest", self.nearest),
            ("whole", self.whole),
            ("targets", tuple(target.indicator for target in self.targets)),
        ):
            if len(set(values)) != len(values):
                raise ValueError(f"{field} names something twice: {', '.join(values)}")
        return self

    @property
    def name(self) -> str:
        """The circle's name in the language in use."""
        return str(self.name_by_language)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the document leaves open and how this program reads it, in the language in use."""
        return tuple(map(str, self.notes_by_language))

    @property
    def limit_min(self) -> float:
        """The limit in minutes; a walk of exactly this time passes."""
        return self.limit.minutes

    @property
    def limit_s(self) -> float:
        """The limit in seconds; a walk of exactly this time passes."""
        return self.limit.seconds

    def target(self, indicator: Indicator) -> Target | None:
        """Return the target for an indicator, or None when the document gives none.

        Examples
        --------
        >>> from planner.standards import circle
        >>> circle("care-15min").target("communities_with_facility").due
        datetime.date(2023, 12, 31)
        >>> circle("meal-10min").target("elders") is None
        True
        """
        return next((target for target in self.targets if target.indicator == indicator), None)

    def target_state(self, as_of: date) -> Literal["none", "open", "overdue"]:
        """Return whether the document's targets are open or past on a day; ``"none"`` when it gives none.

        Examples
        --------
        >>> from planner.standards import circle
        >>> [circle(id).target_state(date(2026, 6, 30)) for id in ("care-15min", "meal-10min")]
        ['overdue', 'none']
        """
        states = {target.state(as_of) for target in self.targets}
        if not states:
            return "none"
        return "overdue" if "overdue" in states else "open"
