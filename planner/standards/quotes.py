"""Look every quote up in the texts of the documents, where these are at hand."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from planner.errors import Fault
from planner.i18n import _
from planner.standards.loading import Standards

_TAG = re.compile(r"</?su[bp]>")


def plain(text: str) -> str:
    """Return a text without blanks and line breaks, ``m<sup>2</sup>`` and ``m²`` alike.

    Examples
    --------
    >>> plain("不少于 350m<sup>2</sup>") == plain("不少于350m²")
    True
    """
    return "".join(unicodedata.normalize("NFKC", _TAG.sub("", text)).split())


def missing_quotes(standards: Standards, texts: Path) -> list[Fault]:
    """Tell the quotes that do not stand literally in their document.

    Parameters
    ----------
    standards
        The documents.
    texts
        Folder with the text of each document as ``ID.txt``; a document without one is passed over.

    Returns
    -------
    list of Fault
        Empty when every quote was found.

    Examples
    --------
    >>> from planner.standards import load
    >>> missing_quotes(load(), Path("no/such/folder"))
    []
    """
    faults = []
    for document in standards.documents:
        file = texts / f"{document.id}.txt"
        if not file.is_file():
            continue
        text = plain(file.read_text(encoding="utf-8"))
        quotes = [(f"{circle.id}", circle.quote) for circle in document.circles]
        quotes += [(f"{circle.id}: {t.indicator}", t.quote) for circle in document.circles for t in circle.targets]
        quotes += [
            (f"{profile.id}: {provision.id}", passage.quote)
            for profile in document.profiles
            for provision in profile.provisions
            for passage in provision.passages
        ]
        faults += [
            Fault(
                _("the quote does not stand in the document: {quote}").format(quote=quote), where=f"{file.name}, {at}"
            )
            for at, quote in quotes
            if plain(quote) not in text
        ]
    return faults
