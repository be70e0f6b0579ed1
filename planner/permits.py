"""Check a file of planning permits, and leave a workbook, tables and opinions that can be handed on."""

from __future__ import annotations

import hashlib
import json
import logging
import platform
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from planner.compliance import Compliance, check_permits
from planner.compliance.series import find_series
from planner.i18n import DEFAULT, N_, _, language
from planner.layers.files.formats import parts_of
from planner.layers.reading import Layer, read_layer
from planner.layers.settings import LayerSettings
from planner.present import opinions as opinion_files
from planner.present.methods import profile_facts, sections
from planner.present.outputs import MANIFEST, check_free, sha256, staged
from planner.present.publishing import classification
from planner.present.tables import write_csv
from planner.present.workbooks import PERMITS, Report, in_sum, write_workbook
from planner.standards import load
from planner.studytables import StandardsTable
from planner.version import __version__

if TYPE_CHECKING:
    from planner.pipeline import Progress
    from planner.standards import Profile

log = logging.getLogger(__name__)

TABLE, BOOK, LEDGER = "permits.csv", "permits.xlsx", "ledger.csv"
STAGES = (
    N_("Reading permits"),
    N_("Checking provision rules"),
    N_("Writing tables"),
    N_("Writing the workbook"),
    N_("Writing opinions"),
)
_TOLD_VERSIONS = ("numpy", "pandas", "openpyxl", "XlsxWriter", "python-docx", "pydantic")


@dataclass(frozen=True)
class PermitRun:
    """What a check of permits did.

    Parameters
    ----------
    out
        Folder of the results.
    layer
        The permits that were read, with their ledger.
    result
        The verdicts.
    opinions
        How many opinions there are, and how many of them an earlier run had finished.
    seconds
        Per stage.
    """

    out: Path
    layer: Layer
    result: Compliance
    opinions: tuple[int, int]
    seconds: dict[str, float]


def run(
    file: str | Path,
    out: str | Path,
    *,
    profile: str | None = None,
    rules: str | Path | None = None,
    settings: LayerSettings | None = None,
    as_of: date | None = None,
    lenient: bool = False,
    blank_rooms: Literal["none", "unknown"] = "none",
    opinions: bool = False,
    lang: str = DEFAULT,
    force: bool = False,
    progress: Progress | None = None,
) -> PermitRun:
    """Check a file of permits by every profile side by side.

    Parameters
    ----------
    file
        A table of permits, in whatever format layers may have.
    out
        Folder for permits.xlsx, permits.csv, ledger.csv and manifest.json.
    profile
        The profile that decides; left out, the one that decides unless study.toml says otherwise. All others that
        count elder-care rooms stand beside it.
    rules
        Folder of further YAML files with profiles.
    settings
        How the file is to be read; its own name and folder are taken from `file`.
    as_of
        Day of the report; left out, today.
    lenient, blank_rooms
        As for `planner.compliance.check_permits`.
    opinions
        Whether an opinion (审查意见) is written on every permit, into the folder ``opinions``.
    lang
        ``zh`` or ``en``.
    force
        Replace results of an earlier run.
    progress
        Told how far each stage is.

    Returns
    -------
    PermitRun

    Raises
    ------
    InputError
        The file cannot be used, a profile is not known, or the output folder must not be replaced.
    OutputExists
        Results stand there and ``force`` is not set.

    Examples
    --------
    >>> import tempfile
    >>> done = run("data/sample/permits.csv", Path(tempfile.mkdtemp(), "out"))
    >>> sorted(path.name for path in done.out.iterdir())
    ['ledger.csv', 'manifest.json', 'permits.csv', 'permits.xlsx']
    """
    file, out = Path(file), Path(out)
    outputs = (BOOK, TABLE, LEDGER, MANIFEST, *([opinion_files.FOLDER] if opinions else []))
    check_free(out, force=force, writes=outputs)
    asked = _Asked(
        file=file,
        settings=(settings or LayerSettings(file=file.name)).model_copy(update={"file": file.name}),
        profiles=_profiles(profile, rules),
        as_of=as_of or date.today(),
        lenient=lenient,
        blank_rooms=blank_rooms,
        lang=lang,
    )
    clock = _Clock(progress)
    with language(lang):
        with clock.stage(STAGES[0]):
            layer = read_layer("permits", asked.settings, folder=file.parent, crs=None)
        with clock.stage(STAGES[1]):
            result = check_permits(
                layer.table,
                profiles=asked.profiles,
                as_of=asked.as_of,
                lenient=lenient,
                blank_rooms=blank_rooms,
            )
            projects = _projects(layer.table)
        inputs = {path.name: sha256(path) for path in parts_of(file)}
        there = 0
        with staged(out, force=force, key=asked.key(inputs)) as draft:
            with clock.stage(STAGES[2]):
                write_csv(permit_table(layer, result, projects), draft / TABLE)
                write_csv(layer.ledger.to_frame(), draft / LEDGER)
            with clock.stage(STAGES[3]):
                report = _report(asked, layer, result, projects)
                write_workbook(report, draft / BOOK, progress=clock.within(STAGES[3]))
            if opinions:
                with clock.stage(STAGES[4]):
                    there = opinion_files.write_opinions(
                        layer.table,
                        result,
                        draft / opinion_files.FOLDER,
                        mark=classification(publish=False),
                        made=_made(asked),
                        progress=clock.within(STAGES[4]),
                    )
            _write_manifest(draft, asked, layer, result, inputs, clock)
    written = len(layer.table) if opinions else 0
    return PermitRun(out, layer, result, (written, there), clock.seconds)


@dataclass(frozen=True)
class _Asked:
    """What was asked for."""

    file: Path
    settings: LayerSettings
    profiles: tuple[Profile, ...]
    as_of: date
    lenient: bool
    blank_rooms: Literal["none", "unknown"]
    lang: str

    def told(self) -> dict[str, Any]:
        """Return everything that decides what the results hold, the file's own content aside."""
        return {
            "version": __version__,
            "settings": self.settings.model_dump(mode="json", exclude_none=True, by_alias=True),
            "as_of": self.as_of.isoformat(),
            "lenient": self.lenient,
            "blank_rooms": self.blank_rooms,
            "lang": self.lang,
        }

    def key(self, inputs: Mapping[str, str]) -> str:
        """Return a hash of all that the results are made of."""
        rules = [profile.model_dump(mode="json", by_alias=True) for profile in self.profiles]
        made_of = json.dumps([inputs, self.told(), rules], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(made_of.encode()).hexdigest()


class _Clock:
    """Times stages, and tells how far they are."""

    def __init__(self, progress: Progress | None) -> None:
        self.progress = progress
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        if self.progress:
            self.progress(name, 0, 1)
        begin = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - begin

    def within(self, name: str) -> Callable[[int, int], None]:
        progress = self.progress
        return lambda done, total: progress(name, done, total) if progress else None


def _profiles(headline: str | None, rules: str | Path | None) -> tuple[Profile, ...]:
    standards = load(None if rules is None else Path(rules))
    first = standards.profile(headline or StandardsTable().headline)
    beside = (one for one in standards.profiles if one.object == "elder_rooms" and one.id != first.id)
    return (first, *beside)


def _projects(permits: pd.DataFrame) -> Any:
    return find_series(permits, permits["issued_on"].to_numpy().astype("datetime64[D]")).project


def permit_table(layer: Layer, result: Compliance, projects: Any) -> pd.DataFrame:
    """Put the verdicts beside what the permits say, a row per permit and profile.

    Parameters
    ----------
    layer
        The permits.
    result
        The verdicts on them.
    projects
        Number of the project of each.

    Returns
    -------
    DataFrame
        The columns of permits.csv: those of compliance.csv first; then ``row`` in the file, what the permit says, and
        ``in_sum``, which marks the rows whose areas may be added up.
    """
    times = len(result.profiles)
    steps = result.steps if result.steps is not None else pd.DataFrame(index=layer.table.index)
    beside = pd.concat(
        [
            layer.rows.rename("row"),
            layer.table,
            steps.rename(columns={name: f"step_{name}" for name in steps.columns}),
        ],
        axis=1,
    )
    beside = pd.concat([beside.reset_index(drop=True)] * times, ignore_index=True)
    found = result.table.drop(columns=["name"])
    beside = beside[[name for name in beside.columns if name not in found.columns]]
    sums = np.concatenate([in_sum(result.of(one.id), projects) for one in result.profiles])
    table: pd.DataFrame = pd.concat([found, beside, pd.Series(sums, name="in_sum")], axis=1)
    return table


def _report(asked: _Asked, layer: Layer, result: Compliance, projects: Any) -> Report:
    count = layer.ledger.count("permits")
    found = {one.name for one in layer.found}
    facts = [
        (_("File"), asked.file.name),
        (_("As of"), asked.as_of.isoformat()),
        (_("Made with"), f"planner {__version__}"),
    ]
    return Report(
        title=_("Check of elder-care rooms to be provided: planning permits"),
        mark=classification(publish=False),
        facts=facts,
        as_of=asked.as_of,
        result=result,
        objects=layer.table,
        columns=[column for name, column in PERMITS.items() if name == "permit_no" or name in found],
        rows=layer.rows,
        projects=projects,
        counts=[
            (_("In the file"), count.rows_in),
            (_("Judged"), count.rows_used),
            (_("Set aside"), count.rows_set_aside),
        ],
        ledger=layer.ledger.to_frame(),
        method=[
            *sections(
                result, subject="permits", as_of=asked.as_of, lenient=asked.lenient, blank_rooms=asked.blank_rooms
            ),
            (_("File"), _columns_told(layer)),
        ],
    )


def _columns_told(layer: Layer) -> list[tuple[str, str]]:
    told = [(one.source, one.name) for one in layer.found]
    if layer.sheet:
        told.insert(0, (_("Sheet"), layer.sheet))
    if layer.encoding:
        told.insert(0, (_("Encoding"), layer.encoding))
    return told


def _made(asked: _Asked) -> str:
    text = _("made with planner {version} on the rules as of {day}; a draft until it is signed and sealed")
    return text.format(version=__version__, day=asked.as_of.isoformat())


def _write_manifest(
    draft: Path, asked: _Asked, layer: Layer, result: Compliance, inputs: Mapping[str, str], clock: _Clock
) -> None:
    """Tell what the results were made of and with."""
    manifest = {
        "program": "planner",
        "classification": classification(publish=False),
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "inputs": dict(inputs),
        **asked.told(),
        "headline": result.headline,
        "standards": [profile_facts(profile) for profile in result.profiles],
        "verdicts": {
            name: {code: int(number) for code, number in row.items() if not str(code).endswith("_m2")}
            for name, row in result.sums().to_dict("index").items()
        },
        "notes": list(result.notes),
        "ledger": json.loads(layer.ledger.counts().reset_index().to_json(orient="records", force_ascii=False)),
        "seconds": {name: round(seconds, 3) for name, seconds in clock.seconds.items()},
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in _TOLD_VERSIONS},
        "outputs": {name: sha256(draft / name) for name in _written(draft)},
    }
    (draft / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _written(draft: Path) -> Iterable[str]:
    files = (path.relative_to(draft) for path in draft.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in files if not path.name.startswith("."))
