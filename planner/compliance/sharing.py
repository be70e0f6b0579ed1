"""Divide rooms that several compounds share, so that no square metre is counted twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.compliance.amounts import UNKNOWN, Amounts, number_text
from planner.compliance.rules import NO, Binding, Counts
from planner.i18n import _
from planner.standards import Profile


@dataclass(frozen=True)
class Shared:
    """A room that serves several compounds.

    Parameters
    ----------
    room
        Its id.
    size
        Its area as a whole amount.
    owners
        Positions of its compounds.
    """

    room: str
    size: int
    owners: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Shares:
    """What shared rooms give to n compounds.

    Parameters
    ----------
    area : int64 array (n,)
        Part of shared rooms that counts for each.
    below : int64 array (n,)
        Number of shared rooms that are too small.
    relieved : bool array (n,)
        Who takes part in joint provision, so that the minimum holds for the room and no longer for each compound.
    unknown : bool array (n,)
        Whose part cannot be told.
    words
        Steps of the arithmetic, by position.
    """

    area: Amounts
    below: NDArray[np.int64]
    relieved: NDArray[np.bool_]
    unknown: NDArray[np.bool_]
    words: dict[int, list[str]]


def divide(
    rooms: Sequence[Shared],
    profile: Profile,
    binding: Binding,
    due: tuple[Amounts, Amounts],
    least: Amounts,
    own: Counts,
    *,
    ids: Sequence[str],
    lenient: bool,
    joint: bool,
) -> Shares:
    """Divide shared rooms among the compounds that a profile binds, in proportion to what each must have.

    Where the document lets small compounds provide together, one that shares a room of at least the minimum with
    another that is bound needs only what the ratio asks of it, and the room is divided by these parts: the group as a
    whole needs the larger of the minimum and the ratio times its homes, and its compounds pass together. Elsewhere each
    needs its own minimum.
    What a compound has of its own, or more shared rooms, never lessen what another gets.

    Parameters
    ----------
    rooms
        The shared rooms.
    profile, binding
        The profile, and whom it binds.
    due
        What the ratio alone asks for, and what is due.
    least : int64 array (n,)
        What one site must reach for each compound.
    own
        What each compound has for itself.
    ids
        Of the compounds.
    lenient
        As for `planner.compliance.rules.judge`.
    joint
        Whether the document's passage on joint provision is used.
    """
    size = least.size
    area, below = np.zeros(size, np.int64), np.zeros(size, np.int64)
    relieved, unknown = np.zeros(size, bool), np.zeros(size, bool)
    enough = own.enough.copy()
    together = np.array([*(rule.joint is not None for rule in profile.provisions), False])  # -1 takes the last
    for room in rooms:
        owners = np.array(room.owners)
        large = room.size >= least[owners]
        enough[owners] += large
        below[owners] += ~large
        may = together[binding.provision[owners]]
        several = np.count_nonzero(binding.applies[owners] != NO) > 1
        relieved[owners] |= large & may & (joint and several)
    part, required = due
    weight = np.where(relieved, part, required)
    words: dict[int, list[str]] = {}
    for room in rooms:
        owners = np.array(room.owners)
        counts = (enough[owners] > 0) if lenient else room.size >= least[owners]
        among = owners[counts & (binding.applies[owners] != NO)]
        if among.size == 0:
            continue
        if (weight[among] == UNKNOWN).any():
            unknown[among] = True
            continue
        for owner, amount in zip(
            among.tolist(), split(room.size, weight[among], [ids[at] for at in among]), strict=True
        ):
            area[owner] += amount
            text = _("of room {room} ({size}), shared by {number}, its part is {part}")
            words.setdefault(owner, []).append(
                text.format(
                    room=room.room,
                    size=number_text(room.size, profile.unit),
                    number=len(room.owners),
                    part=number_text(amount, profile.unit),
                )
            )
    for owner in np.flatnonzero(relieved).tolist():
        if owner in words:
            words[owner].insert(0, _("provided jointly: the minimum holds for the shared room, the ratio for each"))
    return Shares(area, below, relieved, unknown, words)


def split(size: int, weights: Amounts, ids: Sequence[str]) -> list[int]:
    """Divide a size by weights into whole parts that add up to it; the rest goes to the largest, the first by id."""
    total = max(sum(weights.tolist()), 1)
    parts = [size * weight // total for weight in weights.tolist()]
    first = min(range(len(parts)), key=lambda at: (-int(weights[at]), ids[at]))
    parts[first] += size - sum(parts)
    return parts
