"""Read the text of a shapefile's table, whatever encoding it is in and whatever it says of itself."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from planner.errors import Fault, InputError
from planner.i18n import _
from planner.layers.files.encodings import Encoding, choose_encoding, decode, known_encoding, language_of
from planner.layers.files.rawtables import Remark
from planner.layers.settings import LayerSettings

log = logging.getLogger(__name__)

# Where the header of a dBASE table has its language byte.
_LANGUAGE_AT = 29


@dataclass(frozen=True, eq=False)
class Texts:
    """A table whose names and texts have been decoded.

    Parameters
    ----------
    table
        The table.
    encoding
        Encoding and how it was found.
    remarks
        What is to be told of it.
    """

    table: pa.Table
    encoding: str
    remarks: tuple[Remark, ...]


def read_dbf_texts(table: pa.Table, path: Path, settings: LayerSettings) -> Texts:
    """Decode the names and texts of a shapefile's table.

    Parameters
    ----------
    table
        As GDAL reads it when it is told that the text is Latin-1: every byte is a character.
    path
        The ``.shp``.
    settings
        What study.toml says of the layer.

    Returns
    -------
    Texts
        Names and cells that are cut inside their last character are read without it.

    Raises
    ------
    InputError
        The text is not in the encoding that study.toml gives.
    """
    columns = {
        place: column.combine_chunks().dictionary_encode()
        for place, column in enumerate(table.columns)
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    }
    names = [_raw(name) for name in table.column_names]
    values = {place: [_raw(text) for text in column.dictionary.to_pylist()] for place, column in columns.items()}
    texts = [*names, *(text for column in values.values() for text in column)]
    encoding = _chosen(texts, path, settings)
    log.info("%s: text read as %s", settings.file, encoding)
    lost = _Lost()
    for place, column in columns.items():
        words = pa.array([lost.decoded(text, encoding.name) for text in values[place]], type=pa.string())
        table = table.set_column(place, table.column_names[place], pc.take(words, column.indices))
    table = table.rename_columns([lost.decoded(name, encoding.name) for name in names])
    return Texts(table, str(encoding), encoding.remarks + lost.remarks(encoding.name))


def _raw(text: str) -> bytes:
    return text.encode("latin-1", errors="replace")


class _Lost:
    """Count the texts that even the best encoding does not fit."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def decoded(self, text: bytes, encoding: str) -> str:
        try:
            return decode(text, encoding)
        except UnicodeDecodeError:
            self.texts.append(text.decode(encoding, errors="replace"))
            return self.texts[-1]

    def remarks(self, encoding: str) -> tuple[Remark, ...]:
        if not self.texts:
            return ()
        what = _("{count} texts are not whole in {encoding}, for example “{text}”")
        return (Remark(0, what.format(count=len(self.texts), encoding=encoding, text=self.texts[0])),)


def _chosen(texts: list[bytes], path: Path, settings: LayerSettings) -> Encoding:
    if settings.encoding:
        try:
            for text in texts:
                decode(text, settings.encoding)
        except UnicodeError as error:
            raise InputError(
                Fault(
                    _("the text is not {encoding}").format(encoding=settings.encoding),
                    where=settings.file,
                    todo=_("take encoding out, or give the right one; it is mostly gb18030"),
                )
            ) from error
        return Encoding(settings.encoding, _("as study.toml says"))
    stated, word, source = _stated(path)
    found = choose_encoding(texts, stated=stated, word=word, source=source)
    return found or Encoding("gb18030", _("nothing fits wholly"))


def _stated(path: Path) -> tuple[str | None, str, str]:
    """Return the encoding that the file states, how it says it, and where."""
    parts = {part.suffix.lower(): part for part in path.parent.iterdir() if part.stem.lower() == path.stem.lower()}
    if ".cpg" in parts:
        word = parts[".cpg"].read_text(encoding="latin-1").strip()
        if known := known_encoding(word):
            return known, word, ".cpg"
    language = parts[".dbf"].read_bytes()[_LANGUAGE_AT]
    return language_of(language), f"LDID {language:#04x}", ".dbf"
