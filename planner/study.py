"""Open a study folder: its settings, its checked layers, its walking network, the standards it is held against."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import CRS

from planner.errors import InputError
from planner.i18n import LANGUAGES, _, current, language
from planner.layers import Elders, Entry, Ledger
from planner.layers.gathering import Gathered, gather_layers
from planner.layers.places.findings import DatumFindings, judge_layers
from planner.layers.reading import Layer
from planner.settings import SETTINGS_FILE, check_settings, read_settings, spoken
from planner.standards import Circle, Standards
from planner.studytables import LayersTable, StudySettings
from planner.walking.doors import Doors, Gates, Walled, find_doors
from planner.walking.enclosures import Enclosed, cores, enclose
from planner.walking.network import WalkNetwork
from planner.walking.search import Streetwise
from planner.walking.snapping import Snapper
from planner.walking.store import cached_network
from planner.walking.walkers import WALKERS, Walker

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

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
    elders
        How the elders of the compounds were got: stated, or estimated from the population layer.
    cache
        Folder where networks are kept; None for the user's.
    origins
        The layers as they were read, by name: file, row of each id, datum.

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
    elders: Elders = field(default_factory=Elders, repr=False)
    cache: Path | None = field(default=None, repr=False)
    origins: Mapping[str, Layer] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """Name of the study; the folder's when study.toml gives none."""
        return self.settings.study.name or self.folder.name

    @property
    def lang(self) -> str:
        """Language of what people read: ``zh`` or ``en``."""
        return self.settings.study.lang

    @property
    def elder_basis(self) -> str:
        """Whom the elders count: ``registered`` (户籍), ``resident`` (常住), ``mixed``, or empty where nobody says."""
        return self.elders.basis

    @property
    def elder_conflicts(self) -> pd.DataFrame:
        """Where compounds and the totals of their area disagree: persons and percent, by area and age group."""
        return self.elders.conflicts

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

    @cached_property
    def _enclosed(self) -> Enclosed:
        return enclose(self._network[0], cores(self._outlines[self.gated]))

    @property
    def network(self) -> WalkNetwork:
        """The walking network, read once and kept, without the streets inside gated compounds."""
        return self._enclosed.network

    @property
    def network_reused(self) -> bool:
        """Whether the network came from the cache."""
        return self._network[1]

    @cached_property
    def snapper(self) -> Snapper:
        """Ties places to the network, around the study's barriers and gated compounds."""
        barriers = self.layers.get("barriers")
        walls = None if barriers is None else barriers.geometry.to_numpy()
        whole = Snapper(self._network[0], max_snap_m=self.settings.walking.max_snap_m, barriers=walls)
        if not self.gated.size:
            return whole
        return replace(whole, network=self.network, enclosures=cores(self._outlines[self.gated]), whole=whole)

    @property
    def _outlines(self) -> NDArray[np.object_]:
        outlines: NDArray[np.object_] = self.layers["compounds"].geometry.to_numpy()
        return outlines

    @cached_property
    def gated(self) -> NDArray[np.intp]:
        """Rows of the compounds whose streets are no thoroughfare: outlines that are ``gated``, or that have gates.

        Where ``gated`` is not known, only gates, open or not, tell a wall: tables that lack the column hold old
        quarters as well as estates, and a street closed by mistake misjudges everybody behind it.
        """
        compounds = self.layers["compounds"]
        has_gates = np.zeros(len(compounds), bool)
        if "gates" in self.layers:
            has_gates = compounds.index.isin(self.layers["gates"]["compound_id"])
        said = compounds["gated"].astype("boolean")
        unknown = said.isna().to_numpy(dtype=bool)
        gated = np.where(unknown, has_gates, said.fillna(False).to_numpy(dtype=bool))
        return np.flatnonzero(gated & (shapely.get_dimensions(self._outlines) == 2))

    @cached_property
    def _gates(self) -> Gates | None:
        if "gates" not in self.layers:
            return None
        table = self.layers["gates"]
        table = table[table["open"].fillna(True).to_numpy(dtype=bool)]
        return self.layers["compounds"].index.get_indexer(table["compound_id"]), table.geometry.to_numpy()

    @cached_property
    def _own(self) -> NDArray[np.intp]:
        """Of each compound its row among the gated ones; -1 for none."""
        own = np.full(len(self.layers["compounds"]), -1)
        own[self.gated] = np.arange(self.gated.size)
        return own

    @cached_property
    def walled(self) -> Walled | None:
        """The gated compounds with their doors, rows as in ``gated``; None where there are none."""
        if not self.gated.size:
            return None
        gates = self._gates
        if gates is not None:
            owner = self._own[gates[0]]
            gates = (owner[owner >= 0], gates[1][owner >= 0])
        return Walled.of(self._outlines[self.gated], self.snapper, gates=gates)

    @cached_property
    def homes(self) -> Doors:
        """How each compound, in the order of its table, meets the streets."""
        return find_doors(self._outlines, self.snapper, gates=self._gates, walled=self.walled, own=self._own)

    @cached_property
    def entrances(self) -> Doors:
        """How each facility, in the order of its table, meets the streets; a walk ends at the entrance."""
        return self.entrances_of(self.layers["facilities"].geometry.to_numpy())

    def entrances_of(self, geometry: NDArray[np.object_]) -> Doors:
        """Find how facilities at some places would meet the streets.

        Parameters
        ----------
        geometry : array (number,) of geometries
            Entrances, or outlines, in the study's CRS. What lies inside a gated compound is reached through its doors.

        Returns
        -------
        Doors
        """
        return find_doors(geometry, self.snapper, inside=False, walled=self.walled)

    @cached_property
    def _streetwise(self) -> dict[Walker, Streetwise]:
        return {}

    def streetwise(self, walker: Walker) -> Streetwise:
        """Give the network as a walker finds it; the same object every time.

        Raises
        ------
        InputError
            The streets contradict the datum that a layer is declared in: walks to wrong places would be no walks.
        """
        self.datum_findings.hold()
        return self._streetwise.setdefault(walker, Streetwise(self.network, walker))

    @cached_property
    def datum_findings(self) -> DatumFindings:
        """What the streets say of the layers' datums: faults that must be mended first, and what the ledger keeps."""
        given = self.settings.layers.given()
        network = self._network[0]  # with the streets inside gated compounds, whose place is the question
        with language(self.settings.study.lang):
            return judge_layers(
                self.origins,
                network.edge_lines,
                crs=self.crs,
                main=network.edge_class == network.classes.index("street") if "street" in network.classes else None,
                confirmed=frozenset(name for name, settings in given.items() if settings.datum_confirmed),
            )

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
            through = _("a main road, bridge or tunnel runs through this gated compound; it stays open to everybody")
        entries = []
        if notes.get("ways_cut"):
            what = cut.format(ways=notes["ways_cut"], nodes=notes["nodes_missing"])
            entries.append(Entry("network", file, 0, "", "", what, "doubted"))
        for note, what in told.items():
            entries += [
                Entry("network", file, 0, "", "geometry", f"{what}: x={x:.2f} y={y:.2f}", "doubted")
                for x, y in notes.get(note, ())
            ]
        file, ids = self.settings.layers.compounds.file, self.layers["compounds"].index[self.gated]
        doubtful = ids[self._enclosed.run_through]
        entries += [Entry("compounds", file, 0, str(one), "gated", through, "doubted") for one in doubtful]
        return tuple(entries)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{len(table):,} {name}" for name, table in self.layers.items())
        return f"<Study {self.name}: {sizes}; {self.crs.name}; {self.elders}>"


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
        gathered = gather_layers(
            settings.layers.given(), folder=file.parent, crs=settings.study.compute_crs(), elders=settings.elders
        )
    if gathered.faults:
        raise InputError(gathered.faults)
    return build_study(file.parent, settings, standards, gathered, cache=cache)


def build_study(
    folder: Path, settings: StudySettings, standards: Standards, gathered: Gathered, *, cache: str | Path | None = None
) -> Study:
    """Make a study of what was read of its folder.

    Parameters
    ----------
    folder
        Where study.toml stands.
    settings, standards
        As :func:`~planner.settings.check_settings` gives them.
    gathered
        Its layers, none of which is at fault. One that is blank is as if it were not named; facilities may be none.
    cache
        As for :func:`open_study`.

    Returns
    -------
    Study
    """
    needed = [name for name, kind in LayersTable.model_fields.items() if kind.is_required()]
    tables = {name: layer.table for name, layer in gathered.layers.items() if name in needed or not layer.blank}
    # Of two facilities equally near (they may share an entrance) the first by id is named, whatever row it stands in.
    tables["facilities"] = tables["facilities"].sort_index()
    return Study(
        folder=folder,
        settings=settings,
        crs=CRS.from_user_input(tables["compounds"].crs),
        layers=MappingProxyType(tables),
        ledger=sum((layer.ledger for layer in gathered.layers.values()), Ledger()),
        standards=standards,
        elders=gathered.elders,
        cache=None if cache is None else Path(cache),
        origins=MappingProxyType({name: gathered.layers[name] for name in tables}),
    )
