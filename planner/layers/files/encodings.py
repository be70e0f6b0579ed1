"""Find the encoding of text: what study.toml says, what the file says, UTF-8 where it fits, else GB18030."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from planner.i18n import _
from planner.layers.files.rawtables import Remark

log = logging.getLogger(__name__)

# GB2312, GBK and code page 936 are parts of GB18030, Windows writes 950 where it says Big5.
_KNOWN = {
    "936": "gb18030",
    "54936": "gb18030",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "65001": "utf-8",
    "utf8": "utf-8",
    "950": "cp950",
    "big5": "cp950",
    "iso88591": "latin-1",
    "88591": "latin-1",
    "1252": "cp1252",
    "932": "cp932",
    "949": "cp949",
    "437": "cp437",
    "850": "cp850",
}
# The language byte of a dBASE table; 0 and 57 hex (whatever the machine used) say nothing.
_LANGUAGES = {
    0x01: "cp437",
    0x02: "cp850",
    0x03: "cp1252",
    0x13: "cp932",
    0x4D: "gb18030",
    0x4E: "cp949",
    0x4F: "cp950",
    0x78: "cp950",
    0x79: "cp949",
    0x7A: "gb18030",
    0x7B: "cp932",
}
# What must be seen before the file's own word is overruled, and how much of a long file is looked at.
_PLAINLY, _BETTER, _SAMPLE = 0.75, 0.15, 20_000
_CHINESE = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


@dataclass(frozen=True)
class Encoding:
    """The encoding of a file's text.

    Parameters
    ----------
    name
        Python's name of it.
    why
        How it was found, in the reader's language; empty where nothing needs telling.
    overruled
        What the file says of itself, where that is not so.
    """

    name: str
    why: str = ""
    overruled: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.why})" if self.why else self.name

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What the ledger tells of the file."""
        if not self.overruled:
            return ()
        what = _("the file says that its text is {stated}, but read so it makes no words; read as {encoding}")
        return (Remark(0, what.format(stated=self.overruled, encoding=self.name)),)


def known_encoding(stated: str) -> str | None:
    """Return Python's name of an encoding as a .cpg file writes it, None where it says nothing that is known.

    Examples
    --------
    >>> known_encoding("ANSI 936"), known_encoding("UTF-8"), known_encoding("whatever")
    ('gb18030', 'utf-8', None)
    """
    plain = re.sub(r"^(?:ansi|oem|cp|windows|ldid)|[^a-z0-9]", "", stated.strip().casefold())
    return _KNOWN.get(re.sub(r"^(?:ansi|oem|cp|windows)", "", plain))


def language_of(byte: int) -> str | None:
    """Return the encoding that the language byte of a dBASE table states.

    Examples
    --------
    >>> language_of(0x4D), language_of(0x57)
    ('gb18030', None)
    """
    return _LANGUAGES.get(byte)


def decode(text: bytes, encoding: str) -> str:
    """Decode a name or cell that may be cut inside its last character, which is dropped.

    Parameters
    ----------
    text
        The bytes.
    encoding
        Their encoding.

    Raises
    ------
    UnicodeDecodeError
        The bytes are not in that encoding.

    Examples
    --------
    >>> decode("住宅总建筑面积".encode()[:10], "utf-8")
    '住宅总'
    """
    try:
        return text.decode(encoding)
    except UnicodeDecodeError as error:
        cut = error.end == len(text) and error.end - error.start < 4 and error.start > 0
        if not cut or "invalid" in error.reason:
            raise
        return text[: error.start].decode(encoding)


def likeness(text: str) -> float:
    """Return how much of the text beyond ASCII is what Chinese tables hold, from 0 to 1.

    Common characters and punctuation count whole, rare ones half, everything else nothing: read in a wrong
    encoding, Chinese text turns into rare characters and foreign letters.

    Examples
    --------
    >>> wrong = "小区名称".encode().decode("gb18030")
    >>> likeness("小区名称"), likeness(wrong) < 0.5
    (1.0, True)
    """
    beyond = [letter for letter in text if letter > "\x7f"]
    common = _common()
    weights = [1.0 if letter in common else 0.5 if _CHINESE.match(letter) else 0.0 for letter in beyond]
    return sum(weights) / len(weights) if weights else 1.0


@cache
def _common() -> frozenset[str]:
    """Return punctuation, wide letters and the 3,755 most used characters of GB 2312, and what units need."""
    cells = bytearray()
    for row in (*range(0xA1, 0xA4), *range(0xB0, 0xD8)):
        for column in range(0xA1, 0xFF):
            cells += bytes((row, column))
    return frozenset(cells.decode("gb2312", errors="ignore")) | frozenset("²³×·°±㎡䶮")


def choose_encoding(
    texts: Iterable[bytes], *, stated: str | None = None, word: str = "", source: str = ""
) -> Encoding | None:
    """Choose the encoding of names and cells.

    Parameters
    ----------
    texts
        Names and cells.
    stated
        Encoding that the file states, None where it states none.
    word
        How the file says it (``UTF-8``).
    source
        What says it (``.cpg``).

    Returns
    -------
    Encoding or None
        What the file states, unless the text does not fit it or is plainly another; else UTF-8 where all of it
        fits, else GB18030; None where nothing fits.

    Examples
    --------
    >>> cells = ["小区名称".encode("gb18030"), b"1200"]
    >>> choose_encoding(cells).name, choose_encoding(cells, stated="utf-8", word="UTF-8").overruled
    ('gb18030', 'UTF-8')
    """
    beyond = [text for text in texts if not text.isascii()]
    if not beyond:
        return Encoding(stated or "utf-8")
    scores = {}
    for encoding in dict.fromkeys([*([stated] if stated else []), "utf-8", "gb18030"]):
        score = _score(beyond, encoding)
        if score is not None:
            scores[encoding] = score
    if not scores:
        return None
    first = next(iter(scores))
    best = max(scores, key=lambda encoding: scores[encoding])
    chosen = best if scores[best] >= max(_PLAINLY, scores[first] + _BETTER) else first
    if stated is None:
        return Encoding(chosen, "" if chosen == "utf-8" else _("found: the file states none"))
    if chosen == stated:
        return Encoding(chosen, _("as {source} says").format(source=source))
    return Encoding(chosen, _("scored; {source} says {stated}").format(source=source, stated=word), word)


def _score(texts: Sequence[bytes], encoding: str) -> float | None:
    """Return how Chinese the texts are in an encoding, None where they are not in it."""
    decoded, length = [], 0
    for text in texts:
        try:
            one = decode(text, encoding)
        except UnicodeError:
            return None
        if length < _SAMPLE:
            decoded.append(one[: 10 * _SAMPLE])
            length += len(text)
    return likeness("".join(decoded))
