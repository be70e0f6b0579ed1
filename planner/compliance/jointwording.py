"""Put joint provision into words: the arithmetic of each room, and what must be said with a proposal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.compliance.amounts import exact
from planner.compliance.assumptions import joint_assumption
from planner.compliance.pairing import Ints
from planner.compliance.participants import Supplier, Town
from planner.compliance.wording import amount_text, crossovers, ratio_text
from planner.i18n import _

if TYPE_CHECKING:
    from planner.study import Study

_MOST = 12


def _parts(study: Study, town: Town, at: Ints) -> list[str]:
    """Spell out what the ratio asks of each member."""
    compounds = study.layers["compounds"]
    told = []
    for row in at[:_MOST].tolist():
        rule, position = town.rules[row], int(town.rows[row])
        size = int(exact([float(compounds[rule.ratio.of].iloc[position])], rule.ratio.of)[0])
        text = _("{id}: {size} × {ratio} = {part}")
        told.append(
            text.format(
                id=town.ids[position],
                size=amount_text(size, rule.ratio.of),
                ratio=ratio_text(rule),
                part=amount_text(int(town.part[position]), "m2"),
            )
        )
    if at.size > _MOST:
        told.append(_("and {number} more").format(number=at.size - _MOST))
    return told


def new_words(study: Study, town: Town, at: Ints, host: str) -> str:
    """Spell out how large a new room is, and what its members would need one by one.

    Parameters
    ----------
    study, town
        The study, and who takes part.
    at
        Rows of the members.
    host
        Where the room stands.
    """
    need = int(town.need[at].sum())
    room, alone = max(need, town.minimum), sum(max(int(one), town.minimum) for one in town.need[at])
    steps = _parts(study, town, at)
    if at.size == 1 and not (town.small[at[0]] or town.bare[at[0]]):
        steps.append(_("short by {amount}").format(amount=amount_text(need, "m2")))
    elif at.size > 1:
        steps.append(_("together: {amount}").format(amount=amount_text(need, "m2")))
    steps.append(_("at least {amount} for every single room").format(amount=amount_text(town.minimum, "m2")))
    steps.append(_("one new room at {host}: {amount}").format(host=host, amount=amount_text(room, "m2")))
    if at.size > 1:
        text = _("one by one: {alone}; saved: {saved}")
        steps.append(text.format(alone=amount_text(alone, "m2"), saved=amount_text(alone - room, "m2")))
    return "; ".join(steps)


def existing_words(study: Study, town: Town, at: Ints, supplier: Supplier) -> str:
    """Spell out that an existing room has enough to spare for its new members."""
    hosts = _(", ").join(sorted(str(town.ids[row]) for row in supplier.owners))
    name = _("rooms of {host}").format(host=hosts)
    if supplier.room:
        name = _("room {room} of {host}").format(room=supplier.room, host=hosts)
    text = _("{name}: {size} − {own} that the ratio asks for there = {spare} to spare")
    own = supplier.size - supplier.spare
    amounts = {
        "size": amount_text(supplier.size, "m2"),
        "own": amount_text(own, "m2"),
        "spare": amount_text(supplier.spare, "m2"),
    }
    steps = [text.format(name=name, **amounts), *_parts(study, town, at)]
    steps.append(_("together: {amount}").format(amount=amount_text(int(town.need[at].sum()), "m2")))
    steps.append(_("nothing new is needed"))
    return "; ".join(steps)


def notes_of(town: Town, *, walk_m: float, walk_min: float, assumed: bool) -> list[str]:
    """Tell what a proposal rests on, and who is left out of it.

    Parameters
    ----------
    town
        Who takes part.
    walk_m, walk_min
        The longest walk.
    assumed
        Whether nobody gave it.
    """
    minimum = amount_text(town.minimum, "m2")
    walk = _("a room is at most {metres:,.0f} m ({minutes:.1f} min) from each of its members, on the streets")
    duty = _("a shared room has the larger of {minimum} and what the ratio asks of all its members together")
    words = [
        _("a proposal only: it decides nothing, and the room itself, its owner and its funding are to be settled"),
        walk.format(metres=walk_m, minutes=walk_min),
    ]
    if assumed:
        words.append(str(joint_assumption().source))
    words += [
        _("small is whose ratio asks for less than {minimum}").format(minimum=minimum),
        *crossovers(town.profile),
        duty.format(minimum=minimum),
        _("the document says neither who is small nor how large a shared room must be: this is our reading"),
        _("a large compound that is short and has no room yet may take in small neighbours; it does not go elsewhere"),
        _("existing rooms are used first, as far as they exceed what the ratio asks of the compounds they serve"),
    ]
    text = _(
        "{part} compounds take part; the others: not bound {free}, enough {fine}, not decided {open_}, "
        "short by a rule without joint provision {bare}"
    )
    verdicts = town.verdicts
    words.append(
        text.format(
            part=town.rows.size,
            free=verdicts.get("not_applicable", 0),
            fine=verdicts.get("compliant", 0),
            open_=verdicts.get("unknown", 0),
            bare=town.without,
        )
    )
    of = _("{name}: {text}")
    return [*words, *(of.format(name=town.profile.id, text=note) for note in town.profile.notes)]
