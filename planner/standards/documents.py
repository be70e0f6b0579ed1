"""Hold one document with everything that this program takes from it."""

from __future__ import annotations

from planner.standards.model import Circle, Source
from planner.standards.provisions import Profile


class Document(Source):
    """One document: its head, its circles and the profiles that read its provisions.

    Examples
    --------
    >>> from planner.standards import load
    >>> document = load().documents[0]
    >>> [circle.clause for circle in document.circles], [profile.id for profile in document.profiles]
    (['二'], ['cz-14-2023', 'cz-14-2023-permille'])
    """

    circles: tuple[Circle, ...] = ()
    profiles: tuple[Profile, ...] = ()
