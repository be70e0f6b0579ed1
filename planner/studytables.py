"""Model the tables of study.toml: what may be set, and what holds where it is not."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pyproj import CRS

from planner.i18n import _
from planner.layers.settings import EldersSettings, LayerSettings

SHIPPED_PROFILES = ("cz-14-2023", "cz-14-2023-permille", "cz-8-2023", "hunan-2025")
"""Profiles of elder-care rooms that stand side by side unless study.toml says otherwise."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StudyTable(_Table):
    """``[study]`` of study.toml."""

    name: str = ""
    crs: str | None = None
    as_of: date | None = None
    lang: Literal["zh", "en"] = "zh"
    map_number: str = ""  # 审图号, printed on maps that are published

    def compute_crs(self) -> CRS | None:
        """Return the compute CRS, None where none is named.

        Raises
        ------
        pyproj.exceptions.CRSError
            There is no such CRS.
        """
        return None if self.crs is None else CRS.from_user_input(self.crs)


class WalkingTable(_Table):
    """``[walking]`` of study.toml."""

    network: str = Field(min_length=1)
    walker: str = "elder"
    max_snap_m: float = Field(default=100.0, gt=0, allow_inf_nan=False, strict=True)
    source: str | None = None  # whose streets they are, as maps shall say it
    elevation: str | None = None


class WalkerTable(_Table):
    """``[walkers.NAME]`` of study.toml."""

    speed_mps: float = Field(gt=0, allow_inf_nan=False, strict=True)


class LayersTable(_Table):
    """``[layers]`` of study.toml."""

    compounds: LayerSettings
    facilities: LayerSettings
    gates: LayerSettings | None = None
    candidates: LayerSettings | None = None
    rooms: LayerSettings | None = None
    permits: LayerSettings | None = None
    areas: LayerSettings | None = None
    barriers: LayerSettings | None = None
    population: LayerSettings | None = None
    buildings: LayerSettings | None = None

    def given(self) -> dict[str, LayerSettings]:
        """Return the layers that are named."""
        return {name: one for name in type(self).model_fields if (one := getattr(self, name)) is not None}


class PrivacyTable(_Table):
    """``[privacy]`` of study.toml: counts of elders above 0 and below the threshold are not shown; 0 shows all."""

    suppress_below: int = Field(default=10, ge=0, strict=True)

    @field_validator("suppress_below")
    @classmethod
    def _hides_something(cls, value: int) -> int:
        if value in {1, 2}:
            what = _("below {value} there is no count, or only one: give 0, or 3 and more")
            raise ValueError(what.format(value=value))
        return value


class ProfileTable(_Table):
    """``[standards.profiles.NAME]`` of study.toml: a user's own figures, see `planner.standards.per_100_households`."""

    source: str = Field(min_length=1)
    new_m2: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    existing_m2: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    minimum_m2: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    minimum_each: Literal["site", "total"] = "site"
    area: Literal["urban", "all"] = "all"
    in_force_from: date | None = None
    in_force_to: date | None = None


class StandardsTable(_Table):
    """``[standards]`` of study.toml; the own profiles are compared with too, unless ``compare`` says which are."""

    headline: str = "cz-14-2023"
    compare: tuple[str, ...] | None = None
    circles: tuple[str, ...] = Field(default=("care-15min", "meal-10min"), min_length=1)
    folder: str | None = None
    profiles: dict[str, ProfileTable] = Field(default_factory=dict)

    @property
    def profile_ids(self) -> tuple[str, ...]:
        """The profiles that compounds and permits are judged by, the one that decides first."""
        beside = (*SHIPPED_PROFILES, *self.profiles) if self.compare is None else self.compare
        return tuple(dict.fromkeys((self.headline, *beside)))


_Money = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]
_Count = Annotated[int, Field(ge=0, strict=True)]
_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, strict=True)]


class WayTable(_Table):
    """One ``[[siting.ways]]``: a way to come by candidates, and what it costs per square metre or in all."""

    name: str = Field(min_length=1)
    capital_cny: _Money = 0.0
    capital_cny_m2: _Money = 0.0
    rent_cny_a: _Money = 0.0
    rent_cny_m2_a: _Money = 0.0
    years: _Count = 0
    tenure: tuple[str, ...] = ()  # only candidates of these; none for all
    sites: tuple[str, ...] = ()  # only these; none for all
    closes: str | None = None  # facility that is given up for it

    @model_validator(mode="after")
    def _has_years(self) -> Self:
        if (self.rent_cny_a or self.rent_cny_m2_a) and not self.years:
            raise ValueError(_("there is a rent but no number of years"))
        return self


class SitingTable(_Table):
    """``[siting]`` of study.toml: what is asked of a choice of sites; one of sites, budget_cny and share is the limit.

    ``sites`` and ``budget_cny`` may be lists: what there may be by the end of each phase.
    """

    circles: tuple[str, ...] = Field(default=("meal-10min",), min_length=1, max_length=2)
    sites: _Count | tuple[_Count, ...] | None = None
    budget_cny: _Money | tuple[_Money, ...] | None = None
    years: tuple[int, ...] = ()
    saving_cny: _Money = 0.0
    capacity: bool = Field(default=False, strict=True)
    uptake: float = Field(default=1.0, gt=0, le=1, allow_inf_nan=False, strict=True)
    floors: _Share | dict[str, _Share] | None = None
    fairest: bool = Field(default=False, strict=True)
    level: Literal["community", "street", "county"] = "street"
    walkers: tuple[str, ...] = ()
    robust: Literal["worst", "regret"] | None = None
    may_close: tuple[str, ...] | dict[str, _Money] = ()
    ways: tuple[WayTable, ...] = ()
    discount_rate: float = Field(default=0.0, ge=0, le=1, allow_inf_nan=False, strict=True)
    share: float | None = Field(default=None, gt=0, le=1, allow_inf_nan=False, strict=True)
    least: Literal["sites", "cost"] = "sites"  # of what a share shall take the least
    required: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    curve: bool = Field(default=True, strict=True)
    alternatives: int = Field(default=3, ge=0, strict=True)
    time_limit_s: float | None = Field(default=None, gt=0, allow_inf_nan=False, strict=True)

    @model_validator(mode="after")
    def _has_one_limit(self) -> Self:
        given = [name for name in ("sites", "budget_cny", "share") if getattr(self, name) is not None]
        if len(given) != 1:
            told = _("given: {names}").format(names=_(", ").join(given)) if given else _("none of them is given")
            what = _("exactly one of sites, budget_cny and share is the limit; {told}").format(told=told)
            raise ValueError(what)
        if self.least != "sites" and self.share is None:
            raise ValueError(_("least goes with share: only there is something to be had for less"))
        if len(set(self.circles)) < len(self.circles):
            raise ValueError(_("a circle is named twice"))
        return self


class StudySettings(_Table):
    """study.toml, checked: unknown keys are refused, since a misspelt one would be ignored."""

    study: StudyTable = Field(default_factory=StudyTable)
    walking: WalkingTable
    walkers: dict[str, WalkerTable] = Field(default_factory=dict)
    layers: LayersTable
    elders: EldersSettings = Field(default_factory=EldersSettings)
    standards: StandardsTable = Field(default_factory=StandardsTable)
    privacy: PrivacyTable = Field(default_factory=PrivacyTable)
    siting: SitingTable | None = None
