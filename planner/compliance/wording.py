"""Put a verdict into words: the arithmetic spelled out, and what must be known beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from planner.compliance.amounts import UNKNOWN, Amounts, number_text, whole
from planner.compliance.rules import COMPLIANT, NOT_APPLICABLE, REASONS, SHORT, Judged, Sites
from planner.i18n import _
from planner.standards import Profile, Provision
from planner.standards.words import OBTAINED_WORDS, OF_WORDS, RANK_WORDS, UNIT_WORDS

_MOST_ROOMS = 12


def amount_text(amount: int, unit: str) -> str:
    """Write an amount with its unit, exactly as it was compared.

    Examples
    --------
    >>> amount_text(349995000, "m2")
    '349.995 平方米'
    """
    return f"{number_text(amount, unit)} {_(UNIT_WORDS[unit])}"


def ratio_text(rule: Provision) -> str:
    """Write a ratio as people do: ``3 %``, or ``20 m2 per 100 households``.

    Examples
    --------
    >>> from planner.i18n import language
    >>> from planner.standards import profile
    >>> with language("en"):
    ...     [ratio_text(rule) for rule in profile("hunan-2025").provisions]
    ['3 ‰', '20 m2 per 100 households']
    """
    ratio = rule.ratio
    if ratio.per is None:
        return _("{value} {sign}").format(value=ratio.value, sign=ratio.unit)
    return _("{value} {unit} per {number} {measure}").format(
        value=ratio.value, unit=_(UNIT_WORDS[ratio.unit]), number=ratio.per, measure=_(UNIT_WORDS[ratio.of])
    )


def arithmetic(
    profile: Profile,
    judged: Judged,
    sizes: Mapping[str, Amounts],
    sites: Sites,
    remarks: Mapping[int, Sequence[str]],
    *,
    openings: Mapping[int, str],
    listed: Sequence[bool] | None = None,
) -> list[str]:
    """Spell out how each verdict comes about; empty where nothing could be worked out.

    Parameters
    ----------
    profile, judged
        The profile and what it says of n objects.
    sizes, sites
        What it was worked out from.
    remarks
        Further steps of some objects, by position.
    openings
        What the words of some objects begin with.
    listed
        Of which objects the rooms in `sites` are all that counted, so that they may be listed; left out, of all.

    Returns
    -------
    list of str
        One for each object.
    """
    writers = [_Writer(rule, profile.unit) for rule in profile.provisions]
    measured = [sizes[rule.ratio.of].tolist() if rule.ratio.of in sizes else [] for rule in profile.provisions]
    offsets, areas = sites.offsets.tolist(), sites.size.tolist()
    columns = (judged.part, judged.required, judged.counted, judged.shortfall, judged.below)
    amounts = zip(*(column.tolist() for column in columns), strict=True)
    texts = []
    codes = zip(judged.binding.provision.tolist(), judged.verdict.tolist(), amounts, strict=True)
    for row, (number, verdict, figures) in enumerate(codes):
        if number < 0 or figures[1] == UNKNOWN or verdict == NOT_APPLICABLE:
            texts.append("")
            continue
        rooms = areas[offsets[row] : offsets[row + 1]] if listed is None or listed[row] else None
        between = remarks.get(row, ()) if remarks else ()
        text = writers[number].text(measured[number][row], figures, rooms, verdict, between)
        texts.append(f"{openings[row]}; {text}" if row in openings else text)
    return texts


class _Writer:
    """Writes the arithmetic of one provision; what is the same in every row is put into words once."""

    def __init__(self, rule: Provision, unit: str) -> None:
        self.unit, self.of = unit, rule.ratio.of
        amount = "{} " + _(UNIT_WORDS[unit])
        product = _("{size} × {ratio} = {part}").format(
            size="{} " + _(UNIT_WORDS[self.of]), ratio=ratio_text(rule), part=amount
        )
        self.due = "; ".join([product, *_least(rule), _("required: {amount}").format(amount=amount)])
        self.counted = _("counted: {amount}").format(amount=amount)
        self.none, self.enough = _("there is none"), _("enough")
        self.below = _("{number} below the minimum")
        self.short = _("short by {amount}").format(amount=amount)

    def text(
        self,
        size: int,
        figures: tuple[int, int, int, int, int],
        rooms: Sequence[int] | None,
        verdict: int,
        between: Sequence[str],
    ) -> str:
        part, required, counted, shortfall, below = figures
        unit = self.unit
        due = self.due.format(number_text(size, self.of), number_text(part, unit), number_text(required, unit))
        steps = [due, *between]
        if counted != UNKNOWN:
            told = []
            if rooms and len(rooms) <= _MOST_ROOMS:
                told.append(" + ".join(number_text(room, unit) for room in sorted(rooms, reverse=True)))
            elif rooms is not None and not rooms and not counted:
                told.append(self.none)
            if below:
                told.append(self.below.format(number=below))
            steps.append(self.counted.format(number_text(counted, unit)) + (f" ({', '.join(told)})" if told else ""))
        if verdict == COMPLIANT:
            steps.append(self.enough)
        elif verdict == SHORT:
            steps.append(self.short.format(number_text(shortfall, unit)))
        return "; ".join(steps)


def _least(rule: Provision) -> list[str]:
    if rule.minimum is None:
        return []
    least = amount_text(whole(rule.minimum.value, rule.minimum.unit), rule.minimum.unit)
    site = rule.minimum.each == "site"
    text = _("at least {amount} for every single room") if site else _("at least {amount} in all")
    return [text.format(amount=least)]


def notes(
    profile: Profile, judged: Judged, as_of: date | None, ranked_above: Sequence[tuple[NDArray[np.bool_], Profile]]
) -> tuple[NDArray[np.int64], list[str]]:
    """Tell beside each verdict why it is open, how the text was obtained, and what else applies.

    Parameters
    ----------
    profile, judged
        The profile and what it says of n objects.
    as_of
        Day of the study, for targets that are past; None leaves them out.
    ranked_above
        Profiles of a higher rank, each with a bool array (n,) of whom it binds as well.

    Returns
    -------
    codes, texts
        Which text stands beside each object, shape (n,), and the texts.
    """
    provision, reason = judged.binding.provision, judged.binding.reason
    code = (provision.astype(np.int64) + 1) * len(REASONS) + reason
    for mask, _profile in ranked_above:
        code = code * 2 + (mask & (judged.binding.applies == 1))
    _codes, first, place = np.unique(code, return_index=True, return_inverse=True)
    texts = []
    for row in first:
        rule = profile.provisions[provision[row]] if provision[row] >= 0 else None
        words = [_(text) for text in (list(REASONS.values())[reason[row]], _doubt(profile)) if text]
        if rule is not None and judged.verdict[row] != NOT_APPLICABLE:
            words += _about(rule, as_of)
        for mask, above in ranked_above:
            if mask[row] and judged.binding.applies[row] == 1:
                rank = _(RANK_WORDS[above.document.rank])
                text = _("{profile} applies as well and ranks above it ({rank})")
                words.append(text.format(profile=above.id, rank=rank))
        texts.append(_("; ").join(words))
    return place.astype(np.int64), texts


def _doubt(profile: Profile) -> str:
    """Return the words for a text that is not the printed one."""
    return "" if profile.obtained == "printed" else OBTAINED_WORDS[profile.obtained]


def _about(rule: Provision, as_of: date | None) -> list[str]:
    words = []
    if rule.binding == "encouraged":
        words.append(_("encouraged, not required"))
    if rule.due is not None and as_of is not None:
        text = _("was to be reached by {day}") if as_of > rule.due else _("to be reached by {day}")
        words.append(text.format(day=rule.due.isoformat()))
    return words


def crossovers(profile: Profile) -> list[str]:
    """Tell from which size on the ratio of each rule asks for more than its minimum.

    Examples
    --------
    >>> from planner.i18n import language
    >>> from planner.standards import profile
    >>> with language("en"):
    ...     crossovers(profile("cz-14-2023"))[0]
    'cz-14-2023, new: 3 % asks for more than 350.00 m2 above about 11,667 m2'
    """
    told = []
    for rule in profile.provisions:
        if rule.minimum is None or rule.crossover is None:
            continue
        text = _("{profile}, {of}: {ratio} asks for more than {minimum} above about {size}")
        told.append(
            text.format(
                profile=profile.id,
                of=_(OF_WORDS[rule.of]),
                ratio=ratio_text(rule),
                minimum=amount_text(whole(rule.minimum.value, rule.minimum.unit), rule.minimum.unit),
                size=f"{float(rule.crossover):,.0f} {_(UNIT_WORDS[rule.ratio.of])}",
            )
        )
    return told
