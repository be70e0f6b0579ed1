"""Read one CAD layer of a DXF drawing: outlines with the texts that stand in them, lines, or points."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
import shapely

from planner.errors import Cure, Fault, InputError
from planner.i18n import _
from planner.layers.columns import LAYERS, LayerSpec
from planner.layers.files.encodings import Encoding, choose_encoding, decode, known_encoding
from planner.layers.files.geometries import Geometries, Shapes, read_wkb
from planner.layers.files.rawtables import RawTable, Remark
from planner.layers.places.outlines import joined, nearly_closed
from planner.layers.settings import LayerSettings

log = logging.getLogger(__name__)

Bools = npt.NDArray[np.bool_]

NAMES = ("EntityHandle", "Text", "Layer")
"""Columns of a drawing: its own identifier of each entity, the text that belongs to it, its CAD layer."""

_LINES, _POLYGONS = [1, 2, 5], [3, 6]
_CODE_PAGE = re.compile(rb"\$DWGCODEPAGE\s+3\s+(\S+)")
_BEYOND_BYTES = re.compile("[^\x00-\xff]+")
_HEAD = 100_000
_SHOWN = 5


@dataclass(frozen=True, eq=False)
class _Entities:
    """Entities of a drawing: CAD layer, handle, text, shape and number of each."""

    layers: npt.NDArray[np.object_]
    handles: npt.NDArray[np.object_]
    texts: npt.NDArray[np.object_]
    written: Bools
    shapes: Shapes
    rows: npt.NDArray[np.int64]

    def where(self, chosen: Bools | npt.NDArray[np.int64]) -> _Entities:
        return _Entities(
            self.layers[chosen],
            self.handles[chosen],
            self.texts[chosen],
            self.written[chosen],
            self.shapes[chosen],
            self.rows[chosen],
        )

    @property
    def kinds(self) -> npt.NDArray[np.int32]:
        return np.asarray(shapely.get_type_id(self.shapes), dtype=np.int32)


def read_drawing(path: Path, settings: LayerSettings, layer: str) -> RawTable:
    """Read one CAD layer of a drawing.

    Parameters
    ----------
    path
        A .dxf.
    settings
        What study.toml says of the layer; ``layer`` names the CAD layer where there are several.
    layer
        Name of the layer, which tells whether its outlines, lines or points are meant.

    Returns
    -------
    RawTable
        A row per outline, line or point, numbered as the drawing's entities are, from 1. A text inside an outline
        stands in its row; which texts are left over is told.

    Raises
    ------
    InputError
        Several CAD layers could be meant, or the text is not in the encoding that study.toml gives.
    """
    spec = LAYERS[layer]
    entities, encoding, remarks = _entities(path, settings, spec)
    chosen = _chosen_layer(entities, settings, layer)
    own = entities.where((entities.layers == chosen) & ~entities.written)
    texts = entities.where(entities.written)
    taken = spec.shapes or spec.welcome_shapes
    if "Polygon" in taken and "LineString" not in taken:
        rows, more = _outlined(own)
        rows, told = _titled(rows, texts, chosen)
        remarks += more + told
    else:
        labels = texts.where(texts.layers == chosen)
        # Where nothing but texts stands, each marks a place.
        rows = labels if "Point" in taken and not len(own.rows) else own
        if len(labels.rows) and rows is own:
            remarks += (_unused(labels.texts, _("{count} texts of the CAD layer are not used: {texts}")),)
    cells = {
        place: pd.Series(values, dtype="str") for place, values in enumerate((rows.handles, rows.texts, rows.layers))
    }
    places = Geometries.plain(rows.shapes)
    return RawTable(NAMES, pd.DataFrame(cells), rows.rows, places, remarks=remarks, encoding=str(encoding))


def _entities(path: Path, settings: LayerSettings, spec: LayerSpec) -> tuple[_Entities, Encoding, tuple[Remark, ...]]:
    """Read all that stands in the drawing's model space."""
    # Inside blocks there may be outlines; of a point, the block is the symbol.
    inline = "NO" if spec.shapes == ("Point",) else "YES"
    columns = ["Layer", "PaperSpace", "EntityHandle", "Text", "BlockAttributes"]
    _meta, table = pyogrio.read_arrow(
        path, layer="entities", columns=columns, ENCODING="ISO-8859-1", INLINE_BLOCKS=inline
    )
    raw = {name: table[name].to_pylist() for name in ("Layer", "EntityHandle", "Text")}
    filled_in = _attributes(table)
    raw["Text"] = [text or filled_in.get(place) for place, text in enumerate(raw["Text"])]
    encoding = _encoding([text for name in raw for text in raw[name] if text], path, settings)
    log.info("%s: text read as %s", settings.file, encoding)
    names, handles, texts = (
        np.array([_decoded(text, encoding.name) for text in raw[name]], dtype=object) for name in raw
    )
    paper = np.array(pc.fill_null(table["PaperSpace"], False)) if len(table) else np.zeros(0, dtype=bool)
    wkb = table["wkb_geometry"].cast(pa.binary()).to_numpy(zero_copy_only=False)
    shapes = read_wkb(wkb, None).shapes
    written = np.array([bool(text) for text in texts], dtype=bool) & (shapely.get_type_id(shapes) == 0)
    written[list(filled_in)] = False
    rows = np.arange(1, len(table) + 1)
    remarks = encoding.remarks
    if paper.any():
        what = _("{count} entities stand on a sheet's paper and not in the model; they are not read")
        remarks += (Remark(0, what.format(count=int(paper.sum()))),)
    return _Entities(names, handles, texts, written, shapes, rows).where(~paper.astype(bool)), encoding, remarks


def _attributes(table: pa.Table) -> dict[int, str]:
    """Return what is filled into the attributes of blocks, without their tags, by position."""
    if "BlockAttributes" not in table.column_names:
        return {}
    filled = enumerate(table["BlockAttributes"].to_pylist())
    return {place: ";".join(item.partition(" ")[2] for item in items) for place, items in filled if items}


def _encoding(texts: Sequence[str], path: Path, settings: LayerSettings) -> Encoding:
    raw = [_BEYOND_BYTES.sub("", text).encode("latin-1") for text in texts]
    if settings.encoding:
        try:
            for text in raw:
                decode(text, settings.encoding)
        except UnicodeError as error:
            what = _("the text is not {encoding}").format(encoding=settings.encoding)
            raise InputError(Fault(what, where=settings.file, todo=_("take encoding out"))) from error
        return Encoding(settings.encoding, _("as study.toml says"))
    with path.open("rb") as file:
        page = _CODE_PAGE.search(file.read(_HEAD))
    word = page[1].decode("latin-1") if page else ""
    found = choose_encoding(raw, stated=known_encoding(word), word=word, source="$DWGCODEPAGE")
    if found is None:
        return Encoding("gb18030", _("nothing fits wholly"))
    # AutoCAD writes UTF-8 since 2007 and still states the code page of its machine: no reason to doubt the file.
    return replace(found, overruled="") if found.name == "utf-8" else found


def _decoded(text: str | None, encoding: str) -> str:
    """Decode the bytes of a text; what GDAL has read from an escape of one character stays."""
    if not text:
        return ""
    parts = re.split(f"({_BEYOND_BYTES.pattern})", text)
    read = [
        part if number % 2 else part.encode("latin-1").decode(encoding, errors="replace")
        for number, part in enumerate(parts)
    ]
    return " ".join("".join(read).split())


def _chosen_layer(entities: _Entities, settings: LayerSettings, layer: str) -> str:
    """Choose the CAD layer that study.toml names, or the only one that holds more than texts."""
    drawn = list(dict.fromkeys(entities.layers[~entities.written])) or list(dict.fromkeys(entities.layers))
    if settings.layer is not None and settings.layer in set(entities.layers):
        return settings.layer
    if settings.layer is None and len(drawn) == 1:
        return str(drawn[0])
    if not len(entities.rows):
        raise InputError(Fault(_("the drawing is empty"), where=settings.file, todo=_("name another file")))
    what = (
        _("the drawing has no CAD layer {layer}").format(layer=settings.layer)
        if settings.layer
        else _("the drawing has {count} CAD layers").format(count=len(drawn))
    )
    counted = _("; ").join(_counted(entities, name) for name in dict.fromkeys(entities.layers))
    todo = _("give layer = one of: {tables}").format(tables=counted)
    cure = Cure.setting(f"layers.{layer}", "layer", drawn[0], others=drawn[1:])
    raise InputError(Fault(what, where=settings.file, todo=todo, cure=cure))


def _counted(entities: _Entities, name: str) -> str:
    own = entities.where(entities.layers == name)
    kinds = own.kinds
    lines = np.isin(kinds, _LINES)
    ringed = lines & np.asarray(shapely.is_closed(own.shapes), dtype=bool)
    polygons = int((np.isin(kinds, _POLYGONS) | ringed).sum())
    texts = int(own.written.sum())
    others = len(kinds) - texts - int((lines | np.isin(kinds, _POLYGONS)).sum())
    what = _("{layer} ({polygons} polygons, {lines} open lines, {texts} texts, {others} others)")
    return what.format(layer=name, polygons=polygons, lines=int((lines & ~ringed).sum()), texts=texts, others=others)


def _outlined(own: _Entities) -> tuple[_Entities, tuple[Remark, ...]]:
    """Make polygons of closed lines, and of open ones whose ends meet each other's."""
    shapes = own.shapes.copy()
    kinds = own.kinds
    single = (kinds == 1) | (kinds == 2)
    rings = single & np.asarray(shapely.is_closed(shapes), dtype=bool) & (shapely.get_num_points(shapes) > 3)
    if rings.any():
        corners, ring = shapely.get_coordinates(shapes[rings], return_index=True)
        shapes[rings] = shapely.polygons(shapely.linearrings(corners, indices=ring))
    pieces = np.flatnonzero(single & ~rings)
    pieces = pieces[~nearly_closed(shapes[pieces])]
    remarks = []
    gone = np.zeros(len(shapes), dtype=bool)
    for area, parts in joined(shapes[pieces]):
        places = sorted(pieces[list(parts)])
        free = [place for place in places if not gone[place]] or places
        home = free[0]
        gone[places] = True
        gone[home] = False
        shapes[home] = area
        what = _("the outline was drawn in {count} pieces (rows {rows}); they were joined: area {area:.1f}")
        listed = _(", ").join(str(own.rows[place]) for place in places)
        remarks.append(
            Remark(int(own.rows[home]), what.format(count=len(places), rows=listed, area=area.area), "mended")
        )
    return replace(own, shapes=shapes).where(~gone), tuple(remarks)


def _titled(rows: _Entities, texts: _Entities, layer: str) -> tuple[_Entities, tuple[Remark, ...]]:
    """Give each outline the texts that stand in it: those of its own CAD layer, else of the one that names most."""
    areas = np.array([_area(shape) for shape in rows.shapes], dtype=object)
    inside, outline = shapely.STRtree(areas).query(texts.shapes, predicate="intersects") if len(areas) else ([], [])
    inside, outline = np.asarray(inside, dtype=int), np.asarray(outline, dtype=int)
    source = layer if (texts.layers == layer).any() else _naming_layer(texts.layers[inside], outline)
    fitting = texts.layers[inside] == source
    inside, outline = inside[fitting], outline[fitting]
    named, remarks = rows.texts.copy(), []
    for place in np.unique(outline):
        found = list(dict.fromkeys(texts.texts[inside[outline == place]]))
        named[place] = ";".join(found)
        if len(found) > 1:
            what = _("{count} texts stand in the outline: {texts}")
            what = what.format(count=len(found), texts=_(", ").join(found[:_SHOWN]))
            remarks.append(Remark(int(rows.rows[place]), what))
    if source and source != layer:
        remarks.append(Remark(0, _("the texts of the CAD layer {layer} name the outlines").format(layer=source)))
    spare = np.setdiff1d(np.flatnonzero(texts.layers == source), inside)
    if len(spare):
        what = _("{count} texts of the drawing stand in no outline and are not used: {texts}")
        remarks.append(_unused(texts.texts[spare], what))
    return replace(rows, texts=named), tuple(remarks)


def _area(shape: Any) -> Any:
    """Return what a shape encloses, also where its ends do not quite meet."""
    if shape is not None and shape.geom_type == "LineString" and nearly_closed(np.array([shape]))[0]:
        return shapely.Polygon(shape.coords)
    return shape if shape is not None and shape.geom_type in {"Polygon", "MultiPolygon"} else None


def _naming_layer(layers: npt.NDArray[np.object_], outline: npt.NDArray[np.int64]) -> str:
    """Return the CAD layer of which most outlines hold exactly one text; none where two do so alike."""
    once = Counter(
        layer for (layer, _outline), count in Counter(zip(layers, outline.tolist(), strict=True)).items() if count == 1
    )
    most = once.most_common(2)
    return str(most[0][0]) if most and (len(most) == 1 or most[0][1] > most[1][1]) else ""


def _unused(texts: npt.NDArray[np.object_], what: str) -> Remark:
    shown = _(", ").join(texts[:_SHOWN]) + ("…" if len(texts) > _SHOWN else "")
    return Remark(0, what.format(count=len(texts), texts=shown))
