"""Open a study folder: its settings, its checked layers, its walking network, the standards it is held against."""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pyproj import CRS
from pyproj.exceptions import CRSError

from planner.errors import Fault, InputError
from planner.i18n import LANGUAGES, _, current, language
from planner.layers import Entry, LayerSettings, Ledger, crosscheck, read_layer
from planner.standards import Circle, Standards
from planner.standards import load as load_standards
from planner.walking.doors import Doors, find_doors
from planner.walking.network import WalkNetwork
from planner.walking.search import Streetwise
from planner.walking.snapping import Snapper
from planner.walking.store import cached_network
from planner.walking.walkers import WALKERS, Walker

if TYPE_CHECKING:
    import geopandas as gpd

log = logging.getLogger(__name__)

SETTINGS_FILE = "study.toml"


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StudyTable(_Table):
    """``[study]`` of study.toml."""

    name: str = ""
    crs: str | None = None
    as_of: date | None = None
    lang: Literal["zh", "en"] = "zh"


class WalkingTable(_Table):
    """``[walking]`` of study.toml."""

    network: str
    walker: str = "elder"
    max_snap_m: float = Field(default=100.0, gt=0, allow_inf_nan=False)
    source: str | None = None  # whose streets they are, as maps shall say it
    elevation: str | None = None


class WalkerTable(_Table):
    """``[walkers.NAME]`` of study.toml."""

    speed_mps: float = Field(gt=0, allow_inf_nan=False)


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


class StandardsTable(_Table):
    """``[standards]`` of study.toml."""

    headline: str | None = None
    compare: tuple[str, ...] = ()
    circles: tuple[str, ...] = Field(default=("care-15min", "meal-10min"), min_length=1)
    folder: str | None = None


class StudySettings(_Table):
    """study.toml, checked: unknown keys are refused, since a misspelt one would be ignored."""

    study: StudyTable = Field(default_factory=StudyTable)
    walking: WalkingTable
    walkers: dict[str, WalkerTable] = Field(default_factory=dict)
    layers: LayersTable
    standards: StandardsTable = Field(default_factory=StandardsTable)


@dataclass(frozen=True)
class Study:
    """A study: what every later room takes.

    Parameters
    ----------
    folder
        Where study.toml stands.
    settings
        study.toml, checked.
    crs
        Compute CRS: projected, metres.
    layers
        Checked tables by name, each indexed by its id and in ``crs``.
    ledger
        The fate of every row that was set aside, mended or doubted.
    standards
        The documents.
    cache
        Folder where networks are kept; None for the user's.

    Examples
    --------
    >>> study = open_study("data/sample", lang="en")
    >>> len(study.layers["compounds"]), study.as_of.isoformat(), study.walker.speed_mps
    (157, '2026-06-30', 0.8)
    """

    folder: Path
    settings: StudySettings
    crs: CRS
    layers: Mapping[str, gpd.GeoDataFrame]
    ledger: Ledger
    standards: Standards
    cache: Path | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """Name of the study; the folder's when study.toml gives none."""
        return self.settings.study.name or self.folder.name

    @property
    def lang(self) -> str:
        """Language of what people read: ``zh`` or ``en``."""
        return self.settings.study.lang

    @cached_property
    def as_of(self) -> date:
        """The day at which standards and facilities are read; today when study.toml gives none."""
        return self.settings.study.as_of or date.today()

    @cached_property
    def walker(self) -> Walker:
        """The walker whose verdict counts."""
        name = self.settings.walking.walker
        own = self.settings.walkers.get(name)
        return Walker(name, own.speed_mps) if own else WALKERS[name]

    @cached_property
    def circles(self) -> tuple[Circle, ...]:
        """The circles that study.toml names, as they stand at ``as_of``."""
        return tuple(self.circle(name) for name in self.settings.standards.circles)

    def circle(self, name: str) -> Circle:
        """Give a circle by its id, as it stands at ``as_of``.

        Raises
        ------
        InputError
            There is no such circle.
        """
        return self.standards.circle(name, on=self.as_of)

    @cached_property
    def _network(self) -> tuple[WalkNetwork, bool]:
        return cached_network(self.folder / self.settings.walking.network, crs=self.crs, cache=self.cache)

    @property
    def network(self) -> WalkNetwork:
        """The walking network, read once and kept."""
        return self._network[0]

    @property
    def network_reused(self) -> bool:
        """Whether the network came from the cache."""
        return self._network[1]

    @cached_property
    def snapper(self) -> Snapper:
        """Ties places to the network, around the study's barriers."""
        barriers = self.layers.get("barriers")
        walls = None if barriers is None else barriers.geometry.to_numpy()
        return Snapper(self.network, max_snap_m=self.settings.walking.max_snap_m, barriers=walls)

    @cached_property
    def homes(self) -> Doors:
        """How each compound, in the order of its table, meets the streets."""
        compounds = self.layers["compounds"]
        gates = None
        if "gates" in self.layers:
            table = self.layers["gates"]
            table = table[table["open"].fillna(True).to_numpy(dtype=bool)]
            owner = compounds.index.get_indexer(table["compound_id"])
            gates = (owner, table.geometry.to_numpy())
        return find_doors(compounds.geometry.to_numpy(), self.snapper, gates=gates)

    @cached_property
    def entrances(self) -> Doors:
        """How each facility, in the order of its table, meets the streets; a walk ends at the entrance."""
        return find_doors(self.layers["facilities"].geometry.to_numpy(), self.snapper, inside=False)

    @cached_property
    def _streetwise(self) -> dict[Walker, Streetwise]:
        return {}

    def streetwise(self, walker: Walker) -> Streetwise:
        """Give the network as a walker finds it; the same object every time."""
        return self._streetwise.setdefault(walker, Streetwise(self.network, walker))

    @cached_property
    def network_entries(self) -> tuple[Entry, ...]:
        """What of the street source is worth a look, as ledger entries: cuts, and crossings that were not joined."""
        notes, file = self.network.notes, self.settings.walking.network
        with language(self.settings.study.lang):
            cut = _("{ways} ways are cut at the edge of the extract; {nodes} of their nodes are missing")
            told = {
                "crossings": _("two lines meet here without a common point and were not joined"),
                "kept_apart": _("levels that both pass through this point were kept apart"),
            }
        entries = []
        if notes.get("ways_cut"):
            what = cut.format(ways=notes["ways_cut"], nodes=notes["nodes_missing"])
            entries.append(Entry("network", file, 0, "", "", what, "doubted"))
        for note, what in told.items():
            entries += [
                Entry("network", file, 0, "", "geometry", f"{what}: x={x:.2f} y={y:.2f}", "doubted")
                for x, y in notes.get(note, ())
            ]
        return tuple(entries)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{len(table):,} {name}" for name, table in self.layers.items())
        return f"<Study {self.name}: {sizes}; {self.crs.name}>"


def open_study(path: str | Path, *, lang: str | None = None, cache: str | Path | None = None) -> Study:
    """Open a study folder and check every layer it names.

    Parameters
    ----------
    path
        The folder, or its study.toml.
    lang
        ``zh`` or ``en``, in place of study.toml's.
    cache
        Folder where networks are kept; left out, ``PLANNER_CACHE_DIR`` or the user's cache folder.

    Returns
    -------
    Study

    Raises
    ------
    InputError
        With every fault of study.toml, or else of all layers together.

    Examples
    --------
    >>> import planner as pl
    >>> study = pl.open_study("data/sample", lang="en")
    >>> study.walker.name, study.circles[0].id
    ('elder', 'care-15min')
    """
    path = Path(path)
    file = path if path.name == SETTINGS_FILE else path / SETTINGS_FILE
    with language(lang if lang in LANGUAGES else current()):
        raw = _raw(file)
    with language(_spoken(raw, lang)):
        settings, standards = _checked(raw, file, lang)
        crs, layers, ledger = _read_layers(settings, file.parent)
    return Study(
        folder=file.parent,
        settings=settings,
        crs=crs,
        layers=MappingProxyType(layers),
        ledger=ledger,
        standards=standards,
        cache=None if cache is None else Path(cache),
    )


def _spoken(raw: Mapping[str, Any], lang: str | None) -> str:
    """Choose the language for faults of a study.toml that may name none, or none that is known."""
    table = raw.get("study", {})
    asked = lang or (table.get("lang", StudyTable().lang) if isinstance(table, dict) else None)
    return asked if asked in LANGUAGES else current()


def _raw(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        missing = isinstance(error, (FileNotFoundError, NotADirectoryError))
        fault = Fault(
            _("there is no study.toml") if missing else _("study.toml cannot be opened"),
            where=str(file.parent),
            why="" if missing else str(error),
            todo=_("give the folder of a study; data/sample shows how one looks"),
        )
    except UnicodeDecodeError as error:
        fault = Fault(
            _("the settings are not written in UTF-8"),
            where=str(file),
            why=str(error),
            todo=_("open the file in an editor and save it with the encoding UTF-8"),
        )
    except tomllib.TOMLDecodeError as error:
        fault = Fault(
            _("the settings cannot be read as TOML"),
            where=str(file),
            why=str(error),
            todo=_("correct the line named; texts stand in quotation marks"),
        )
    raise InputError(fault)


def _checked(raw: dict[str, Any], file: Path, lang: str | None) -> tuple[StudySettings, Standards]:
    """Check study.toml and gather every fault: a misspelt key is told and left out, and the rest checked too."""
    if lang is not None and isinstance(raw.get("study", {}), dict):
        raw = {**raw, "study": {**raw.get("study", {}), "lang": lang}}
    faults = []
    try:
        settings = StudySettings.model_validate(raw)
    except ValidationError as error:
        problems = error.errors()
        faults = [_told(problem, file) for problem in problems]
        for problem in problems:
            if problem["type"] == "extra_forbidden":
                _drop(raw, problem["loc"])
        try:
            settings = StudySettings.model_validate(raw)
        except ValidationError:
            raise InputError(faults) from error
    own = settings.standards.folder
    standards = load_standards(None if own is None else file.parent / own)
    faults += _faults(settings, standards, file)
    if faults:
        raise InputError(faults)
    return settings, standards


def _drop(raw: dict[str, Any], keys: tuple[int | str, ...]) -> None:
    """Take a key out of nested tables."""
    table: Any = raw
    for key in keys[:-1]:
        table = table.get(key, {}) if isinstance(table, dict) else {}
    if isinstance(table, dict):
        table.pop(keys[-1], None)


def _told(problem: Any, file: Path) -> Fault:
    """Say in our words what pydantic found."""
    key = ".".join(str(part) for part in problem["loc"])
    what = {
        "missing": _("{key} is missing"),
        "extra_forbidden": _("{key} is not a setting that is known"),
    }.get(problem["type"], _("{key} is not usable"))
    why = "" if problem["type"] in {"missing", "extra_forbidden"} else str(problem["msg"])
    return Fault(what.format(key=key), where=str(file), why=why, todo=_("compare with data/sample/study.toml"))


def _faults(settings: StudySettings, standards: Standards, file: Path) -> list[Fault]:
    """Find what is wrong with settings that are well formed."""
    faults: list[Fault] = []
    _check_crs(settings, faults)
    walker = settings.walking.walker
    if walker not in WALKERS and walker not in settings.walkers:
        faults.append(
            Fault(
                _("walker {name} is not known").format(name=walker),
                where=str(file),
                todo=_("choose one of {known}, or describe it in [walkers.{name}]").format(
                    known=", ".join([*WALKERS, *settings.walkers]), name=walker
                ),
            )
        )
    if settings.walking.elevation is not None:
        faults.append(
            Fault(
                _("walking.elevation is given, but slopes are not yet counted in walking time"),
                where=str(file),
                why=_("a result would look as if slopes had been counted"),
                todo=_("remove the line"),
            )
        )
    for name in settings.standards.circles:
        try:
            standards.circle(name, on=settings.study.as_of)
        except InputError as error:
            faults += error.faults
    streets = file.parent / settings.walking.network
    if not streets.exists():
        todo = _("correct [walking] network in study.toml")
        faults.append(Fault(_("the street file does not exist"), where=str(streets), todo=todo))
    return faults


def _read_layers(settings: StudySettings, folder: Path) -> tuple[CRS, dict[str, gpd.GeoDataFrame], Ledger]:
    """Read every layer named, the compounds first: they settle the compute CRS when study.toml does not."""
    faults: list[Fault] = []
    read = {}
    crs = None if settings.study.crs is None else CRS.from_user_input(settings.study.crs)
    for name in LayersTable.model_fields:
        chosen = getattr(settings.layers, name)
        if chosen is None:
            continue
        try:
            read[name] = read_layer(name, chosen, folder=folder, crs=crs)
        except InputError as error:
            faults += error.faults
            continue
        if name == "compounds" and crs is None:
            crs = CRS.from_user_input(read[name].table.crs)
            log.info("compute CRS chosen for the compounds: %s", crs.name)
    if faults:
        raise InputError(faults)
    checked = crosscheck(read)
    ledger = sum((layer.ledger for layer in checked.values()), Ledger())
    if crs is None:
        crs = CRS.from_user_input(checked["compounds"].table.crs)
    tables = {name: layer.table for name, layer in checked.items()}
    # Of two facilities equally near (they may share an entrance) the first by id is named, whatever row it stands in.
    tables["facilities"] = tables["facilities"].sort_index()
    return crs, tables, ledger


def _check_crs(settings: StudySettings, faults: list[Fault]) -> None:
    if settings.study.crs is None:
        return
    try:
        crs = CRS.from_user_input(settings.study.crs)
    except CRSError as error:
        faults.append(Fault(_("the CRS {crs} is not known").format(crs=settings.study.crs), why=str(error)))
        return
    if not (crs.is_projected and all(axis.unit_name == "metre" for axis in crs.axis_info)):
        faults.append(
            Fault(
                _("the compute CRS {crs} is not projected in metres").format(crs=crs.name),
                todo=_("choose one that is, such as EPSG:4547"),
            )
        )
