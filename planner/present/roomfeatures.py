"""Draw provision on the board: compounds in the colour of their verdict, proposals to share rooms, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from planner.compliance.amounts import UNKNOWN, exact
from planner.compliance.wording import amount_text
from planner.i18n import N_, _
from planner.present.colours import room_word, swatch
from planner.present.drawing import Feature, Projection
from planner.present.offline import escape
from planner.present.popups import popup_row, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.compliance import Compliance, JointGroups
    from planner.standards import Profile
    from planner.study import Study

KINDS: Mapping[str, str] = {
    "shared": N_("one new room for {number} compounds"),
    "existing": N_("existing rooms also serve {number} compounds"),
}
"""What is proposed of a group, to be translated."""


def plain(text: str) -> str:
    """Return text of the arithmetic as it is printed, square metres with their sign.

    Examples
    --------
    >>> plain("350.00 m2 at C1")
    '350.00 m² at C1'
    """
    return text.replace(" m2", " m²")


def area_text(value: Any, unit: str = "m2") -> str:
    """Return an amount with its unit and all the digits that were compared.

    Examples
    --------
    >>> from planner.i18n import language
    >>> with language("en"):
    ...     area_text(349.995)
    '349.995 m²'
    """
    amount = UNKNOWN if pd.isna(value) else int(exact([float(value)], unit)[0])
    return _("not known") if amount == UNKNOWN else plain(amount_text(amount, unit))


def homes(study: Study, projection: Projection, rooms: Compliance) -> list[Feature]:
    """Return the compounds in the colour of the headline's verdict, each with its arithmetic and the other verdicts.

    Parameters
    ----------
    study
        Its compounds give names and shapes.
    projection
        Carries the study's metres to degrees.
    rooms
        What every profile says of them.
    """
    head = rooms.profiles[0]
    others = [(profile, rooms.of(profile.id)) for profile in rooms.profiles[1:]]
    own = rooms.of()
    features = []
    for row in study.layers["compounds"].itertuples():
        if row.geometry is None or row.geometry.is_empty or row.Index not in own.index:
            continue
        said = own.loc[row.Index]
        name = text_of(row.name) or str(row.Index)
        place = _(", ").join(part for part in (text_of(row.community), text_of(row.street)) if part)
        beside = [(profile, table.loc[row.Index]) for profile, table in others]
        tip = f"{escape(name)} · {escape(room_word(said['verdict']))}"
        features.append(
            projection.feature(
                row.geometry,
                look=f"room-{said['verdict']}",
                tip=tip,
                popup=_popup(head, said, beside, name=name, place=place),
                foot=said["status"],
            )
        )
    return features


def feet(rooms: Compliance) -> dict[str, str]:
    """Return what stands under a popup, by what a compound was taken for: the clause and its words."""
    profile = rooms.profiles[0]
    found = {rule.of: rule for rule in reversed(profile.provisions)}
    words: dict[str, list[tuple[str, str]]] = {
        of: [(one.clause, one.quote) for one in (rule, *rule.also)] for of, rule in found.items()
    }
    words[""] = [(rule.clause, rule.quote) for rule in profile.provisions]
    return {of: _foot(profile, passages) for of, passages in words.items()}


def _foot(profile: Profile, passages: list[tuple[str, str]]) -> str:
    number = _("{number}, clause {clause}")
    parts = "".join(
        f"<b>{escape(number.format(number=profile.document.number, clause=clause))}</b><q>{escape(quote)}</q>"
        for clause, quote in passages
    )
    return f"<footer>{parts}</footer>"


def _popup(profile: Profile, said: Any, beside: list[tuple[Profile, Any]], *, name: str, place: str) -> str:
    unit = profile.unit
    rows = [popup_row(_("Headline"), escape(plain(profile.name)))]
    if said["verdict"] != "not_applicable":
        rows += [
            popup_row(_("Required"), f"<b>{escape(area_text(said[f'required_{unit}'], unit))}</b>"),
            popup_row(_("Counted"), f"<b>{escape(area_text(said[f'counted_{unit}'], unit))}</b>"),
            popup_row(_("Shortfall"), f"<b>{escape(area_text(said[f'shortfall_{unit}'], unit))}</b>"),
        ]
        if said["rooms_below_minimum"]:
            rows.append(popup_row(_("Rooms too small"), escape(f"{int(said['rooms_below_minimum']):,}")))
    steps = plain(text_of(said.get("arithmetic", "")))
    rows += [
        popup_row(_("Arithmetic"), "".join(f"<small>{escape(step)}</small>" for step in steps.split("; ") if step)),
        popup_row(_("Note"), escape(plain(text_of(said.get("note", ""))))),
        popup_row(_("Other readings"), "".join(_beside(other, row) for other, row in beside)),
    ]
    verdict = said["verdict"]
    look = f"room-{verdict}"
    return (
        f"<header><h3>{escape(name)}</h3><p>{escape(place)}</p>"
        f'<span class="verdict {look}">{swatch(look)}{escape(room_word(verdict))}</span></header>'
        f"<table>{''.join(rows)}</table>"
    )


def _beside(profile: Profile, row: Any) -> str:
    """Say what another profile says, with what is missing by it."""
    verdict = row["verdict"]
    words = room_word(verdict)
    if verdict == "short":
        missing = area_text(row[f"shortfall_{profile.unit}"], profile.unit)
        words = _("{verdict}, {amount} missing").format(verdict=words, amount=missing)
    return f'<span class="beside">{swatch(f"room-{verdict}")}<i>{escape(plain(profile.name))}</i>{escape(words)}</span>'


def shares(study: Study, projection: Projection, groups: JointGroups) -> list[Feature]:
    """Return the groups that share a room: lines from their homes to the host's, and the host.

    Parameters
    ----------
    study
        Its compounds give names.
    projection
        Carries the study's metres to degrees.
    groups
        The proposal; compounds that stay alone are left out.
    """
    names = study.layers["compounds"]["name"]
    place = dict(zip(study.layers["compounds"].index, study.homes.home, strict=True))
    edges, lines, dots = [], [], []
    for name, row in groups.groups.iterrows():
        if row["kind"] == "alone":
            continue
        popup, existing = _share_popup(groups, str(name), row, names), row["kind"] == "existing"
        title = _(KINDS[row["kind"]]).format(number=row["number"])
        tip = f"{escape(str(name))} · {escape(title)}"
        edges.append(projection.feature(row.geometry, look="share_edge"))
        look = "share_existing" if existing else "share"
        lines.append(projection.feature(row.geometry, look=look, tip=tip, popup=popup))
        hosts = sorted(set(groups.members.loc[groups.members["group_id"] == name, "host"]))
        look = "host_existing" if existing else "host"
        dots += [projection.feature(place[host], look=look, tip=tip, popup=popup) for host in hosts]
    return [*edges, *lines, *dots]


def _share_popup(groups: JointGroups, name: str, row: Any, names: pd.Series[Any]) -> str:
    def called(one: str) -> str:
        return f"{text_of(names.get(one, ''))} {one}".strip()

    members = groups.members[groups.members["group_id"] == name]
    walk = _("{name}: {metres:,.0f} m walk, its part {part}")
    lines = [
        walk.format(name=called(str(one)), metres=metres, part=area_text(part))
        for one, metres, part in zip(members.index, members["walk_m"], members["share_m2"], strict=True)
    ]
    told = "".join(f"<small>{escape(line)}</small>" for line in lines)
    hosts = _(", ").join(called(one) for one in row["host"].split(";"))
    steps = "".join(f"<small>{escape(step)}</small>" for step in plain(row["arithmetic"]).split("; "))
    rows = (
        popup_row(_("Room at"), escape(hosts)),
        popup_row(
            _("New room"), f"<b>{escape(area_text(row['room_m2']))}</b>" if row["room_m2"] else escape(_("none"))
        ),
        popup_row(_("One by one"), escape(area_text(row["alone_m2"]))),
        popup_row(_("Saved"), f"<b>{escape(area_text(row['saved_m2']))}</b>"),
        popup_row(_("Who shares"), told),
        popup_row(_("Arithmetic"), steps),
    )
    title = _(KINDS[row["kind"]]).format(number=row["number"])
    proposal = _("A proposal; it decides nothing.")
    return (
        f"<header><h3>{escape(name)} · {escape(title)}</h3><p>{escape(proposal)}</p></header>"
        f"<table>{''.join(rows)}</table>"
    )


def share_foot(groups: JointGroups) -> str:
    """Return what stands under every group's popup: the passage on joint provision."""
    return _foot(groups.profile, [(groups.clause, groups.quote)])
