"""Tell what reading a study found: as a report for people, and as files."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from planner.errors import Fault
from planner.i18n import N_, _, language
from planner.layers import LAYERS
from planner.layers.headers.consequences import without_column, without_layer
from planner.layers.places.datums import crs_words
from planner.present.outputs import MANIFEST, check_free, sha256, staged
from planner.present.tables import write_csv
from planner.settings import SETTINGS_FILE
from planner.version import __version__

if TYPE_CHECKING:
    from planner.checking import Check, LayerCheck, Problem

_FILES = ("check.json", "check.txt", "ledger.csv", MANIFEST)
_WIDTH = 120
_MOST_ROWS = 5
_HOW = {
    "fields": N_("named in study.toml"),
    "contract": N_("its own name"),
    "alias": N_("known name"),
    "spare": N_("known name, used where there is no other"),
    "gbk_cut": N_("known name, cut to ten bytes in GBK"),
    "utf8_cut": N_("known name, cut to ten bytes in UTF-8"),
    "doubled": N_("known name, cut and numbered"),
}
_PLACES = {
    "lon": N_("longitude"),
    "lat": N_("latitude"),
    "x": N_("easting"),
    "y": N_("northing"),
    "geometry": N_("shape as WKT"),
}
_ACTIONS = {"set_aside": N_("set aside"), "mended": N_("mended"), "doubted": N_("in doubt")}


def report(check: Check) -> RenderableType:
    """Put what was found into words and tables, in the study's language.

    Parameters
    ----------
    check
        Result of `planner.check_study`.

    Returns
    -------
    rich renderable
        The layers one after another, the ledger by kind of problem, the faults with the lines that cure them.
    """
    with language(check.lang):
        return Group(*_parts(check))


def report_text(check: Check) -> str:
    """Return the report as plain text.

    Examples
    --------
    >>> import planner as pl
    >>> print(report_text(pl.check_study("data/sample", lang="en")).splitlines()[0])
    示例城区: it can be opened
    """
    page = io.StringIO()
    Console(file=page, width=_WIDTH, highlight=False, color_system=None).print(report(check))
    return "\n".join(line.rstrip() for line in page.getvalue().splitlines()) + "\n"


def write_check(check: Check, out: str | Path, *, force: bool = False) -> Path:
    """Write check.json, check.txt and ledger.csv into a folder.

    Parameters
    ----------
    check
        Result of `planner.check_study`.
    out
        The folder.
    force
        Replace what an earlier check left.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OutputExists
        Results stand there and ``force`` is not set.
    InputError
        Files stand there that are no results, or results of a run.

    Examples
    --------
    >>> import tempfile, planner as pl
    >>> out = write_check(pl.check_study("data/sample"), Path(tempfile.mkdtemp()) / "check")
    >>> sorted(path.name for path in out.iterdir())
    ['check.json', 'check.txt', 'ledger.csv', 'manifest.json']
    """
    out = Path(out)
    check_free(out, force=force, writes=_FILES)
    with staged(out, force=force) as draft:
        plain = json.dumps(check.to_dict(), ensure_ascii=False, indent=1)
        (draft / "check.json").write_text(plain + "\n", encoding="utf-8")
        (draft / "check.txt").write_text(report_text(check), encoding="utf-8")
        write_csv(check.ledger.to_frame(), draft / "ledger.csv")
        manifest = {
            "program": "planner",
            "version": __version__,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "study": check.name,
            "outputs": {path.name: sha256(path) for path in sorted(draft.iterdir())},
        }
        (draft / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return out


def _parts(check: Check) -> Iterator[RenderableType]:
    verdict = _("it can be opened") if check.ok else _("it cannot be opened yet")
    title = _("{name}: {verdict}").format(name=check.name, verdict=verdict)
    yield Text(title, style="bold green" if check.ok else "bold red")
    if check.crs:
        yield Text(_("Compute CRS: {crs}").format(crs=crs_words(check.crs)))
    for one in check.layers.values():
        yield Text()
        yield from _layer(check, one)
    absent = [(name, without_layer(name)) for name in check.layers_absent]
    if absent and check.layers:
        yield Text()
        yield Text(_("Layers that are not there"), style="bold")
        yield _listed(absent)
    if check.problems:
        yield Text()
        yield Text(_("Rows that were set aside, mended or are in doubt"), style="bold")
        yield _problems(check.problems)
    if check.faults:
        yield Text()
        yield Text(_("Faults: {count}").format(count=len(check.faults)), style="bold red")
        for number, fault in enumerate(check.faults, start=1):
            yield from _fault(number, fault)


def _layer(check: Check, one: LayerCheck) -> Iterator[RenderableType]:
    title = _("{name} ({meaning})").format(name=one.name, meaning=_(LAYERS[one.name].description))
    yield Text(title, style="bold")
    layer = one.layer
    if layer is None:
        yield _indented(_("{file}: it could not be read, see the faults below").format(file=one.settings.file))
        yield from _contents(one)
        return
    facts = [one.settings.file]
    facts += [_("sheet {sheet}").format(sheet=layer.sheet)] if layer.sheet else []
    facts += [_("encoding {encoding}").format(encoding=layer.encoding)] if layer.encoding else []
    yield _indented(_("; ").join(facts))
    if layer.datum and one.state == "read":
        declared = one.settings.datum
        said = _("declared in study.toml: {datum}").format(datum=declared) if declared else _("as the file states it")
        yield _indented(_("datum {datum} ({said})").format(datum=layer.datum, said=said))
    for datum in check.datums:
        if datum.layer == one.name:
            yield _indented(datum.evidence.words, style="yellow" if datum.evidence.contradicts else "")
    if one.state == "blank":
        yield _indented(_("there are no rows yet"), style="yellow")
        return
    yield _indented(_counts(check, one.name))
    yield from _contents(one)


def _contents(one: LayerCheck) -> Iterator[RenderableType]:
    """Tell the columns: found, not used, not there."""
    if one.found:
        yield Padding(_columns(one), (0, 0, 0, 2), expand=False)
    if one.unused:
        yield _indented(_("Not used: {columns}").format(columns=_(", ").join(one.unused)))
    if one.layer is not None and one.layer.dropped:
        yield _indented(_("Not read on purpose: {columns}").format(columns=_(", ").join(one.layer.dropped)))
    if one.absent:
        yield _indented(_("Not in the file:"))
        yield _listed([(name, without_column(one.name, name)) for name in one.absent], indent=4)


def _counts(check: Check, name: str) -> str:
    count = check.ledger.count(name)
    text = _("rows: {rows_in:,} in, {rows_used:,} used, {rows_set_aside:,} set aside").format(
        rows_in=count.rows_in, rows_used=count.rows_used, rows_set_aside=count.rows_set_aside
    )
    if count.elders_in:
        text += _("; ") + _("elders: {elders_in:,} in, {elders_used:,} used, {elders_set_aside:,} set aside").format(
            elders_in=count.elders_in, elders_used=count.elders_used, elders_set_aside=count.elders_set_aside
        )
    return text


def _columns(one: LayerCheck) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in (_("column"), _("meaning"), _("in the file"), _("found by"), _("unit")):
        table.add_column(title, overflow="fold")
    meanings = {column.name: column.description for column in LAYERS[one.name].columns} | _PLACES
    for found in one.found:
        unit = found.unit if found.factor == 1 else f"{found.unit} × {found.factor:g}"
        meaning = Text(_(meanings[found.name]))
        table.add_row(Text(found.name), meaning, Text(found.source), _(_HOW[one.how(found)]), Text(unit))
    return table


def _listed(items: list[tuple[str, str]], *, indent: int = 2) -> Padding:
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, consequence in items:
        table.add_row(Text(name), Text(consequence))
    return Padding(table, (0, 0, 0, indent), expand=False)


def _problems(problems: tuple[Problem, ...]) -> Padding:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in (_("layer"), _("column"), _("what was done"), _("rows"), _("which"), _("the first of them")):
        table.add_column(title, justify="right" if title == _("rows") else "left", overflow="fold")
    for one in problems:
        first = [str(row) for row in dict.fromkeys(one.rows) if row][:_MOST_ROWS]
        which = _(", ").join(first) + (" …" if len(one.rows) > len(first) and first else "")
        action = _(_ACTIONS[one.action])
        table.add_row(one.layer, one.field, action, f"{len(one.rows):,}", which, Text(one.example))
    return Padding(table, (0, 0, 0, 2), expand=False)


def _fault(number: int, fault: Fault) -> Iterator[RenderableType]:
    yield _indented(f"{number}. {fault}")
    if fault.cure:
        told = _("in [{table}] of {file}:").format(table=fault.cure.table, file=SETTINGS_FILE)
        yield _indented(told, indent=5, style="dim")
        # A line that is to be copied is never broken.
        yield Text(f"     {fault.cure.line}", style="bold cyan", no_wrap=True, overflow="ignore")


def _indented(text: str, *, indent: int = 2, style: str = "") -> Padding:
    return Padding(Text(text, style=style), (0, 0, 0, indent), expand=False)
