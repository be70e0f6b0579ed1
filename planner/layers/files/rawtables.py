"""Hold a file as it is: raw cells, shapes and row numbers, before anything is understood."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from pyproj import CRS

from planner.errors import Fault, InputError, in_its_words
from planner.i18n import _
from planner.layers.files.geometries import Geometries
from planner.layers.files.records import LeftOut
from planner.layers.ledger import Action, Entry, Journal

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Remark:
    """Something to be told of a row, or of the whole file.

    Parameters
    ----------
    row
        Number of the row in the file, 0 for the file as a whole.
    what
        What is told, in the reader's language.
    action
        ``mended`` or ``doubted``.
    """

    row: int
    what: str
    action: Action = "doubted"


@dataclass(frozen=True, eq=False)
class RawTable:
    """A file as it is.

    Parameters
    ----------
    names
        Column names as the file has them, k of them.
    cells
        One column per name (labelled 0 to k-1) and one row per record.
    rows
        Row numbers as the file's reader sees them, shape (n,): with a header row counted, or features from 1.
    places
        Geometries by row; None where the format or file holds none.
    crs
        What the file states, None where it states nothing.
    left_out
        Rows of a sheet that are totals or notes.
    sheet
        Sheet of a workbook that was read, empty elsewhere.
    remarks
        What is to be told of rows and of the file: that a sheet hides one, that the encoding is not the stated one.
    encoding
        Encoding of the text and how it was found, empty where the format leaves no choice.
    units
        Unit that the lines above the header state, by what it measures (``m2``, ``persons``, ``yuan``).
    """

    names: tuple[str, ...]
    cells: pd.DataFrame
    rows: npt.NDArray[np.int64]
    places: Geometries | None = None
    crs: CRS | None = None
    left_out: tuple[LeftOut, ...] = ()
    sheet: str = ""
    remarks: tuple[Remark, ...] = ()
    encoding: str = ""
    units: Mapping[str, str] = field(default_factory=dict)


def note_remarks(raw: RawTable, journal: Journal) -> None:
    """Write down what the reader of a file has to tell; what is said of the file as a whole stands in row 0.

    Parameters
    ----------
    raw
        The file.
    journal
        Where it is written.
    """
    ids = dict(zip(raw.rows.tolist(), journal.ids, strict=True)) if raw.remarks else {}
    for remark in raw.remarks:
        if remark.row == 0 or remark.row in ids:
            about = (remark.row, ids.get(remark.row, ""), "", remark.what, remark.action)
            journal.entries.append(Entry(journal.layer, journal.file, *about))


def save_again() -> str:
    """Return what to do about a damaged file."""
    return _("open it in the program that wrote it and save it again")


@contextmanager
def foreign(file: str) -> Iterator[None]:
    """Turn whatever a foreign reader throws at a broken file into a fault, and log its warnings.

    Parameters
    ----------
    file
        Name for messages.

    Raises
    ------
    InputError
        The reader gave up.

    Examples
    --------
    >>> from planner.i18n import language
    >>> with language("en"):
    ...     try:
    ...         with foreign("town.gpkg"):
    ...             raise KeyError("cut short")
    ...     except InputError as error:
    ...         print(error.faults[0].what)
    the file cannot be read
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        except InputError:
            raise
        except Exception as error:
            # Readers of ten formats raise some twenty kinds of errors on damaged bytes, KeyError among them.
            log.debug("%s cannot be read", file, exc_info=True)
            why = in_its_words(error).partition(";")[0]
            fault = Fault(_("the file cannot be read"), where=file, why=why, todo=save_again())
            raise InputError(fault) from error
    for warning in caught:
        log.warning("%s: %s", file, warning.message)


def typed_cells(table: pa.Table) -> pd.DataFrame:
    """Return a table's cells, whole numbers and flags staying what they are beside empty cells.

    Parameters
    ----------
    table
        Columns of a file.

    Returns
    -------
    pandas.DataFrame
        Columns labelled from 0.

    Examples
    --------
    >>> typed_cells(pa.table({"hs": pa.array([431002202300012345, None])}))[0].iloc[0]
    np.int64(431002202300012345)
    """
    nullable = {
        **{kind: pd.Int64Dtype() for kind in (pa.int8(), pa.int16(), pa.int32(), pa.int64())},
        **{kind: pd.Int64Dtype() for kind in (pa.uint8(), pa.uint16(), pa.uint32())},
        pa.bool_(): pd.BooleanDtype(),
    }
    named = table.rename_columns([str(place) for place in range(table.num_columns)])
    cells: pd.DataFrame = named.to_pandas(types_mapper=nullable.get, date_as_object=False, ignore_metadata=True)
    cells.columns = pd.RangeIndex(table.num_columns)
    return cells
