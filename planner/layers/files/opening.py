"""Open a file of any known format as raw cells, shapes and row numbers, or refuse it with what it really is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from planner.errors import Fault, InputError
from planner.i18n import _
from planner.layers.files.drawings import read_drawing
from planner.layers.files.features import read_features, read_parquet
from planner.layers.files.formats import disguise, ending_of, unreadable
from planner.layers.files.placemarks import read_placemarks
from planner.layers.files.rawtables import RawTable, foreign
from planner.layers.files.textfiles import read_text
from planner.layers.files.workbooks import read_workbook
from planner.layers.headers.cures import file_cure
from planner.layers.settings import LayerSettings

READERS: Mapping[str, Callable[[Path, LayerSettings, str], RawTable]] = MappingProxyType(
    {
        ".gpkg": read_features,
        ".gdb": read_features,
        ".gdb.zip": read_features,
        ".shp": read_features,
        ".geojson": read_features,
        ".json": read_features,
        ".parquet": read_parquet,
        ".tab": read_features,
        ".mif": read_features,
        ".kml": read_placemarks,
        ".kmz": read_placemarks,
        ".dxf": read_drawing,
        ".xlsx": read_workbook,
        ".xlsm": read_workbook,
        ".xls": read_workbook,
        ".csv": read_text,
        ".tsv": read_text,
        ".txt": read_text,
    }
)
"""Reader of each ending."""

_TEXTS, _BOOKS = (".csv", ".tsv", ".txt"), (".xlsx", ".xlsm", ".xls")
_OPTIONS = {
    "encoding": (*_TEXTS, ".shp", ".dxf"),
    "sheet": _BOOKS,
    "layer": (".gpkg", ".gdb", ".gdb.zip", ".kml", ".kmz", ".dxf"),
}


def read_file(settings: LayerSettings, *, folder: Path, layer: str) -> RawTable:
    r"""Read a layer's file.

    Parameters
    ----------
    settings
        Which file, and how to read it.
    folder
        Folder that the file's path starts at.
    layer
        Name of the layer, for messages.

    Returns
    -------
    RawTable
        Every row of the file that holds anything.

    Raises
    ------
    InputError
        The file is missing, of an unknown format or another than its name says, cannot be read, or an option does
        not fit its format.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "rooms.csv")
    ...     _written = file.write_text("room_id,floor_area_m2\nR1,350\n", encoding="utf-8")
    ...     raw = read_file(LayerSettings(file="rooms.csv"), folder=Path(folder), layer="rooms")
    >>> raw.names, raw.rows.tolist()
    (('room_id', 'floor_area_m2'), [2])
    """
    path = Path(folder, settings.file)
    ending = ending_of(path)
    if ending not in READERS:
        raise InputError(
            _folder(settings.file, folder, layer) if path.is_dir() else unreadable(settings.file, ending, layer)
        )
    if faults := _misfits(settings, ending, layer):
        raise InputError(faults)
    if fault := _missing(path, ending, layer):
        raise InputError(replace(fault, cure=file_cure(f"layers.{layer}", "file", folder, settings.file, READERS)))
    with foreign(settings.file):
        if path.is_file() and (fault := disguise(path, settings.file, layer)):
            raise InputError(fault)
        return READERS[ending](path, settings, layer)


def _misfits(settings: LayerSettings, ending: str, layer: str) -> list[Fault]:
    return [
        Fault(
            _("{option} means nothing for a {suffix} file").format(option=option, suffix=ending),
            where=f"[layers.{layer}]",
            todo=_("take {option} out").format(option=option),
        )
        for option, endings in _OPTIONS.items()
        if getattr(settings, option) is not None and ending not in endings
    ]


def _folder(file: str, study: Path, layer: str) -> Fault:
    return Fault(
        _("this is a folder, and a file is needed"),
        where=file,
        todo=_("name a file in it, or correct file under [layers.{layer}]").format(layer=layer),
        cure=file_cure(f"layers.{layer}", "file", study, f"{file}/{layer}", READERS),
    )


def _missing(path: Path, ending: str, layer: str) -> Fault | None:
    if ending == ".gdb" and path.is_file():
        return Fault(
            _("a file geodatabase is a folder, and this is a file"),
            where=str(path),
            todo=_("copy the whole folder that ends in .gdb"),
        )
    if path.is_dir() if ending == ".gdb" else path.is_file():
        return None
    return Fault(
        _("the file does not exist"),
        where=str(path),
        todo=_("put it there, or correct file under [layers.{layer}]").format(layer=layer),
    )
