"""Read all layers of a study, hold them against each other, and gather what is wrong with any of them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pyproj import CRS

from planner.errors import Fault, InputError
from planner.i18n import _
from planner.layers.crosschecks import crosscheck
from planner.layers.files.rasters import is_raster, read_raster
from planner.layers.people.elders import Elders, settle_elders
from planner.layers.places.fitness import unfit_crs
from planner.layers.places.placing import Placed, far_layers
from planner.layers.reading import Layer, read_layer
from planner.layers.settings import EldersSettings, LayerSettings

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Gathered:
    """What could be read of a study's layers, and what could not.

    Parameters
    ----------
    crs
        Compute CRS; None where neither study.toml nor the compounds settle it.
    layers
        The layers that could be read, checked against each other. Those that are blank are among them.
    faults
        Everything that is wrong with the others.
    elders
        How the elders of the compounds were got.
    """

    crs: CRS | None
    layers: Mapping[str, Layer]
    faults: tuple[Fault, ...] = ()
    elders: Elders = field(default_factory=Elders)


def gather_layers(
    settings: Mapping[str, LayerSettings], *, folder: Path, crs: CRS | None, elders: EldersSettings | None = None
) -> Gathered:
    """Read every layer that is named, the compounds first: they settle the compute CRS when study.toml does not.

    Parameters
    ----------
    settings
        Layers by name.
    folder
        The study's folder.
    crs
        Compute CRS of study.toml, None where it gives none.
    elders
        How the population layer is spread over the compounds.

    Returns
    -------
    Gathered
        One layer that cannot be read keeps no other from being read.

    Examples
    --------
    >>> rooms, gone = LayerSettings(file="rooms.csv"), LayerSettings(file="gone.csv")
    >>> found = gather_layers({"rooms": rooms, "permits": gone}, folder=Path("data/sample"), crs=None)
    >>> list(found.layers), len(found.faults)
    (['rooms'], 1)
    """
    elders = elders or EldersSettings()
    faults: list[Fault] = []
    read: dict[str, Layer] = {}
    for name in sorted(settings, key=lambda name: name != "compounds"):
        try:
            layer = _read(name, settings[name], folder, crs, read.get("compounds"), elders.share_60)
        except InputError as error:
            faults += error.faults
            continue
        if name == "compounds" and layer.blank:
            todo = _("enter the compounds under the header; an example row of a template is not read")
            faults.append(Fault(_("there are no rows yet"), where=layer.file, todo=todo))
        elif name == "compounds" and crs is None:
            crs = CRS.from_user_input(layer.table.crs)
            log.info("compute CRS chosen for the compounds: %s", crs.name)
        elif name == "compounds" and crs is not None and (fault := unfit_crs(layer.table.geometry.to_numpy(), crs)):
            faults.append(fault)
        read[name] = layer
    checked = crosscheck({name: layer for name, layer in read.items() if not layer.blank})
    checked, settled = settle_elders(checked, spread_by=elders.spread_by, storey_m=elders.storey_m)
    placed = [
        Placed(name, layer.file, layer.table.geometry.to_numpy(), layer.meaning)
        for name, layer in checked.items()
        if layer.meaning is not None
    ]
    if crs is not None:
        faults += far_layers(placed, crs)
    return Gathered(crs, {name: checked.get(name, layer) for name, layer in read.items()}, tuple(faults), settled)


def _read(
    name: str, settings: LayerSettings, folder: Path, crs: CRS | None, compounds: Layer | None, share_60: float | None
) -> Layer:
    share_60 = share_60 if name == "population" else None
    if name != "population" or not is_raster(settings.file):
        return read_layer(name, settings, folder=folder, crs=crs, share_60=share_60)
    if compounds is None or compounds.table.empty:
        what = _("the raster cannot be read before the compounds, which say where")
        raise InputError(Fault(what, where=settings.file, todo=_("mend the compounds first")))
    return read_raster(settings, folder=folder, compounds=compounds.table, share_60=share_60)
