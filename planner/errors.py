"""Say what is wrong with an input: what, where, why, and what to do next.

The tree of exceptions::

    PlannerError
    ├── InputError      (ValueError)        faults found in files, settings or arguments, all of them at once
    └── OutputExists    (FileExistsError)   results stand where new ones should go
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from planner.i18n import _
from planner.masking import masked


@dataclass(frozen=True)
class Cure:
    """A line of study.toml that cures a fault, ready to be copied.

    Parameters
    ----------
    table
        Table of study.toml in which it belongs, without brackets.
    line
        The line itself.

    Examples
    --------
    >>> Cure.setting("layers.compounds", "datum", "gcj02", others=["wgs84"]).line
    'datum = "gcj02"  # "wgs84"'
    """

    table: str
    line: str

    @classmethod
    def setting(cls, table: str, key: str, value: str | Sequence[str], *, others: Iterable[str] = ()) -> Cure:
        """Write a text, or a list of texts, for a key; what else could stand there follows as a comment.

        Examples
        --------
        >>> Cure.setting("standards", "circles", ["care-15min", "meal-10min"]).line
        'circles = ["care-15min", "meal-10min"]'
        """
        written = toml_text(value) if isinstance(value, str) else f"[{', '.join(map(toml_text, value))}]"
        told = " | ".join(map(toml_text, others))
        return cls(table, f"{key} = {written}" + (f"  # {told}" if told else ""))


def toml_text(value: str) -> str:
    r"""Write a text as TOML does.

    Examples
    --------
    >>> print(toml_text('面积"（㎡）'))
    "面积\"（㎡）"
    """
    return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, told so that its reader can mend it.

    Parameters
    ----------
    what
        What is wrong, in one sentence.
    where
        File, sheet, row or column; empty when there is no place to name.
    why
        Why it matters or how it was noticed.
    todo
        What to do next.
    cure
        The line of study.toml that cures it, where one does.

    Examples
    --------
    >>> print(Fault("column missing: compound_id", where="compounds.csv", todo="add the column"))
    compounds.csv: column missing: compound_id → add the column
    """

    what: str
    where: str = ""
    why: str = ""
    todo: str = ""
    cure: Cure | None = None

    def __post_init__(self) -> None:
        # What is wrong is often quoted, and what is quoted may identify a person.
        for part in ("what", "where", "why", "todo"):
            object.__setattr__(self, part, masked(getattr(self, part)))

    def __str__(self) -> str:
        # The same marks in every language: a fault may be shown where another language than its own is in use.
        place = f"{self.where}: " if self.where else ""
        reason = f" ({self.why})" if self.why else ""
        advice = f" → {self.todo}" if self.todo else ""
        return f"{place}{self.what}{reason}{advice}"


def in_its_words(error: Exception) -> str:
    """Quote what a library says of a file, in the first line of its own words.

    Examples
    --------
    >>> from planner.i18n import language
    >>> with language("en"):
    ...     in_its_words(OSError("unexpected end of data"))
    "in its reader's own words: unexpected end of data"
    """
    words = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return _("in its reader's own words: {words}").format(words=words)


class PlannerError(Exception):
    """Base of every error that planner raises on purpose."""


class InputError(PlannerError, ValueError):
    """One or more faults in what was handed in; all are listed.

    Parameters
    ----------
    faults
        The faults, or a single one.

    Attributes
    ----------
    faults : tuple of Fault
        Every fault found, in the order found.

    Examples
    --------
    >>> raise InputError(Fault("the speed is 0 m/s", todo="give a speed above 0"))
    Traceback (most recent call last):
    planner.errors.InputError: the speed is 0 m/s → give a speed above 0
    """

    def __init__(self, faults: Fault | Iterable[Fault]) -> None:
        self.faults = (faults,) if isinstance(faults, Fault) else tuple(faults)
        super().__init__(self._message())

    def __reduce__(self) -> tuple[type[InputError], tuple[tuple[Fault, ...]]]:
        return type(self), (self.faults,)  # an exception is pickled by its message, which is no fault

    def _message(self) -> str:
        if len(self.faults) == 1:
            return str(self.faults[0])
        head = _("{count} faults were found:").format(count=len(self.faults))
        return "\n".join([head, *(f"  {number}. {fault}" for number, fault in enumerate(self.faults, start=1))])


class OutputExists(PlannerError, FileExistsError):  # noqa: N818 (named as the built-in it extends)
    """Results stand where new ones should go, and nobody said to replace them."""
