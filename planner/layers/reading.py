"""Read one layer's file into a checked table of the contract, with a ledger that tells each row's fate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import CRS

from planner.errors import Fault, InputError
from planner.i18n import _
from planner.layers.cells.adcodes import name_counties
from planner.layers.cells.amendments import settle_permits
from planner.layers.cells.namesakes import note_namesakes
from planner.layers.cells.permitnumbers import plain_numbers
from planner.layers.cells.personal import impersonal
from planner.layers.cells.plausible import note_ages, note_homes, note_sizes
from planner.layers.cells.values import CellNote, as_text, complaint, given_text, parse
from planner.layers.columns import LAYERS, Column, LayerSpec
from planner.layers.files.geometries import Shapes
from planner.layers.files.opening import read_file
from planner.layers.files.rawtables import RawTable, note_remarks
from planner.layers.files.totals import check_totals, told_of
from planner.layers.headers.cures import datum_cure, field_cure
from planner.layers.headers.matching import Found, Matches, match_columns
from planner.layers.ledger import Action, Entry, Journal, Ledger, moved
from planner.layers.people.basis import layer_basis
from planner.layers.people.fractions import whole_people
from planner.layers.people.shares import elders_of, fitted, share_faults
from planner.layers.places.datums import WGS84, Datum, reliable, resolve_datum, settle
from planner.layers.places.outlines import note_twins
from planner.layers.places.shapes import (
    Places,
    check_places,
    choose_crs,
    find_places,
    move_places,
    note_closed,
    note_curved,
)
from planner.layers.places.zones import Reading, are_metres, ask_for_datum, exchange, mend_rows, read_numbers
from planner.layers.schema import check_table
from planner.layers.settings import LayerSettings


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer that has been read and checked.

    Parameters
    ----------
    name
        Name of the layer.
    table
        The rows that are used, indexed by identifier, with every column of the contract; a GeoDataFrame in
        the compute CRS where the layer has places.
    ledger
        The fate of every row of the file.
    file
        File as study.toml names it.
    rows
        Row number in the file by identifier.
    found
        How each column of the contract, and of its places, was found in the file.
    sheet
        Sheet of a workbook that was read, empty elsewhere.
    headers
        Columns of the file, those dropped left aside.
    dropped
        Columns of the file that the study does not want, unread.
    encoding
        In which a csv or shapefile was read, empty elsewhere.
    datum
        What its coordinates were taken for, empty where it has none.
    meaning
        The same as the datum itself, None where it has none.
    basis
        Whom its elders count: ``registered``, ``resident``, or empty where nobody says.

    Examples
    --------
    >>> from pathlib import Path
    >>> from planner.layers import LayerSettings
    >>> layer = read_layer("rooms", LayerSettings(file="rooms.csv"), folder=Path("data/sample"), crs=None)
    >>> layer.name, layer.ledger.closes(), int(layer.rows["R001"])
    ('rooms', True, 2)
    """

    name: str
    table: Any
    ledger: Ledger
    file: str
    rows: pd.Series[int]
    found: tuple[Found, ...] = ()
    sheet: str = ""
    headers: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    encoding: str = ""
    datum: str = ""
    meaning: Datum | None = None
    basis: str = ""

    @property
    def blank(self) -> bool:
        """Whether the file holds no row of data yet, as a template before it is filled in."""
        aside = (entry for entry in self.ledger.entries if entry.action == "set_aside")
        return self.table.empty and not any(entry.field for entry in aside)

    def noted(self, ids: Iterable[str], column: str, what: Mapping[str, str], *, set_aside: bool) -> Layer:
        """Return the layer with a problem noted on some of its rows.

        Parameters
        ----------
        ids
            Rows that have it.
        column
            Contract column that it stands in.
        what
            The problem by identifier.
        set_aside
            Whether the rows are not used any more; otherwise they are doubted.

        Returns
        -------
        Layer
            A new layer whose ledger closes.
        """
        ids = list(ids)
        if not ids:
            return self
        action = "set_aside" if set_aside else "doubted"
        entries = [
            Entry(self.name, self.file, int(self.rows[item]), item, column, what[item], action)  # type: ignore[arg-type]
            for item in ids
        ]
        if not set_aside:
            return replace(self, ledger=self.ledger.with_entries(entries))
        left = self.table.drop(index=ids)
        count = self.ledger.count(self.name)
        count = moved(count, rows=len(ids), elders=count.elders_used - _elders(left))
        return replace(self, table=left, ledger=self.ledger.with_entries(entries, counts=[count]))


def _elders(table: Any) -> int:
    return int(table["elders_60"].sum()) if "elders_60" in table.columns else 0


def read_layer(
    name: str, settings: LayerSettings, *, folder: Path, crs: CRS | None, share_60: float | None = None
) -> Layer:
    r"""Read a layer.

    Parameters
    ----------
    name
        Name of the layer, a key of :data:`~planner.layers.columns.LAYERS`.
    settings
        Which file, and how to read it.
    folder
        The study's folder.
    crs
        Compute CRS, projected metres; None chooses the one that fits the layer, as a study does for its
        compounds.
    share_60
        For a population layer that counts people alone: which share of them is aged 60 or more.

    Returns
    -------
    Layer
        The checked table and its ledger, which closes.

    Raises
    ------
    InputError
        The file as a whole cannot be used; all that is wrong with it is listed.
    KeyError
        There is no such layer.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     rows = "gate_id,compound_id,lon,lat\nG1,A1,113.01,25.79\n"
    ...     _written = Path(folder, "gates.csv").write_text(rows, encoding="utf-8")
    ...     settings = LayerSettings(file="gates.csv", datum="gcj02")
    ...     gates = read_layer("gates", settings, folder=Path(folder), crs=CRS.from_epsg(4547))
    >>> gates.table.loc["G1", "compound_id"], gates.ledger.closes()
    ('A1', True)
    """
    spec = LAYERS[name]
    raw, dropped, faults = impersonal(read_file(settings, folder=folder, layer=name), settings, layer=name)
    spec = fitted(spec, raw, share_60)
    matches, places, reading = _understand(spec, raw, settings, faults)
    if share_60 is not None and (faults := share_faults(matches.columns, layer=name, file=settings.file)):
        raise InputError(faults)
    columns = matches.columns
    ids = given_text(spec.column(spec.id), raw.cells[columns[spec.id].place])
    printed = ids
    if name == "permits":
        ids = plain_numbers(printed)
        raw = _with_cells(raw, columns[spec.id].place, ids)
    journal = Journal(name, settings.file, raw.rows, ids.fillna("").to_numpy(dtype=object))
    note_remarks(raw, journal)
    if name == "population" and raw.places is not None:
        raw = whole_people(raw, columns, journal)
    unread = _("the column was dropped unread, as study.toml asks")
    journal.entries += [Entry(name, settings.file, 0, "", header, unread, "mended") for header in dropped]
    values = _parse_all(spec, raw, columns, settings, journal)
    if share_60 is not None:
        values["elders_60"] = elders_of(values["population"], share_60, journal)
    shapes = None
    if places is not None:
        if reading.told:
            journal.entries.append(Entry(name, settings.file, 0, "", "geometry", reading.told, "mended"))
        shapes, crs = _settle_places(places, spec, reading.datum, crs, journal)
    if name == "permits":
        settle_permits(printed, values, journal)
    _set_aside_doubles(ids, spec, journal)
    if shapes is not None:
        note_twins(shapes, values, spec, journal)
    if name == "compounds":
        values["county"] = name_counties(values["county"], journal)
        note_namesakes(values["name"], values["project"], journal)
    layer = _finished(spec, values, shapes, crs, journal)
    ledger = _with_left_out(layer.ledger, spec, raw, columns, values, settings.file)
    return replace(
        layer,
        ledger=ledger,
        found=(*columns.values(), *matches.places.values()),
        sheet=raw.sheet,
        headers=raw.names,
        dropped=dropped,
        encoding=raw.encoding,
        datum="" if places is None else reading.datum.name,
        meaning=None if places is None else reading.datum,
        basis=layer_basis(columns, settings.basis),
    )


def _with_cells(raw: RawTable, place: int, cells: pd.Series[str]) -> RawTable:
    table = raw.cells.copy(deep=False)
    table[place] = cells
    return replace(raw, cells=table)


def _with_left_out(
    ledger: Ledger,
    spec: LayerSpec,
    raw: RawTable,
    columns: Mapping[str, Found],
    values: Mapping[str, pd.Series[Any]],
    file: str,
) -> Ledger:
    """Count totals and notes among the rows set aside; the elders of a total are counted in its rows already."""
    if not raw.left_out:
        return ledger
    entries = told_of(raw.left_out, spec.name, file)
    entries += check_totals(raw.left_out, spec, columns, values, raw.rows, file)
    count, more = ledger.count(spec.name), len(raw.left_out)
    count = replace(count, rows_in=count.rows_in + more, rows_set_aside=count.rows_set_aside + more)
    return ledger.with_entries(entries, counts=[count])


def _understand(
    spec: LayerSpec, raw: RawTable, settings: LayerSettings, already: Iterable[Fault]
) -> tuple[Matches, Places | None, Reading]:
    """Find columns, places and what their numbers mean, or raise everything that is wrong with them at once."""
    matches = match_columns(spec, raw, settings)
    faults = [*already, *matches.faults]
    places, reading = None, Reading(Datum(WGS84))
    if spec.has_geometry and (raw.places is not None or matches.places):
        places = find_places(raw, {name: match.place for name, match in matches.places.items()})
        try:
            # Before the first row is entered there is nothing that a datum could mean.
            reading = _reading(places, raw, settings, spec.name) if len(raw.rows) else reading
            if reading.exchanged:
                places = replace(places, shapes=exchange(places.shapes))
        except InputError as error:
            faults.extend(error.faults)
    if faults:
        raise InputError(faults)
    return matches, places, reading


def _reading(places: Places, raw: RawTable, settings: LayerSettings, layer: str) -> Reading:
    """Resolve what the coordinates mean, and refuse what cannot be converted."""
    try:
        datum = resolve_datum(settings.datum, raw.crs, layer=layer, file=settings.file)
    except InputError as error:
        if settings.datum is not None or raw.crs is not None:
            raise
        raise InputError(ask_for_datum(places.shapes, error.faults[0], layer)) from error
    reading = None
    if places.metric is not False or datum.crs.is_geographic:
        reading = read_numbers(places.shapes, datum, layer=layer, file=settings.file)
    # Columns x and y are as often degrees: there the numbers decide.
    if reading is None or (places.metric and datum.crs.is_geographic and are_metres(places.shapes)):
        raise InputError(
            Fault(
                _("the columns x and y are metres, but {datum} means degrees").format(datum=datum.name)
                if places.metric
                else _("the columns lon and lat are degrees, but {datum} means metres").format(datum=datum.name),
                where=settings.file,
                todo=_("correct datum under [layers.{layer}], or the names of the columns").format(layer=layer),
                cure=datum_cure(layer, metric=bool(places.metric)),
            )
        )
    bounds = None if reliable(reading.datum.crs) else places.bounds
    if bounds is None:
        return reading
    if reading.exchanged:
        bounds = (bounds[1], bounds[0], bounds[3], bounds[2])
    return replace(reading, datum=settle(reading.datum, bounds, layer=layer, file=settings.file))


def _parse_all(
    spec: LayerSpec, raw: RawTable, columns: Mapping[str, Found], settings: LayerSettings, journal: Journal
) -> dict[str, pd.Series[Any]]:
    journal.note(journal.ids == "", spec.id, _("the identifier is empty"), "set_aside")
    values = {}
    for column in spec.columns:
        if column.name not in columns:
            values[column.name] = pd.Series(index=raw.cells.index, dtype=column.dtype)
            if column.name == "status" and spec.name == "facilities":
                _doubt_status(np.ones(len(raw.rows), dtype=bool), journal)
            continue
        found = columns[column.name]
        cells = raw.cells[found.place]
        parsed = parse(column, cells, factor=found.factor)
        values[column.name] = parsed.values
        _note_cells(column, cells, parsed.bad, found.factor, journal)
        _note_used_cells(column, parsed.notes, journal)
        if column.required and column.name != spec.id:
            empty = _("{column} is empty").format(column=column.name)
            journal.note(~parsed.given, column.name, empty, "set_aside")
        if column.name == "status" and spec.name == "facilities":
            _doubt_status(~parsed.given, journal)
    note_ages(values, journal)
    note_sizes(values, columns, journal)
    if faults := note_homes(values, columns, journal):
        # The question is about one column, and either unit answers it.
        asked = columns["residential_floor_area_m2"]
        cure = field_cure(settings, spec.name, asked.name, [asked.source], unit="万m2")
        raise InputError(replace(fault, cure=cure) for fault in faults)
    return values


def _doubt_status(where: npt.NDArray[np.bool_], journal: Journal) -> None:
    what = _("its status is not stated, so it does not count as open")
    journal.note(where, "status", what, "doubted")


def _note_cells(
    column: Column, cells: pd.Series[Any], bad: npt.NDArray[np.bool_], factor: float, journal: Journal
) -> None:
    if not bad.any():
        return
    reasons = [complaint(column, value, factor=factor) for value in as_text(cells[bad])]
    if column.required:
        journal.note(bad, column.name, reasons, "set_aside")
        return
    rest = (
        _("{reason}; what is known of it is kept") if column.kind == "services" else _("{reason}; taken as not given")
    )
    journal.note(bad, column.name, [rest.format(reason=reason) for reason in reasons], "doubted")


def _note_used_cells(column: Column, notes: Iterable[CellNote], journal: Journal) -> None:
    told: dict[Action, dict[int, str]] = {}
    for note in notes:
        told.setdefault(note.action, {})[note.position] = note.what
    for action, texts in told.items():
        where = np.zeros(len(journal.rows), dtype=bool)
        where[list(texts)] = True
        journal.note(where, column.name, [texts[place] for place in sorted(texts)], action)


def _settle_places(
    places: Places, spec: LayerSpec, datum: Datum, crs: CRS | None, journal: Journal
) -> tuple[Shapes, CRS]:
    places = replace(places, shapes=mend_rows(places.shapes, datum, journal))
    shapes = check_places(places, spec, datum, journal)
    note_closed(places, journal)
    if crs is None and not len(shapes):
        crs = datum.crs  # no place, no zone
    chosen = choose_crs(shapes, datum, journal) if crs is None else crs
    moved_shapes = move_places(shapes, datum, chosen, spec, journal)
    note_curved(places, moved_shapes, journal)
    return moved_shapes, chosen


def _set_aside_doubles(ids: pd.Series[str], spec: LayerSpec, journal: Journal) -> None:
    """Keep the first usable row of each identifier."""
    usable = ids[journal.kept]
    again = usable[usable.duplicated()]
    if again.empty:
        return
    first = usable[~usable.duplicated()]
    row_of = pd.Series(journal.rows[first.index], index=first.to_numpy())
    where = np.zeros(len(ids), dtype=bool)
    where[again.index] = True
    texts = [_("{id} stands in row {row} already").format(id=item, row=row_of[item]) for item in again]
    journal.note(where, spec.id, texts, "set_aside")


def _finished(
    spec: LayerSpec,
    values: Mapping[str, pd.Series[Any]],
    shapes: Shapes | None,
    crs: CRS | None,
    journal: Journal,
) -> Layer:
    kept = journal.kept
    table: Any = pd.DataFrame(dict(values))[kept].set_index(spec.id)
    table.index = table.index.astype("str")
    check_table(table, layer=spec.name, file=journal.file)
    if shapes is not None:
        table = gpd.GeoDataFrame(table, geometry=shapes[kept], crs=crs)
    elders = values.get("elders_60", pd.Series(0, index=range(len(kept))))
    ledger = journal.close(
        used=table.index.to_numpy(dtype=str),
        elders_in=elders.fillna(0).to_numpy(dtype=np.int64),
        elders_used=_elders(table),
    )
    rows = pd.Series(journal.rows[kept], index=table.index)
    return Layer(spec.name, table, ledger, journal.file, rows)
