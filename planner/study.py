"""Open a study folder: its settings, its checked layers, its walking network, the standards it is held against."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from pyproj import CRS

from planner.errors import Fault, InputError
from planner.i18n import LANGUAGES, _, current, language
from planner.layers import Entry, Ledger, crosscheck, read_layer
from planner.settings import SETTINGS_FILE, LayersTable, StudySettings, check_settings, read_settings, spoken
from planner.standards import Circle, Standards
from planner.walking.doors import Doors, find_doors
from planner.walking.network import WalkNetwork
from planner.walking.search import Streetwise
from planner.walking.snapping import Snapper
from planner.walking.store import cached_network
from planner.walking.walkers import WALKERS, Walker

if TYPE_CHECKING:
    import geopandas as gpd

log = logging.getLogger(__name__)


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
        raw = read_settings(file)
    with language(spoken(raw, lang)):
        settings, standards = check_settings(raw, file, lang)
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
