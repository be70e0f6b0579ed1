"""Read tables that are text: csv with commas or semicolons, tsv and txt with tabs."""

from __future__ import annotations

import codecs
import csv
import io
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from planner.errors import Cure, Fault, InputError
from planner.i18n import _
from planner.layers.columns import key
from planner.layers.files.encodings import Encoding, choose_encoding
from planner.layers.files.rawtables import RawTable, save_again
from planner.layers.files.records import find_records
from planner.layers.settings import LayerSettings

log = logging.getLogger(__name__)

_SEPARATORS = (",", ";", "\t")
# Titles stand above a header, zero bytes all over a text in UTF-16.
_DEEPEST_HEADER, _LOOKED_AT = 12, 4096
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def read_text(path: Path, settings: LayerSettings, layer: str) -> RawTable:
    r"""Read a table of text.

    Parameters
    ----------
    path
        The file.
    settings
        What study.toml says of the layer.
    layer
        Name of the layer.

    Returns
    -------
    RawTable
        Its cells as text, with the encoding that was chosen.

    Raises
    ------
    InputError
        The bytes are text of no known encoding, or cells stand beyond the header.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "用房.txt")
    ...     _written = path.write_bytes("用房编号\t面积\nR1\t350\n".encode("gb18030"))
    ...     raw = read_text(path, LayerSettings(file="用房.txt"), "rooms")
    >>> raw.names, raw.cells.iloc[0].tolist(), raw.encoding.partition(" ")[0]
    (('用房编号', '面积'), ['R1', '350'], 'gb18030')
    """
    data = path.read_bytes()
    encoding = _encoding(data, settings, layer)
    text = data.decode(encoding.name).removeprefix("\ufeff")
    log.info("%s: read as %s", settings.file, encoding)
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputError(
            Fault(
                _("zero bytes stand in line {line}, where text should be: the file is damaged").format(line=line),
                where=settings.file,
                todo=save_again(),
            )
        )
    lines = io.StringIO(text, newline="")
    records = list(csv.reader(lines, delimiter=_separator(text, path.suffix.lower()), strict=True))
    return table_of(records, settings, layer, encoding=str(encoding), remarks=encoding.remarks)


def _separator(text: str, suffix: str) -> str:
    """Return what parts the cells of the first line that holds more than one; titles hold one."""
    usual = "," if suffix == ".csv" else "\t"
    for line in text.splitlines()[:_DEEPEST_HEADER]:
        if any(mark in line for mark in _SEPARATORS):
            return max((usual, *_SEPARATORS), key=line.count)
    return usual


def _encoding(data: bytes, settings: LayerSettings, layer: str) -> Encoding:
    if settings.encoding:
        try:
            data.decode(settings.encoding)
        except UnicodeError as error:
            cure = Cure.setting(f"layers.{layer}", "encoding", "gb18030", others=["utf-8", "utf-16"])
            raise InputError(replace(_not_in(settings.encoding, settings.file), cure=cure)) from error
        return Encoding(settings.encoding, _("as study.toml says"))
    for mark, name in _MARKS.items():
        if data.startswith(mark):
            return Encoding(name)
    if b"\0" in data[:_LOOKED_AT]:
        raise InputError(
            Fault(
                _("the text is full of zero bytes: it seems to be UTF-16 without its mark"),
                where=settings.file,
                todo=_('give encoding = "utf-16-le" under [layers.{layer}], or save the file as CSV UTF-8').format(
                    layer=layer
                ),
                cure=Cure.setting(f"layers.{layer}", "encoding", "utf-16-le"),
            )
        )
    found = choose_encoding([data])
    if found is None:
        raise InputError(_not_in(_("UTF-8 or GB18030"), settings.file))
    return found


def _not_in(encoding: str, file: str) -> Fault:
    return Fault(
        _("the text is not {encoding}").format(encoding=encoding),
        where=file,
        todo=_("give the right encoding, or save the file as CSV UTF-8"),
    )


def named_sources(settings: LayerSettings) -> frozenset[str]:
    """Return the file's names that study.toml gives, in the form of ``key``.

    Examples
    --------
    >>> sorted(named_sources(LayerSettings(file="a.csv", fields={"name": "名称"})))
    ['名称']
    """
    return frozenset(key(source.source) for source in settings.fields.values() if source.source)


def table_of(records: Sequence[Sequence[str]], settings: LayerSettings, layer: str, **known: Any) -> RawTable:
    """Make a table of the rows of a sheet or text.

    Parameters
    ----------
    records
        Every row, cells as text.
    settings
        What study.toml says of the layer.
    layer
        Name of the layer.
    **known
        What else is known of the file: fields of :class:`~planner.layers.files.rawtables.RawTable`.

    Returns
    -------
    RawTable
        The rows of data.

    Raises
    ------
    InputError
        Nothing stands in the file, or cells stand beyond the header.

    Examples
    --------
    >>> table_of([["room_id"], ["R1"]], LayerSettings(file="a.csv"), "rooms").rows.tolist()
    [2]
    """
    found = find_records(records, file=settings.file, layer=layer, fields=named_sources(settings))
    columns: list[Any] = list(zip(*found.cells, strict=True)) or [()] * len(found.names)
    cells = pd.DataFrame({place: pd.Series(values, dtype="str") for place, values in enumerate(columns)})
    return RawTable(found.names, cells, found.rows, left_out=found.left_out, units=found.units, **known)
