"""Hold every layer of a study against the streets: is it in the datum that it says, and in the town at all."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from planner.errors import Cure, Fault, InputError
from planner.i18n import _
from planner.layers.ledger import Entry
from planner.layers.places.datums import Datum
from planner.layers.places.detector import NAMES, Evidence, by_owners, by_streets, shifts
from planner.layers.places.placing import Placed, off_streets
from planner.layers.reading import Layer

log = logging.getLogger(__name__)

# Layers whose shapes lie beside streets or between them. Areas and barriers follow rivers and run across streets.
_JUDGED = ("compounds", "facilities", "candidates", "gates")


@dataclass(frozen=True)
class DatumFinding:
    """What the streets say of one layer's datum.

    Parameters
    ----------
    layer, file
        The layer and its file.
    datum
        What its numbers were taken for.
    evidence
        What speaks for it or against it.
    confirmed
        Whether study.toml says ``datum_confirmed = true``.
    against
        What it was held against: ``streets`` or ``compounds``.
    """

    layer: str
    file: str
    datum: Datum
    evidence: Evidence
    confirmed: bool = False
    against: str = "streets"

    @property
    def refused(self) -> bool:
        """Whether the layer must not be used as it is declared."""
        return self.evidence.contradicts and self.evidence.strength == "certain" and not self.confirmed

    @property
    def fault(self) -> Fault:
        """The fault of a layer that is refused, with the line that cures it."""
        layer, chosen = self.layer, self.evidence.chosen
        keep = _("if you know that it is right, write datum_confirmed = true there")
        cure = None
        if self.datum.crs.is_projected:
            todo = _('the metres were made from {really} degrees: take those, with datum = "{chosen}"; {keep}')
        else:
            todo = _('write datum = "{chosen}" under [layers.{layer}]; {keep}')
            cure = Cure.setting(f"layers.{layer}", "datum", chosen, others=["cgcs2000"] if chosen == "wgs84" else [])
        return Fault(
            _("the layer {layer} is declared {declared}, but its places are in {really}").format(
                layer=layer, declared=self.datum.name, really=_(NAMES[chosen])
            ),
            where=self.file,
            why=self.evidence.words,
            todo=todo.format(really=_(NAMES[chosen]), chosen=chosen, layer=layer, keep=keep),
            cure=cure,
        )

    @property
    def entry(self) -> Entry | None:
        """The ledger's entry: a doubt, or the note that somebody confirmed the datum; None where all is well."""
        if not self.evidence.contradicts or self.refused:
            return None
        text = _("declared {declared}, but the places look like {really}: {words}")
        if self.confirmed:
            text = _("declared and confirmed {declared}, though the places look like {really}: {words}")
        what = text.format(declared=self.datum.name, really=_(NAMES[self.evidence.chosen]), words=self.evidence.words)
        return Entry(self.layer, self.file, 0, "", "geometry", what, "doubted")


@dataclass(frozen=True)
class DatumFindings:
    """What the streets say of all layers.

    Parameters
    ----------
    findings
        One for each layer that could be judged.
    faults
        What must be mended before anything is computed.
    entries
        What the ledger keeps: doubts, and what was confirmed.
    """

    findings: tuple[DatumFinding, ...] = ()
    faults: tuple[Fault, ...] = ()
    entries: tuple[Entry, ...] = ()

    def hold(self) -> None:
        """Let nothing be computed where something must be mended first.

        Raises
        ------
        InputError
            With every fault.

        Examples
        --------
        >>> DatumFindings().hold()
        """
        if self.faults:
            raise InputError(self.faults)


def judge_layers(
    layers: Mapping[str, Layer],
    lines: npt.NDArray[np.object_],
    *,
    crs: CRS,
    main: npt.NDArray[np.bool_] | None = None,
    confirmed: frozenset[str] = frozenset(),
) -> DatumFindings:
    """Hold layers against the streets.

    Parameters
    ----------
    layers
        The layers as they were read.
    lines
        All streets, also those inside of compounds, LineStrings in `crs`, shape (m,).
    crs
        Compute CRS.
    main
        Which streets carry vehicles, shape (m,).
    confirmed
        Layers whose datum study.toml confirms.

    Returns
    -------
    DatumFindings
        Faults for layers that certainly are in another datum than declared, and for compounds of which none lies in
        the town; entries for what is likely or concerns some rows.

    Examples
    --------
    >>> import planner as pl
    >>> study = pl.open_study("data/sample", lang="en")
    >>> found = study.datum_findings
    >>> [(one.layer, one.evidence.chosen, one.evidence.strength) for one in found.findings]
    [('compounds', 'wgs84', 'certain'), ('facilities', 'wgs84', 'certain'), ('candidates', 'wgs84', 'certain'),
     ('gates', 'wgs84', 'certain')]
    >>> found.faults, found.entries
    ((), ())
    """
    known = {name: layer for name in _JUDGED if (layer := layers.get(name)) is not None and layer.meaning is not None}
    faults: list[Fault] = []
    entries: list[Entry] = []
    if "compounds" in known:
        home = known["compounds"]
        shapes = home.table.geometry.to_numpy()
        placed = Placed("compounds", home.file, shapes, home.meaning)
        faults, entries = off_streets(placed, home.table.index, home.rows, lines, crs)
    if faults:
        return DatumFindings((), tuple(faults), tuple(entries))
    findings: dict[str, DatumFinding] = {}
    for name, layer in known.items():
        findings[name] = _judge(layer, findings.get("compounds"), known.get("compounds"), lines, main, crs, confirmed)
        log.info("%s: %s", name, findings[name].evidence.words)
    faults = [finding.fault for finding in findings.values() if finding.refused]
    entries += [entry for finding in findings.values() if (entry := finding.entry) is not None]
    return DatumFindings(tuple(findings.values()), tuple(faults), tuple(entries))


def _judge(
    layer: Layer,
    homes: DatumFinding | None,
    compounds: Layer | None,
    lines: npt.NDArray[np.object_],
    main: npt.NDArray[np.bool_] | None,
    crs: CRS,
    confirmed: frozenset[str],
) -> DatumFinding:
    datum = layer.meaning
    assert datum is not None  # noqa: S101 - only such layers are judged
    declared = datum.offset or "wgs84"
    shapes = layer.table.geometry.to_numpy()
    against = "streets"
    evidence = None
    if layer.name == "gates" and homes is not None and compounds is not None:
        outlines = _outlines(layer, homes, compounds, crs)
        evidence = by_owners(shapes, outlines, crs=crs, declared=declared)
        against = "compounds"
    if evidence is None or evidence.strength == "cannot_tell":
        evidence, against = by_streets(shapes, lines, crs=crs, declared=declared, main=main), "streets"
    return DatumFinding(layer.name, layer.file, datum, evidence, layer.name in confirmed, against)


def _outlines(gates: Layer, homes: DatumFinding, compounds: Layer, crs: CRS) -> Any:
    """Return the outline of each gate's compound where the compound truly is, None where it has none."""
    table = compounds.table
    outlines = table.geometry.to_numpy().copy()
    areal = shapely.get_dimensions(outlines) == 2
    outlines[~areal], outlines[areal] = None, shapely.boundary(outlines[areal])
    if homes.evidence.contradicts and areal.any():
        middles = shapely.get_coordinates(shapely.centroid(outlines[areal]))
        move = shifts(middles, homes.evidence.declared, crs)[homes.evidence.chosen]
        outlines[areal] = [
            shapely.transform(outline, lambda xy, step=step: xy + step)
            for outline, step in zip(outlines[areal], move, strict=True)
        ]
    places = table.index.get_indexer(gates.table["compound_id"])
    owned = outlines[places]
    owned[places < 0] = None
    return owned
