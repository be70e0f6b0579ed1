"""Hold a plan under the switches: what is opened where, when and how, what it is worth, the bound and its proof."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.i18n import _
from planner.siting.plans import Aim, Plan, Search, Unit
from planner.siting.schemes.duals import RowCertificate, certified_rows
from planner.siting.schemes.programs import SchemeProgram
from planner.siting.schemes.scheme import Goal, Scheme, Served
from planner.siting.siteplans import best_bound
from planner.siting.tables import Bools, Floats, Rows

if TYPE_CHECKING:
    import pandas as pd

_USES = {"meals": "canteen", "day": "day_care"}  # what a site becomes, by the service that a circle looks for
_BOTH = "both"


@dataclass(frozen=True, eq=False, kw_only=True)
class SchemePlan(Plan):
    """A choice under the switches.

    Parameters
    ----------
    scheme : Scheme
        What was asked, with the tables it was asked of.
    opened : bool array (t, k)
        What is open in each phase, of the scheme's options.
    flows : Served or None
        With capacity, who is served where: the planner's assignment. ``loads`` tells what happens if everybody goes to
        the nearest site instead.
    certificate : RowCertificate or None
        Multipliers that prove a bound.
    search : Search or None
        What the solver says beyond it.
    phase_names : tuple of str
        Names of the phases: years.

    The others as in `planner.siting.Plan`.

    Examples
    --------
    One site in the first year, two in the second; the first year's stays:

    >>> from planner.siting import MaxCover, Reach
    >>> reach = Reach.of_matrix(np.where(np.eye(3), 60.0, np.nan), site_ids=["A", "B", "C"])
    >>> plan = MaxCover(sites=[1, 2]).solve_table(reach, [30, 40, 20])
    >>> plan.value, plan.status, plan.table[["phase", "elders_added"]].to_dict("index")
    (110.0, 'optimal', {'B': {'phase': 1, 'elders_added': 40.0}, 'A': {'phase': 2, 'elders_added': 30.0}})
    """

    scheme: Scheme
    opened: Bools
    flows: Served | None = None
    certificate: RowCertificate | None = None
    search: Search | None = None
    phase_names: tuple[str, ...] = ()

    @property
    def model(self) -> str:
        """The kind of question."""
        return {"least": "cover"}.get(self.scheme.goal, f"max_cover_{self.scheme.goal}")

    @property
    def most(self) -> bool:
        """Whether more is better."""
        return self.scheme.most

    @property
    def aim(self) -> Aim:
        """What is made as large or as small as can be."""
        aims: dict[Goal, Aim] = {
            "most": "covers",
            "worst": "least_covers",
            "fairest": "least_share",
            "regret": "regret",
            "least": "takes",
        }
        return aims[self.scheme.goal]

    @property
    def unit(self) -> Unit:
        """What ``value`` and ``bound`` count."""
        if self.scheme.goal == "least":
            return "money" if self.scheme.by_cost else "sites"
        if self.scheme.goal == "fairest":
            return "share"
        return "elders" if len(self.scheme.services) * self.scheme.phases == 1 else "elder_counts"

    @property
    def last(self) -> Bools:
        """New options that are open at the end, shape (k,)."""
        return np.asarray(self.opened[-1] & self.scheme.options.new)

    @property
    def rows(self) -> tuple[int, ...]:
        """The new sites, rows in the tables."""
        return tuple(np.unique(self.scheme.options.site[self.last]).tolist())

    @property
    def sites(self) -> tuple[Any, ...]:
        """Ids of the new sites, ascending."""
        return tuple(self.scheme.ids[list(self.rows)].tolist())

    @property
    def closed(self) -> tuple[Any, ...]:
        """Ids of the existing sites that are given up, ascending."""
        options = self.scheme.options
        return tuple(self.scheme.ids[options.site[~self.opened[-1] & ~options.new]].tolist())

    @property
    def cost(self) -> float:
        """Money that the new sites cost, less what closing gives back; NaN where that of one of them is not known."""
        return self._spent(-1)

    def _spent(self, phase: int) -> float:
        """Sum the money by the end of a phase; NaN where that of a new site is not known."""
        unknown = self.scheme.options.unpriced[self.opened[phase] & self.scheme.options.new].any()
        return float("nan") if unknown else self.scheme.spent(self.opened, phase)

    @property
    def elders(self) -> float:
        """Elders, once for each service."""
        return float(self.scheme.weight.sum()) * len(self.scheme.services)

    @cached_property
    def elders_before(self) -> float:
        """Elders that existing sites reach today; with capacity, those whom they serve in the plan."""
        return float(self.by_service["elders_before"].sum())

    @cached_property
    def elders_added(self) -> float:
        """Elders whom the plan serves at its end beyond them, less those whom it loses where a site is given up."""
        return float(self.by_service["elders_added"].sum())

    @cached_property
    def elders_uncoverable(self) -> float:
        """Elders whom neither an existing site nor any that may be chosen reaches."""
        return float(self.by_service["elders_uncoverable"].sum())

    @cached_property
    def by_service(self) -> pd.DataFrame:
        """One row per service: all elders; reached before, added, not reached, reached by no site; first walker."""
        import pandas as pd

        scheme, rows = self.scheme, []
        elders = float(scheme.weight.sum())
        today = np.repeat(~scheme.options.new[None, :], scheme.phases, axis=0)
        everything = np.ones_like(self.opened)
        for s, name in enumerate(scheme.services):
            served = float(scheme.served(self.opened, self.flows, s).sum())
            if self.flows is None:
                before = float(scheme.weight[scheme.covered(today, s)].sum())
            else:
                flows = self.flows
                mine = (flows.service == s) & (flows.scenario == 0) & (flows.phase == scheme.phases - 1)
                before = float(flows.amount[mine & ~scheme.options.new[flows.option]].sum())
            lost = float(scheme.weight[~scheme.covered(everything, s)].sum())
            rows.append((name, elders, before, served - before, elders - served - lost, lost))
        columns = ["service", "elders", "elders_before", "elders_added", "elders_uncovered", "elders_uncoverable"]
        return pd.DataFrame(rows, columns=columns).set_index("service")

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per new site, by candidate_id: order, phase, year, use, way, elders_added, elders_total, cost_cny.

        In the order of the phases, and within a phase of what each adds. ``elders_added`` are those whom neither a site
        before it reaches nor one that exists today, once per service; with capacity, those whom it serves in the plan.
        """
        import pandas as pd

        scheme, options = self.scheme, self.scheme.options
        today = ~options.new[None, :]
        reached = [scheme.covered(today, s) for s in range(len(scheme.services))]
        first = np.where(self.last, self.opened.argmax(axis=0), scheme.phases)
        reach = {k: self._reached(k) for k in np.flatnonzero(self.last).tolist()}
        rows: list[tuple[Any, ...]] = []
        for t in range(scheme.phases):
            left = np.flatnonzero(first == t).tolist()
            while left:
                worth = {k: sum(float(scheme.weight[one[~reached[s][one]]].sum()) for s, one in reach[k]) for k in left}
                best = max(left, key=lambda k: (worth[k], -k))
                cost = float("nan") if options.unpriced[best] else float(options.total_cost[best])
                year = self.phase_names[t] if self.phase_names else ""
                total = sum(float(scheme.weight[one].sum()) for _s, one in reach[best])
                rows.append((
                    scheme.ids[options.site[best]], len(rows) + 1, t + 1, year, self.use_of(best),
                    str(options.way[best]), self._amount(best, worth[best]), total, cost))  # fmt: skip
                for s, one in reach[best]:
                    reached[s][one] = True
                left.remove(best)
        columns = ["candidate_id", "order", "phase", "year", "use", "way", "elders_added", "elders_total", "cost_cny"]
        return pd.DataFrame(rows, columns=columns).set_index("candidate_id")

    def use_of(self, option: int) -> str:
        """Name what a site becomes: of a study as the column ``use`` has it, else the services."""
        serves = np.flatnonzero(self.scheme.options.serves[option]).tolist()
        if not self.circles:
            return ";".join(self.scheme.services[s] for s in serves)
        return _BOTH if len(serves) > 1 else _USES.get(self.circles[serves[0]].nearest[0], _BOTH)

    def _amount(self, option: int, covered: float) -> float:
        if self.flows is None:
            return covered
        mine = (self.flows.option == option) & (self.flows.phase == self.scheme.phases - 1) & (self.flows.scenario == 0)
        return float(self.flows.amount[mine].sum())

    def _reached(self, option: int) -> list[tuple[int, Rows]]:
        """List for each service of an option the demand it reaches, for the first walker."""
        scheme, j = self.scheme, self.scheme.options.site[option]
        services = np.flatnonzero(scheme.options.serves[option]).tolist()
        reaches = [scheme.reaches[s][0] for s in services]
        return [(s, one.demand[one.indptr[j] : one.indptr[j + 1]]) for s, one in zip(services, reaches, strict=True)]

    @cached_property
    def by_phase(self) -> pd.DataFrame:
        """One row per phase and service: sites, cost_cny, elders_covered, share, for the first walker."""
        import pandas as pd

        scheme, rows = self.scheme, []
        for t in range(scheme.phases):
            name = self.phase_names[t] if self.phase_names else str(t + 1)
            sites, cost = int((self.opened[t] & scheme.options.new).sum()), self._spent(t)
            for s, service in enumerate(scheme.services):
                served = float(scheme.served(self.opened, self.flows, s, phase=t).sum())
                rows.append(
                    (t + 1, name, service, sites, cost, served, served / max(float(scheme.weight.sum()), 1e-12))
                )
        columns = ["phase", "year", "service", "sites", "cost_cny", "elders_covered", "share"]
        return pd.DataFrame(rows, columns=columns)

    @cached_property
    def by_walker(self) -> pd.DataFrame:
        """One row per walker: elders_covered (over services and phases), share, best, ceiling, regret where known.

        ``best`` is the best plan known for that walker alone, ``ceiling`` what none exceeds: the same if it is proven.
        """
        import pandas as pd

        scheme = self.scheme
        sums, unknown = scheme.sums(self.opened, self.flows), np.full(len(scheme.scenarios), np.nan)
        best = unknown if scheme.best is None else scheme.best
        top = unknown if scheme.ceiling is None else scheme.ceiling
        return pd.DataFrame(
            {"elders_covered": sums, "share": sums / max(scheme.total, 1e-12), "best": best,
             "ceiling": np.where(top == top, np.maximum(best, np.floor(top) if scheme.whole else top), top),
             "regret": best - sums},
            index=pd.Index(scheme.scenarios, name="walker"),
        )  # fmt: skip

    @property
    def sentence(self) -> str:
        """What a committee may be told, as for every plan; and against what a regret is measured."""
        text = super().sentence
        if self.status not in {"optimal", "gap"} or self.scheme.settled_best:
            return text
        more = _("The best for each walker alone is not proven: plans are measured against the best ones known.")
        return _("{text} {more}").format(text=text, more=more)

    @cached_property
    def by_district(self) -> pd.DataFrame:
        """One row per district, service and walker: elders, elders_covered, share, floor."""
        import pandas as pd

        scheme, shares = self.scheme, self.scheme.shares(self.opened, self.flows)
        sums = scheme.by_district(self.opened, self.flows)
        rows = [
            (scheme.districts[d], service, walker, scheme.district_weight[d], sums[s, q, d], shares[s, q, d],
             scheme.floors[d])
            for d in range(scheme.districts.size)
            for s, service in enumerate(scheme.services)
            for q, walker in enumerate(scheme.scenarios)
        ]  # fmt: skip
        columns = ["district", "service", "walker", "elders", "elders_covered", "share", "floor"]
        return pd.DataFrame(rows, columns=columns)

    @cached_property
    def loads(self) -> pd.DataFrame:
        """One row per open site and service at the end: capacity, assigned, nearest, over; in people at once.

        ``assigned`` is what the plan sends there, ``nearest`` what comes when everybody within reach of some open site
        goes to the nearest one, as people do; ``over`` is by how much that is more than the capacity.
        """
        import pandas as pd

        scheme, options, rows = self.scheme, self.scheme.options, []
        for s, service in enumerate(scheme.services):
            reach = scheme.reaches[s][0]
            there = self.opened[-1] & options.serves[:, s]
            room = np.bincount(options.site[there], options.capacity[there, s], scheme.ids.size)
            open_sites = scheme.offering(self.opened, s)
            coming = np.bincount(
                _nearest(reach.demand, reach.seconds, reach.site, open_sites, scheme.weight.size),
                scheme.weight, scheme.ids.size + 1)[:-1] * scheme.uptake  # fmt: skip
            sent = np.full(scheme.ids.size, np.nan)
            if self.flows is not None:
                flows = self.flows
                mine = (flows.service == s) & (flows.scenario == 0) & (flows.phase == scheme.phases - 1)
                site = options.site[flows.option[mine]]
                sent = np.bincount(site, flows.amount[mine], scheme.ids.size) * scheme.uptake
            rows += [
                (scheme.ids[j], service, room[j], sent[j], coming[j], max(0.0, coming[j] - room[j]))
                for j in np.flatnonzero(open_sites)
            ]
        return pd.DataFrame(rows, columns=["site_id", "service", "capacity", "assigned", "nearest", "over"])

    @cached_property
    def written(self) -> SchemeProgram:
        """The program, written anew from the scheme."""
        return SchemeProgram(self.scheme)

    def doubts(self) -> tuple[str, ...]:
        """List what of the plan does not hold when it is computed anew from the tables, without any solver."""
        scheme = self.scheme
        if self.status in {"infeasible", "no_bound"}:
            kept = not self.last.any() and bool(self.reasons) and np.isnan(self.value)
            return () if kept else (_("no reasons are given"),)
        found = scheme.faults(self.opened, self.flows)
        if found:
            return tuple(found)
        value = scheme.value(self.opened, self.flows)
        if not np.isclose(value, self.value, rtol=1e-12, atol=0):
            found.append(_("the sites are worth {value:g} and not {stated:g}").format(value=value, stated=self.value))
        one = self.certificate
        if one is None or one.multipliers.shape != self.written.program.row_lower.shape:
            return (*found, _("there is no certificate"))
        again = certified_rows(self.written, one.multipliers)
        if not np.isclose(again, one.bound, rtol=1e-12, atol=0):
            text = _("the certificate proves {again:g} and not {stated:g}")
            found.append(text.format(again=again, stated=one.bound))
        if one.digest() != one.seal:
            found.append(_("the certificate was changed after it was made"))
        if self.search is not None and self.search.sites != self.rows:
            found.append(_("the search proved another plan"))
        if self.bound != best_bound(scheme, self.value, one, search=self.search):
            found.append(_("the bound is neither the certificate's nor the search's"))
        if self.status != ("optimal" if scheme.proven(self.value, self.bound) else "gap"):
            found.append(_("the status does not follow from value and bound"))
        if any(scheme.better(self.value, bound) for bound in (one.bound, self.bound)):
            found.append(_("the value is better than the bound"))
        return tuple(found)

    def as_record(self) -> dict[str, Any]:
        """Give what plan.json holds, as plain numbers and text."""
        from planner.solving import solver_name

        there = self.status in {"optimal", "gap"}
        record: dict[str, Any] = {
            "model": self.model, "status": self.status, "sites": list(self.sites), "closed": list(self.closed),
            "value": self.value, "bound": self.bound, "gap": self.gap, "unit": self.unit,
            "cost": None if np.isnan(self.cost) else self.cost,
            "elders_before": self.elders_before, "elders_added": self.elders_added,
            "elders_uncovered": self.elders_uncovered, "elders_uncoverable": self.elders_uncoverable,
            "stopped": self.stopped, "seconds": self.seconds, "seed": self.seed, "tie_break": list(self.tie_break),
            "solver": self.search.solver if self.search else solver_name(), "reasons": list(self.reasons),
            "python": platform.python_version(), "services": list(self.scheme.services),
            "chosen": _plain(self.table.reset_index()) if there else [],
            "walkers": _plain(self.by_walker.reset_index()) if there else [],
            "walkers_proven": self.scheme.settled_best,
            "phases": _plain(self.by_phase) if there else [],
            "loads": _plain(self.loads) if there and self.scheme.limited else [],
        }  # fmt: skip
        one = self.certificate
        record["certificate"] = (
            None if one is None else {"bound": one.bound, "seal": one.seal, "multipliers": one.multipliers.tolist()}
        )
        return record


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Write rows as records; None where there is no number."""
    rows = table.astype(object).to_dict("records")
    return [
        {str(key): None if isinstance(one, float) and not np.isfinite(one) else one for key, one in row.items()}
        for row in rows
    ]


def _nearest(demand: Any, seconds: Floats, site: Any, open_sites: Bools, size: int) -> Any:
    """Give for each demand the nearest open site, of equals the first; the number of sites where there is none."""
    entry = np.flatnonzero(open_sites[site])
    order = entry[np.lexsort((site[entry], seconds[entry], demand[entry]))]
    who, first = np.unique(demand[order], return_index=True)
    nearest = np.full(size, open_sites.size, np.int64)
    nearest[who] = site[order][first]
    return nearest
