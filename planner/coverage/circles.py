"""Test a circle: how long each compound walks to the nearest facility, and whether that is within the limit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.coverage.areas import summarise
from planner.coverage.services import SERVICES, in_use, offers
from planner.i18n import _, language
from planner.layers import Entry
from planner.standards import Circle
from planner.study import Study
from planner.walking.doors import BLOCKED, OFF_NETWORK
from planner.walking.walkers import WALKERS, Walker, within

if TYPE_CHECKING:
    from planner.walking.doors import Doors

VERDICTS = ("pass", "fragile", "fail", "unknown")


@dataclass(frozen=True)
class CircleCoverage:
    """The result of testing one circle.

    Parameters
    ----------
    study
        What was tested.
    circle
        Against what.
    table : DataFrame
        One row per compound, indexed by compound_id: circle, minutes, facility_id, distance_m (the whole walk) and of
        it inside_m (home to gate) and connector_m (off the network, both ends), services_reached, whole, verdict,
        margin_s, minutes_standard, minutes_frail, start, reason, elders_60, limit_min and elders_source (given,
        estimated or unknown). Times are of at most the limit where they pass; minutes are NaN where there is no way,
        and reason says why.
    counts : bool array (facilities,)
        Which facilities the circle looks for: in use, and offering its service.

    Examples
    --------
    >>> import planner as pl
    >>> care = pl.coverage.test(pl.open_study("data/sample"), "care-15min")
    >>> set(care.table["verdict"]) <= {"pass", "fragile", "fail", "unknown"}
    True
    """

    study: Study
    circle: Circle
    table: pd.DataFrame
    counts: NDArray[np.bool_]

    def by(self, level: str) -> pd.DataFrame:
        """Sum up by area.

        Parameters
        ----------
        level
            ``community``, ``street``, ``county``, ``urban`` (areas of the study's layer) or ``study`` (one row).

        Returns
        -------
        DataFrame
            Indexed by area_id, the empty id holding what lies in no area, so that elders add up: see
            `planner.coverage.areas.summarise`.

        Raises
        ------
        InputError
            The study has no areas of that level.
        """
        with language(self.study.lang):
            return summarise(self.study, self.circle, self.table, self.counts, level)

    @cached_property
    def _rates(self) -> dict[str, Any]:
        return dict(self.by("study").iloc[0])

    def rates(self) -> dict[str, Any]:
        """Give the four rates of the whole study, each named for what it counts, with what they are made of."""
        return dict(self._rates)

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """What a reader should know of rows that were used but could not be walked to or from."""
        found = []
        with language(self.study.lang):
            metres = f"{self.study.settings.walking.max_snap_m:g}"
            why = {
                OFF_NETWORK: _("no street within {metres} m: it takes no part in walks").format(metres=metres),
                BLOCKED: _(
                    "each street within {metres} m lies behind a barrier or a gated compound: it takes no part in walks"
                ).format(metres=metres),
            }
        for layer, doors in (("compounds", self.study.homes), ("facilities", self.study.entrances)):
            file = getattr(self.study.settings.layers, layer).file
            for one, reason in zip(self.study.layers[layer].index, doors.reason, strict=True):
                if reason:
                    found.append(Entry(layer, file, 0, str(one), "geometry", why[reason], "doubted"))
        if "gates" in self.study.layers:
            with language(self.study.lang):
                what = _("all its gates are closed; it is left as if it had none")
            gates = self.study.layers["gates"]
            usable = gates.groupby("compound_id")["open"].agg(lambda known: known.fillna(True).any())
            file = self.study.settings.layers.compounds.file
            found += [Entry("compounds", file, 0, str(one), "gates", what, "doubted") for one in usable.index[~usable]]
        return tuple(found)


@dataclass(frozen=True)
class _Walks:
    """Walks of one walker from every compound to the nearest of some facilities; NaN and -1 where there is none."""

    seconds: NDArray[np.float64]
    facility: NDArray[np.int32]
    distance_m: NDArray[np.float64]
    inside_m: NDArray[np.float64]
    connector_m: NDArray[np.float64]
    indoors: NDArray[np.bool_]


def test(study: Study, circle: str | Circle) -> CircleCoverage:
    """Test a circle on every compound of a study.

    A walk leads from the home to a gate, from there to the street, along streets, and to the facility's entrance. It
    passes when it takes at most the limit. A facility inside the compound's own outline is walked to directly.

    A gate, or a home without gates whose outline no street meets, is left by its nearest street and by no other.
    Between given doors a new street never makes a walk longer and a wall never shorter; a new street that becomes the
    nearest to a home can, which is why known gates are worth more than any outline.

    Parameters
    ----------
    study
        An open study.
    circle
        A circle, or its id, such as ``care-15min`` or ``meal-10min``.

    Returns
    -------
    CircleCoverage

    Raises
    ------
    InputError
        There is no such circle, or the streets cannot be read.

    Examples
    --------
    >>> import planner as pl
    >>> meals = pl.coverage.test(pl.open_study("data/sample"), "meal-10min")
    >>> bool((meals.table.loc[meals.table["verdict"] == "pass", "minutes"] <= 10).all())
    True
    """
    chosen = study.circle(circle) if isinstance(circle, str) else circle
    facilities, compounds = study.layers["facilities"], study.layers["compounds"]
    used = in_use(facilities, study.as_of)
    counts = used & np.logical_and.reduce([offers(facilities, service) for service in chosen.nearest])
    own = _walk(study, study.walker, counts)
    standard, frail = (_walk(study, WALKERS[name], counts).seconds for name in ("standard", "frail"))
    reached = {
        service: within(
            _walk(study, study.walker, used & offers(facilities, service), chosen.limit_s).seconds,
            chosen.limit_s,
        )
        for service in SERVICES
    }
    ids = facilities.index.to_numpy(dtype=object)
    table = pd.DataFrame(
        {
            "circle": chosen.id,
            "minutes": own.seconds / 60.0,
            "facility_id": [ids[at] if at >= 0 else None for at in own.facility],
            "distance_m": own.distance_m,
            "inside_m": own.inside_m,
            "connector_m": own.connector_m,
            "services_reached": [";".join(s for s in SERVICES if reached[s][row]) for row in range(len(compounds))],
            "whole": _whole(chosen, reached, len(compounds)),
            "verdict": _verdict(
                own.seconds, frail, chosen.limit_s, study.homes, own.indoors, any_facility=bool(counts.any())
            ),
            "margin_s": chosen.limit_s - own.seconds,
            "minutes_standard": standard / 60.0,
            "minutes_frail": frail / 60.0,
            "start": np.where(own.indoors, "inside", study.homes.start),
            "reason": _reason(own.seconds, study.homes, any_facility=bool(counts.any())),
            "elders_60": compounds["elders_60"].to_numpy(),
            "limit_min": chosen.limit_min,
            "elders_source": compounds["elders_source"].to_numpy(),
        },
        index=compounds.index,
    )
    return CircleCoverage(study, chosen, table, counts)


def _walk(study: Study, walker: Walker, counts: NDArray[np.bool_], limit_s: float = np.inf) -> _Walks:
    """Walk from every compound to the nearest facility that counts, along streets or inside its own outline."""
    homes, entrances = study.homes, study.entrances
    nearest = study.streetwise(walker).nearest(homes.places, entrances.places.only(counts), limit_s=limit_s)
    chosen = entrances.places.only(counts)
    # Positions of `only` are those of the whole in the same order: find them again for the parts of the way.
    kept = np.flatnonzero(counts[entrances.places.place])
    found = nearest.end >= 0
    start, end = nearest.start_position[found], nearest.end_position[found]
    seconds, facility = nearest.seconds.copy(), nearest.end.copy()
    distance, inside, connector = (np.full(seconds.size, np.nan) for _ in range(3))
    inside[found] = homes.inside_m[start]
    connector[found] = homes.connector_m[start] + entrances.connector_m[kept[end]]
    distance[found] = nearest.network_m[found] + homes.places.access_m[start] + chosen.access_m[end]

    row, place, metres = _within_own_outline(study, counts)
    direct = walker.seconds(metres)
    nearer = ~(seconds[row] <= direct) & within(direct, limit_s)
    row, place, metres, direct = row[nearer], place[nearer], metres[nearer], direct[nearer]
    seconds[row], facility[row] = direct, place
    distance[row], inside[row], connector[row] = metres, metres, 0.0
    indoors = np.zeros(seconds.size, bool)
    indoors[row] = True
    return _Walks(seconds, facility, distance, inside, connector, indoors)


def _within_own_outline(
    study: Study, counts: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.int32], NDArray[np.float64]]:
    """Find compounds with a counting facility inside their outline: rows, the nearest such facility, metres to it.

    A home without a wall of its own that stands inside a gated compound is at home in that one's outline.
    """
    compounds = study.layers["compounds"].geometry.to_numpy()
    facilities = study.layers["facilities"].geometry.to_numpy()
    which = np.flatnonzero(counts)
    tree = shapely.STRtree(facilities[which])
    row, at = tree.query(compounds, predicate="contains")
    if study.walled is not None:
        held = study.walled.holding(study.homes.home)
        held[study.gated] = -1
        lodger = np.flatnonzero(held >= 0)
        one, beside = tree.query(study.walled.outlines[held[lodger]], predicate="contains")
        row, at = np.concatenate([row, lodger[one]]), np.concatenate([at, beside])
    place = which[at]
    metres = shapely.distance(study.homes.home[row], facilities[place])
    order = np.lexsort((place, metres, row))
    first = order[np.unique(row[order], return_index=True)[1]]
    return row[first], place[first].astype(np.int32), metres[first]


def _whole(circle: Circle, reached: dict[str, NDArray[np.bool_]], number: int) -> pd.api.extensions.ExtensionArray:
    """Whether every service of the circle is reached; not applicable where the circle asks for no whole."""
    if not circle.whole:
        return pd.array([pd.NA] * number, dtype="boolean")
    return pd.array(np.logical_and.reduce([reached[service] for service in circle.whole]), dtype="boolean")


def _reason(seconds: NDArray[np.float64], homes: Doors, *, any_facility: bool) -> NDArray[np.object_]:
    reason = np.full(seconds.size, "", object)
    lost = np.isnan(seconds)
    reason[lost] = "no_path" if any_facility else "no_facility"
    off = lost & (homes.reason != "")
    reason[off] = homes.reason[off]
    return reason


def _verdict(
    seconds: NDArray[np.float64],
    frail: NDArray[np.float64],
    limit_s: float,
    homes: Doors,
    indoors: NDArray[np.bool_],
    *,
    any_facility: bool,
) -> NDArray[np.object_]:
    """Judge: pass holds even for the frail, fragile for the study's walker only; no way found decides nothing.

    Where there is not one facility of the kind, nothing has to be walked to know that nobody reaches it.
    """
    verdict = np.full(seconds.size, "fail", object)
    holds = within(seconds, limit_s)
    verdict[holds] = "fragile"
    verdict[holds & within(frail, limit_s)] = "pass"
    verdict[np.isnan(seconds) & (any_facility | ((homes.reason != "") & ~indoors))] = "unknown"
    return verdict
