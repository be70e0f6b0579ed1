"""Say what every plan says: the sites, what they are worth, what none can be worth more than, and how sure that is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from planner.i18n import N_, _

if TYPE_CHECKING:
    import pandas as pd

    from planner.standards import Circle

Status = Literal["optimal", "gap", "no_bound", "infeasible"]
Unit = Literal["elders", "elder_counts", "sites", "money", "person_seconds", "seconds", "share"]

TIE_BREAK = (N_("value"), N_("cost"), N_("walking time"), N_("ids"))
"""What decides between plans, in this order; beyond the value among the plans that exchanges of one site lead to."""

_UNITS = {
    "elders": (1.0, N_("{number:,.0f} elders")),
    "elder_counts": (1.0, N_("{number:,.0f} elders (once per service and phase)")),
    "sites": (1.0, N_("{number:,.0f} sites")),
    "money": (1.0, N_("{number:,.0f} CNY")),
    "person_seconds": (3_600.0, N_("{number:,.1f} hours of walking by all elders together")),
    "seconds": (60.0, N_("{number:.1f} min")),
    "share": (0.01, N_("{number:.2f} %")),
}


Aim = Literal["covers", "least_covers", "least_share", "regret", "takes", "walking", "longest"]

_BEST = {
    "covers": N_("no plan covers more than {value}"),
    "least_covers": N_("no plan covers more than {value} for the walker for whom it covers least"),
    "least_share": N_("no plan gives the district that is served least more than {value}"),
    "regret": N_("no plan falls short of the best for each walker by less than {value}"),
    "takes": N_("no plan takes less than {value}"),
    "walking": N_("no plan takes less than {value}"),
    "longest": N_("no plan has a longest walk of less than {value}"),
}


@dataclass(frozen=True)
class Search:
    """A search to the end of what the certificate left open.

    Parameters
    ----------
    solver
        Name and version.
    sites
        Rows of the new sites of the plan that it proved.
    bound
        No plan is better, says the solver: this cannot be checked without searching again.
    """

    solver: str
    sites: tuple[int, ...]
    bound: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Plan(ABC):
    """A choice of sites and what is known of it.

    Parameters
    ----------
    status
        ``optimal``: no plan is better, and that is proven; ``gap``: none is better than ``bound``; ``no_bound``: nobody
        knows; ``infeasible``: there is no plan, ``reasons`` say why.
    value
        What the plan is worth, in ``unit``: computed from the sites; NaN without a plan.
    bound
        No plan is better than this; NaN without a plan.
    stopped
        What ended the work: ``proven``, ``effort`` (the limits on counts), ``time``, ``interrupted`` (Ctrl-C),
        ``solver`` (it failed).
    seconds
        That it took.
    seed
        Of the exchanges.
    reasons
        Why there is no plan.
    tie_break
        What decides between plans of the same value.
    asked_by : object
        The model under whose switches it was found; None for a plan without switches.
    circles : tuple of Circle
        Of the study that was solved; empty for a table.
    """

    status: Status
    value: float = float("nan")
    bound: float = float("nan")
    stopped: str = "proven"
    seconds: float = 0.0
    seed: int = 0
    reasons: tuple[str, ...] = ()
    tie_break: tuple[str, ...] = TIE_BREAK
    circles: tuple[Circle, ...] = ()
    asked_by: object = None

    @property
    @abstractmethod
    def model(self) -> str:
        """The kind of question."""

    @property
    @abstractmethod
    def unit(self) -> Unit:
        """What ``value`` and ``bound`` count."""

    @property
    @abstractmethod
    def aim(self) -> Aim:
        """What is made as large or as small as can be, for the words of the committee's sentence."""

    @property
    @abstractmethod
    def most(self) -> bool:
        """Whether more is better."""

    @property
    @abstractmethod
    def sites(self) -> tuple[Any, ...]:
        """Ids of the new sites, ascending."""

    @property
    @abstractmethod
    def cost(self) -> float:
        """Money that the new sites cost."""

    @property
    @abstractmethod
    def elders(self) -> float:
        """Weight of all demand."""

    @property
    @abstractmethod
    def elders_before(self) -> float:
        """Weight that existing sites reach."""

    @property
    @abstractmethod
    def elders_added(self) -> float:
        """Weight that only the new sites reach."""

    @property
    @abstractmethod
    def elders_uncoverable(self) -> float:
        """Weight that neither an existing site nor any that may be chosen reaches."""

    @property
    @abstractmethod
    def table(self) -> pd.DataFrame:
        """One row per new site, by candidate_id: at least order, elders_added, elders_total, cost_cny."""

    @abstractmethod
    def doubts(self) -> tuple[str, ...]:
        """List what of the plan does not hold when it is computed anew from the table, without any solver."""

    @abstractmethod
    def as_record(self) -> dict[str, Any]:
        """Give what plan.json holds, as plain numbers and text."""

    @property
    def elders_uncovered(self) -> float:
        """Weight that some site would reach and the plan does not; the four figures add up to all."""
        return self.elders - self.elders_before - self.elders_added - self.elders_uncoverable

    @property
    def gap(self) -> float:
        """By what share of the bound (of the value, where less is better) a better plan might beat this one."""
        top = self.bound if self.most else self.value
        return 0.0 if self.bound == self.value else abs(self.bound - self.value) / abs(top) if top else float("inf")

    def verify(self) -> bool:
        """Compute value, certificate and status anew in numpy, without any solver: whether all of it holds.

        What a search by HiGHS found beyond the certificate (``search``) is the solver's word; what certificate and
        proof by cases say is not.
        """
        return not self.doubts()

    def amount(self, number: float) -> str:
        """Write a number in the plan's unit."""
        per, text = _UNITS[self.unit]
        return _(text).format(number=number / per)

    @property
    def sentence(self) -> str:
        """What a committee may be told: how much better any other plan could be. Optimal is said only when proven.

        Examples
        --------
        >>> import numpy as np
        >>> from planner.i18n import language
        >>> from planner.siting import MaxCover, Reach
        >>> plan = MaxCover(sites=1).solve_table(Reach.of_matrix([[300.0, np.nan], [500.0, 200.0]]), [30, 40])
        >>> with language("en"):
        ...     plan.sentence
        'Optimal, and proven: under the same conditions no plan covers more than 70 elders.'
        """
        if self.status == "infeasible":
            return _("There is no plan: {reasons}").format(reasons=_("; ").join(self.reasons))
        if self.status == "no_bound":
            return _("How much better another plan could be is not known.")
        if self.status == "optimal":
            text = _("Optimal, and proven: under the same conditions {best}.")
            return text.format(best=_(_BEST[self.aim]).format(value=self.amount(self.value)))
        text = (
            _("Under the same conditions any plan covers at most {more} more.")
            if self.aim == "covers"
            else _("Under the same conditions any plan is better by {more} at most.")
        )
        return text.format(more=self.amount(abs(self.bound - self.value)))
