"""Write a plan: its sites, what was asked and proven, the sites that were not chosen, the curve, other plans."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planner.i18n import _
from planner.present.outputs import PLAN
from planner.present.plans.counts import STATES, Count, PlanCounts
from planner.present.plans.reach import reached_by
from planner.present.plans.wording import open_sentence
from planner.present.publishing import classification
from planner.present.tables import write_csv, write_results
from planner.solving import SolverError, solver_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.present.disclosure import Disclosure
    from planner.present.plans.reach import Reached
    from planner.siting import Plan
    from planner.siting.choosing import Choice
    from planner.study import Study

TABLE, RECORD, CURVE, REJECTED, ALTERNATIVES = PLAN
LAYER, REACH_LAYER = "plan", "plan_reach"
_FIRST = ("candidate_id", "order", "year", "elders_added", "elders_total", "cost_cny", "name", "use", "way", "required")
_OF_THE_SITE = ("name", "use", "required")
# All that may leave the house without a look at every number: a further column or key is internal until it is here.
_PUBLIC_COLUMNS = (*_FIRST, "phase")
_PUBLIC_KEYS = (
    "model", "status", "unit", "sites", "cost", "stopped", "seconds", "seed", "tie_break", "solver", "python",
    "circles", "settings", "walker",
)  # fmt: skip


def write_plan(draft: Path, study: Study, choice: Choice, shown: Disclosure) -> None:
    """Write a plan's tables, plan.json, and layers ``plan`` and ``plan_reach`` of results.gpkg.

    Parameters
    ----------
    draft
        Folder of the results.
    study
        The study.
    choice
        The plan, and what is told of it.
    shown
        Which counts of elders may be shown, and whether what is written is meant for the public. The public is given
        the sites with the counts that may be shown, what was asked, and whether it is proven; the reasons, the curve,
        other plans and whom the sites reach stay internal.
    """
    described = classification(publish=shown.publish)
    reached = reached_by(choice.plan, study, forbidden=choice.settings.forbidden)
    counts = PlanCounts(choice.plan, study, reached, shown)
    table, record = plan_table(choice, study), plan_record(choice, study)
    if shown.publish:
        table, record = public_table(table, counts), public_record(record, counts)
    write_csv(table, draft / TABLE)
    text = json.dumps(_plain(record), ensure_ascii=False, indent=1, allow_nan=False)
    (draft / RECORD).write_text(f"{text}\n", encoding="utf-8")
    sites = study.layers["candidates"]
    points = sites.set_geometry(shapely.point_on_surface(sites.geometry.to_numpy()), crs=sites.crs)
    path = draft / "results.gpkg"
    write_results(table, points, path, layer=LAYER, described=described)
    if shown.publish:
        return
    compounds = study.layers["compounds"]
    write_results(reach_table(reached, compounds), compounds, path, layer=REACH_LAYER, described=described)
    if choice.curve is not None:
        write_csv(_whole(choice.curve.table.drop(columns="seconds").reset_index()), draft / CURVE)
    if choice.explanation is not None:
        write_csv(rejected_table(choice, study), draft / REJECTED)
    if choice.alternatives:
        write_csv(alternatives_table(choice), draft / ALTERNATIVES)


def plan_table(choice: Choice, study: Study) -> pd.DataFrame:
    """List the sites of a plan in their order, with what each is worth.

    Parameters
    ----------
    choice
        The plan.
    study
        Its candidates say what each site is.

    Returns
    -------
    DataFrame
        The columns of plan.csv: candidate_id, order, year (of the phase; 1 where there are no phases), elders_added,
        elders_total, cost_cny, name, use, way (where the plan tells ways), required; then those of the explanation and
        any more that the plan has.
    """
    own = choice.plan.table
    sites = study.layers["candidates"].reindex(own.index)
    table = own.copy()
    years = table["year"] if "year" in table.columns else pd.Series("", index=table.index)
    phases = table["phase"] if "phase" in table.columns else pd.Series(1, index=table.index)
    told = [str(year) if year else str(phase) for year, phase in zip(years, phases, strict=True)]
    table["year"] = pd.array(list(map(int, told)), dtype="Int64") if all(map(str.isdecimal, told)) else told
    for name in _OF_THE_SITE:
        if name not in table.columns:
            table[name] = sites[name]
    table["required"] = sites["required"].fillna(False).to_numpy(dtype=bool) | table.index.isin(
        choice.settings.required
    )
    if choice.explanation is not None:
        more = choice.explanation.chosen
        table = table.join(more[[name for name in more.columns if name not in table.columns]])
    table = _whole(table.rename_axis("candidate_id").reset_index())
    first = [name for name in _FIRST if name in table.columns]
    return table[[*first, *(name for name in table.columns if name not in first)]]


def rejected_table(choice: Choice, study: Study) -> pd.DataFrame:
    """List the candidates that were not chosen, with why and what forcing each in would cost.

    Returns
    -------
    DataFrame
        The columns of plan_rejected.csv: candidate_id, name, use, then those of the explanation; infinite where no plan
        with the site was found.
    """
    if choice.explanation is None:
        return pd.DataFrame(columns=["candidate_id"])
    told = choice.explanation.rejected
    sites = study.layers["candidates"].reindex(told.index)
    table = _whole(told.rename_axis("candidate_id").reset_index())
    for place, name in enumerate(("name", "use"), start=1):
        table.insert(place, name, sites[name].to_numpy())
    return table


def alternatives_table(choice: Choice) -> pd.DataFrame:
    """List other plans, the best first.

    Returns
    -------
    DataFrame
        The columns of plan_alternatives.csv: rank, sites, sites_in and sites_out against the plan (ids, divided by
        semicolons), uses and ways of the sites in their order where the plan tells them, value, bound (no plan that
        differs from all above is better), status, loss, elders_added, cost_cny.
    """
    rows = [
        {
            "rank": rank,
            "sites": ";".join(map(str, one.plan.sites)),
            "sites_in": ";".join(map(str, one.sites_in)),
            "sites_out": ";".join(map(str, one.sites_out)),
            **_of_sites(one.plan),
            "value": one.value,
            "bound": one.bound,
            "status": one.status,
            "loss": one.loss,
            "elders_added": one.plan.elders_added,
            "cost_cny": one.plan.cost,
        }
        for rank, one in enumerate(choice.alternatives, start=1)
    ]
    return _whole(pd.DataFrame(rows))


def _of_sites(plan: Plan) -> dict[str, str]:
    """Say what each site of a plan is for and how it is come by, in the order of the ids; nothing where it is plain."""
    table = plan.table.reindex(list(plan.sites))
    told = {f"{name}s": ";".join(map(str, table[name])) for name in ("use", "way") if name in table.columns}
    return {name: words for name, words in told.items() if words.strip(";")}


def plan_record(choice: Choice, study: Study) -> dict[str, Any]:
    """Tell what was asked, what came of it, and the proof: what plan.json holds.

    Parameters
    ----------
    choice
        The plan.
    study
        Its circles and walker.

    Returns
    -------
    dict
        What `planner.siting.Plan.as_record` tells, with ``sentence``, ``elders``, ``unit``, ``circles``, ``settings``,
        ``walker``, and ``verified``: whether everything holds when it is computed anew without a solver.
    """
    plan = choice.plan
    record = plan.as_record()
    doubts = plan.doubts()
    return {
        **record,
        "unit": plan.unit,
        "solver": record.get("solver") or _solver(),
        "elders": plan.elders,
        "sentence": plan.sentence,
        "verified": not doubts,
        "doubts": list(doubts),
        "circles": [
            {"circle": one.id, "limit_min": one.limit_min, "document": one.document.number, "clause": one.clause}
            for one in plan.circles
        ],
        "settings": choice.settings.model_dump(mode="json", exclude_none=True),
        "walker": {"name": study.walker.name, "speed_mps": study.walker.speed_mps},
        "elbow": None if choice.curve is None else choice.curve.elbow,
    }


def _solver() -> str | None:
    try:
        return solver_name()
    except SolverError:
        return None


def reach_table(reached: Sequence[Reached], compounds: gpd.GeoDataFrame) -> pd.DataFrame:
    """Say of each compound whether a facility reaches it, a new site, or none, a row per compound and circle.

    Returns
    -------
    DataFrame
        compound_id, circle, state (before, added, uncovered, uncoverable), candidate_id of the nearest new site within
        the limit, minutes to it.
    """
    parts = [
        pd.DataFrame(
            {
                "compound_id": compounds.index.astype(str),
                "circle": one.circle.id,
                "state": list(one.states),
                "candidate_id": list(one.nearest),
                "minutes": np.where(np.isfinite(one.seconds), one.seconds, np.nan) / 60,
            }
        )
        for one in reached
    ]
    return pd.concat(parts, ignore_index=True)


def public_table(table: pd.DataFrame, counts: PlanCounts) -> pd.DataFrame:
    """Take out of plan.csv what only the house may know, and the counts that may not be shown.

    Parameters
    ----------
    table
        As `plan_table` gives it.
    counts
        Of the same plan.

    Returns
    -------
    DataFrame
        A hidden number is empty; the further column ``suppressed`` names what is hidden.
    """
    public = table[[name for name in table.columns if name in _PUBLIC_COLUMNS]].copy()
    told = [""] * len(public)
    for column, of_site in (("elders_added", counts.added), ("elders_total", counts.total)):
        found = [of_site(site) for site in public["candidate_id"]]
        kept = [one.value if one.shown else np.nan for one in found]
        public[column] = pd.array([None if math.isnan(one) else round(one) for one in kept], dtype="Int64")
        for row, one in enumerate(found):
            told[row] += "" if one.shown else f"{';' if told[row] else ''}{column}:*"
    return public.assign(suppressed=told)


def public_record(record: dict[str, Any], counts: PlanCounts) -> dict[str, Any]:
    """Take out of plan.json what only the house may know: the certificate, who lives where, counts not to be shown.

    Parameters
    ----------
    record
        As `plan_record` gives it.
    counts
        Of the same plan.

    Returns
    -------
    dict
        The gap is rounded up to a thousandth; value and bound are told where they may be.
    """
    plan = counts.plan
    public = {key: record[key] for key in _PUBLIC_KEYS if key in record}
    figures: dict[str, Count] = {"elders": counts.all, **{f"elders_{state}": counts.state(state) for state in STATES}}
    public |= {key: round(one.value) if one.shown else None for key, one in figures.items()}
    of_elders = plan.unit not in {"sites", "money"}
    told = not of_elders or (counts.value.shown and plan.value == counts.value.value)
    gap = plan.gap
    public["value"] = plan.value if told else None
    public["bound"] = plan.bound if told and (not of_elders or plan.status == "optimal") else None
    public["gap"] = math.ceil(gap * 1000) / 1000 if math.isfinite(gap) else None
    public["sentence"] = open_sentence(plan, counts)
    if plan.status == "infeasible":
        public["reasons"] = [_("told in the internal plan")]
    public["suppressed"] = [key for key, one in figures.items() if not one.shown]
    return public


def _whole(table: pd.DataFrame) -> pd.DataFrame:
    """Write counts that are whole as whole numbers."""
    table = table.copy()
    for name, column in table.items():
        if column.dtype != np.float64:
            continue
        cells = column.to_numpy()
        known = cells[~np.isnan(cells)]
        if known.size and np.isfinite(known).all() and (known == np.floor(known)).all() and np.abs(known).max() < 2**53:
            table[name] = column.astype("Int64")
    return table


def _plain(value: Any) -> Any:
    """Write what JSON has no number for as nothing."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
