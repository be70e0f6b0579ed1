"""Say which of a study's counts of elders may be shown, and write them so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.coverage.areas import STUDY, assign, levels
from planner.errors import Fault, InputError
from planner.i18n import _
from planner.present.suppression import BELOW, SHOWN, Labels, Marked, suppress
from planner.settings import SETTINGS_FILE

if TYPE_CHECKING:
    from planner.coverage import CircleCoverage
    from planner.study import Study

Sum = tuple[str, str, str, str]
"""Level, area_id, circle (empty for the total) and part of a sum of elders."""

# Parts of a circle by verdict. Those of areas stand in the tables or are what a reader gets by subtraction.
_AREA_PARTS = {
    "covered": ("pass", "fragile"),
    "uncovered": ("fail", "unknown"),
    "unknown": ("unknown",),
    "fail": ("fail",),
}
_STUDY_PARTS = {**_AREA_PARTS, "pass": ("pass",), "fragile": ("fragile",)}
# Losing the figure of a larger area is worse than losing any number of smaller ones.
_WORSE = 1000


@dataclass(frozen=True)
class Disclosure:
    """What may be shown of the counts of a study.

    Parameters
    ----------
    below
        Counts from 1 to one less are hidden; 0 hides none.
    publish
        Whether what is made is meant for the public; else it carries the mark of an internal paper.
    compounds
        Mark of each compound by its id, as `planner.present.suppression` has them.
    sums
        Mark of each sum.
    proof
        Why nothing hidden can be had from what is shown; its units are the compounds, in their order. None where
        nothing is hidden.

    Examples
    --------
    >>> from planner.i18n import language
    >>> shown = Disclosure(below=10, compounds={"C1": 1, "C2": 2})
    >>> with language("en"):
    ...     [shown.people(count, shown.compounds.get(one, 0)) for one, count in (("C1", 7), ("C2", 40), ("C3", 1264))]
    ['fewer than 10 people', 'not shown', '1,264 people']
    """

    below: int = 0
    publish: bool = False
    compounds: Mapping[str, int] = field(default_factory=dict)
    sums: Mapping[Sum, int] = field(default_factory=dict)
    proof: Marked | None = None

    def keeps(self, times: Mapping[str, int]) -> bool:
        """Tell whether a further sum of elders may be shown beside all that is.

        Parameters
        ----------
        times
            How often the sum counts each compound, by id; those left out do not count. Compounds whose elders are not
            known play no part.
        """
        if not self.below or self.proof is None:
            return True
        return self.proof.keeps(np.array([times.get(one, 0) for one in self.compounds], dtype=np.int64))

    def mark(self, part: str, circle: str = "", *, level: str = STUDY, area: str = STUDY) -> int:
        """Return the mark of a sum.

        Parameters
        ----------
        part
            ``elders`` (all of them), ``estimated`` and ``given`` among them, or of a circle: ``covered``,
            ``uncovered``, ``fail``, ``unknown``, and of the whole study also ``pass`` and ``fragile``.
        circle
            Id of the circle, empty for what has none.
        level, area
            As `planner.coverage.CircleCoverage.by` names them.
        """
        return self.sums.get((level, area, circle, part), SHOWN)

    def number(self, count: Any, mark: int) -> str:
        """Write a count for a table, as it may be shown; a dash where it is not known."""
        if pd.isna(count):
            return "–"
        if mark == SHOWN:
            return f"{round(float(count)):,}"
        return f"<{self.below}" if mark == BELOW else _("not shown")

    def people(self, count: Any, mark: int) -> str:
        """Write a count of people in words, as it may be shown.

        Parameters
        ----------
        count
            The count; NA where it is not known.
        mark
            Its mark.
        """
        if pd.isna(count):
            return _("not known")
        if mark == BELOW:
            return _("fewer than {below} people").format(below=self.below)
        return _("{count} people").format(count=self.number(count, mark)) if mark == SHOWN else _("not shown")

    @property
    def note(self) -> str:
        """Tell what is hidden, empty where nothing ever is."""
        if not self.below:
            return ""
        return _(
            "Counts of fewer than {below} people are not shown, nor are those from which one could be worked out."
        ).format(below=self.below)


def disclose(study: Study, circles: Sequence[CircleCoverage], *, publish: bool = False) -> Disclosure:
    """Settle for a study which counts are shown: the same ones in everything that is made of it.

    Parameters
    ----------
    study
        The study; ``[privacy] suppress_below`` of its settings is the threshold.
    circles
        Every circle that is shown of it, since they share their totals.
    publish
        As for `Disclosure`.

    Returns
    -------
    Disclosure

    Raises
    ------
    InputError
        Something shall be published of a study that hides no small counts.
    """
    below = study.settings.privacy.suppress_below
    if publish and not below:
        raise InputError(
            Fault(
                _("what is published must hide small counts of elders"),
                where=SETTINGS_FILE,
                why=_("[privacy] suppress_below is 0"),
                todo=_("take the line out, or give a threshold such as 10"),
            )
        )
    elders = pd.to_numeric(study.layers["compounds"]["elders_60"], errors="coerce").astype("float64")
    known = elders.notna().to_numpy()
    counts = elders[known].round().to_numpy().astype(np.int64)
    ids = elders.index[known]
    areas = _areas(study, known)
    sources = study.layers["compounds"].get("elders_source", elders)[known].astype(str).tolist()
    verdicts = [circle.table["verdict"].reindex(ids).astype(str).tolist() for circle in circles]
    sums, members, weights = _sums(areas, sources, circles, verdicts)
    marked = suppress(counts, members, below=below, weights=weights, crosses=_crosses(areas, sources, verdicts))
    return Disclosure(
        below,
        publish,
        dict(zip(ids, marked.units.tolist(), strict=True)),
        dict(zip(sums, marked.sums.tolist(), strict=True)),
        marked,
    )


def _areas(study: Study, known: NDArray[np.bool_]) -> dict[str, list[str]]:
    """Area of each compound whose elders are known, by level; empty for none."""
    areas = {}
    for level in levels(study):
        if level == STUDY:
            areas[level] = [STUDY] * int(known.sum())
            continue
        table = study.layers["areas"]
        ids = [*table.index[table["level"] == level], ""]  # -1, for none, is the last
        areas[level] = [ids[row] for row in assign(study, level)[known]]
    return areas


def _sums(
    areas: Mapping[str, list[str]],
    sources: Sequence[str],
    circles: Sequence[CircleCoverage],
    verdicts: Sequence[list[str]],
) -> tuple[list[Sum], list[NDArray[np.intp]], list[int]]:
    sums: list[Sum] = []
    members: list[NDArray[np.intp]] = []
    weights: list[int] = []
    for rank, (level, of_units) in enumerate(areas.items()):
        parts = _STUDY_PARTS if level == STUDY else _AREA_PARTS
        units = np.array(of_units, dtype=object)
        for area in dict.fromkeys(of_units):
            inside = np.flatnonzero(units == area)
            found = [((level, area, "", "elders"), inside)]
            estimated = np.array([sources[unit] == "estimated" for unit in inside.tolist()], dtype=np.bool_)
            found += [
                ((level, area, "", "estimated"), inside[estimated]),
                ((level, area, "", "given"), inside[~estimated]),
            ]
            for circle, said in zip(circles, verdicts, strict=True):
                own = np.array([said[unit] for unit in inside.tolist()], dtype=object)
                found += [
                    ((level, area, circle.circle.id, part), inside[np.isin(own, of)]) for part, of in parts.items()
                ]
            sums += [name for name, _units in found]
            members += [units for _name, units in found]
            weights += [_WORSE**rank] * len(found)
    return sums, members, weights


def _crosses(
    areas: Mapping[str, list[str]], sources: Sequence[str], verdicts: Sequence[list[str]]
) -> list[tuple[Labels, Labels]]:
    """Pair areas with verdicts, and areas and the verdicts of the other circles with those of each one."""
    places: list[tuple[str, ...]] = list(zip(*areas.values(), sources, strict=True))
    judged: list[tuple[str, ...]] = list(zip(*verdicts, strict=True))
    crosses: list[tuple[Labels, Labels]] = [(places, judged)]
    if len(verdicts) > 1:
        for own, said in enumerate(verdicts):
            rest = [place + said[:own] + said[own + 1 :] for place, said in zip(places, judged, strict=True)]
            crosses.append((rest, said))
    return crosses
