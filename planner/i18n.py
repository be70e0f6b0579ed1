"""Give every word that a person reads in the reader's language: Chinese unless asked otherwise.

The source language is English; ``planner/locale`` holds the catalogues. The language belongs to the running
context (thread or task), not to the process, so two studies can speak two languages side by side.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

DEFAULT = "zh"
LANGUAGES = ("zh", "en")

_CATALOGUES = {"zh": "zh_CN"}
_language: ContextVar[str] = ContextVar("planner_language", default=DEFAULT)


@cache
def _catalogue(lang: str) -> gettext.NullTranslations:
    if lang not in _CATALOGUES:
        return gettext.NullTranslations()
    return gettext.translation("planner", Path(__file__).parent / "locale", languages=[_CATALOGUES[lang]])


def current() -> str:
    """Return the language in use: ``"zh"`` or ``"en"``.

    Examples
    --------
    >>> with language("en"):
    ...     current()
    'en'
    """
    return _language.get()


@contextmanager
def language(lang: str) -> Iterator[None]:
    """Speak a language inside a ``with`` block.

    Parameters
    ----------
    lang
        ``"zh"`` or ``"en"``.

    Raises
    ------
    ValueError
        The language has no catalogue.

    Examples
    --------
    >>> with language("zh"):
    ...     _("pass")
    '达标'
    """
    if lang not in LANGUAGES:
        raise ValueError(f"language {lang!r} is not one of {', '.join(LANGUAGES)}")
    token = _language.set(lang)
    try:
        yield
    finally:
        _language.reset(token)


def _(message: str) -> str:
    """Return a message in the language in use; English source text comes back as it is.

    Examples
    --------
    >>> with language("en"):
    ...     _("pass")
    'pass'
    """
    return _catalogue(_language.get()).gettext(message)


def N_(message: str) -> str:  # noqa: N802 (gettext's own name)
    """Mark a message for the catalogue without translating it yet.

    Examples
    --------
    >>> N_("pass")
    'pass'
    """
    return message
