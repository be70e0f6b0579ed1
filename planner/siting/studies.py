"""Lay out a study's elders, candidates and facilities in use as a table of who reaches which, for one circle."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from planner.coverage.services import in_use, offers
from planner.errors import Fault, InputError
from planner.i18n import _, language
from planner.siting.tables import Bools, Floats, Ints, Reach
from planner.standards import Circle
from planner.walking.walkers import Walker

if TYPE_CHECKING:
    import pandas as pd

    from planner.study import Study

# What a candidate can become, and the service by which that counts in a circle.
_SERVES = {"meals": ("canteen", "both"), "day": ("day_care", "both")}


@dataclass(frozen=True, eq=False)
class StudyTable:
    """What a siting model is asked about a study.

    Parameters
    ----------
    reach : Reach
        Compounds by sites, pairs within the circle's limit.
    elders, costs : float64 arrays
        In the order of the compounds' table and of the sites: candidates, then facilities. NaN where not known.
    existing, required : tuple of str
        Ids of the facilities that count, and of the candidates that must be chosen.
    circle : Circle
        That was asked about.
    """

    reach: Reach
    elders: Floats
    costs: Floats
    existing: tuple[str, ...]
    required: tuple[str, ...]
    circle: Circle

    def given(
        self, required: Collection[str] = (), forbidden: Collection[str] = (), *, paid: bool = False
    ) -> dict[str, Any]:
        """Give costs and roles of the sites, as ``solve_table`` of every model takes them.

        Parameters
        ----------
        required, forbidden
            Ids of candidates that must be chosen besides, and that must not.
        paid
            Whether costs decide. Where they only settle ties, one that is not known counts as 0 for these, and stays
            unknown.

        Raises
        ------
        InputError
            Costs decide, and those of candidates that may be chosen are not known.
        """
        never = set(map(str, forbidden))
        ids = self.reach.site_ids[np.argsort(self.reach.site_order)]
        unknown = [str(one) for one in ids[np.isnan(self.costs)].tolist() if one not in never]
        if paid and unknown:
            raise InputError(
                Fault(
                    _("the cost of {ids} is not known").format(ids=_(", ").join(unknown)),
                    where="candidates",
                    why=_("under a budget, and where the cost is to be least, every candidate must have one"),
                    todo=_("fill in cost_cny, or forbid these candidates"),
                )
            )
        return {
            "costs": np.nan_to_num(self.costs) if paid else self.costs,
            "existing": self.existing,
            "required": sorted({*self.required, *map(str, required)}),
            "forbidden": sorted(never),
        }


def table_of(
    study: Study, circle: str | Circle | None, *, beyond: bool = False, walker: Walker | None = None
) -> StudyTable:
    """Walk from every compound to every candidate of fitting use, and to every facility that counts.

    Walks are those of `planner.coverage.test`: by the study's walker, from the same doors, unrounded; exactly the limit
    counts. Elders that are not known count as none.

    Parameters
    ----------
    study
        An open study with candidates.
    circle
        A circle, or its id.
    beyond
        Whether walks beyond the circle's limit stand in the table too, as for a p-median.
    walker
        Who walks; left out, the study's.

    Returns
    -------
    StudyTable

    Raises
    ------
    InputError
        No circle is named or there is none of that name, or no candidate could serve it.

    Examples
    --------
    >>> import planner as pl
    >>> there = table_of(pl.open_study("data/sample", lang="en"), "meal-10min")
    >>> there.reach.demand_ids.size == there.elders.size, len(there.existing) > 0
    (True, True)
    """
    if circle is None:
        raise InputError(Fault(_("no circle is named"), todo=_("name a circle such as meal-10min")))
    chosen = study.circle(circle) if isinstance(circle, str) else circle
    limit_s = np.inf if beyond else chosen.limit_s
    walker = study.walker if walker is None else walker
    with language(study.lang):
        candidates = _candidates(study, chosen)
    facilities, compounds = study.layers["facilities"], study.layers["compounds"]
    counts = in_use(facilities, study.as_of)
    counts = counts & np.logical_and.reduce([offers(facilities, service) for service in chosen.nearest])
    there = facilities[counts]
    # A facility may bear the id of a candidate: of any, so that it has the same name in the tables of all circles.
    taken = set(study.layers["candidates"].index)
    existing = tuple(f"{one} (facilities)" if one in taken else str(one) for one in there.index)
    geometry = np.concatenate([candidates.geometry.to_numpy(), there.geometry.to_numpy()])
    doors = study.entrances_of(geometry)
    walks = study.streetwise(walker).table(study.homes.places, doors.places, limit_s=limit_s)
    home = np.repeat(np.arange(len(compounds)), np.diff(walks.indptr))
    inside, place, metres = _indoors(study, geometry)
    reach = Reach.of_pairs(
        compounds.index.to_numpy(dtype=object),
        [*map(str, candidates.index), *existing],
        np.concatenate([home, inside]),
        np.concatenate([walks.destination, place]),
        np.concatenate([walks.seconds, walker.seconds(metres)]),
    )
    required = candidates["required"].fillna(False).to_numpy(dtype=bool)
    costs = candidates["cost_cny"].to_numpy(dtype=np.float64, na_value=np.nan)
    return StudyTable(
        reach.within(limit_s),
        compounds["elders_60"].to_numpy(dtype=np.float64, na_value=0.0),
        np.concatenate([costs, np.zeros(len(there))]),
        existing,
        tuple(map(str, candidates.index[required])),
        chosen,
    )


def _candidates(study: Study, circle: Circle) -> pd.DataFrame:
    """Give the candidates that could become what a circle looks for."""
    if "candidates" not in study.layers:
        raise InputError(Fault(_("the study has no candidates"), todo=_("name a candidates layer in study.toml")))
    table = study.layers["candidates"]
    use = table["use"].astype("object")
    fits: Bools = np.logical_and.reduce(
        [(use.isna() | use.isin(_SERVES.get(service, ("both",)))).to_numpy(dtype=bool) for service in circle.nearest]
    )
    if not fits.any():
        raise InputError(
            Fault(_("no candidate could serve {circle}").format(circle=circle.id), where="candidates",
                  todo=_("say canteen, day_care or both in the column use")))  # fmt: skip
    fitting: pd.DataFrame = table[fits].sort_index()
    return fitting


def _indoors(study: Study, geometry: object) -> tuple[Ints, Ints, Floats]:
    """List the places inside a compound's own outline, or inside the gated compound where its home stands, and metres.

    They are walked to directly, as `planner.coverage.test` has it.
    """
    outlines = study.layers["compounds"].geometry.to_numpy()
    places = np.asarray(geometry, dtype=object)
    tree = shapely.STRtree(places)
    home, place = tree.query(outlines, predicate="contains")
    if study.walled is not None:
        held = study.walled.holding(study.homes.home)
        held[study.gated] = -1
        lodger = np.flatnonzero(held >= 0)
        one, beside = tree.query(study.walled.outlines[held[lodger]], predicate="contains")
        home, place = np.concatenate([home, lodger[one]]), np.concatenate([place, beside])
    return home, place, shapely.distance(study.homes.home[home], places[place])
