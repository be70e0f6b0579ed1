"""Read study.toml, check every setting of it, and tell all its faults at once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pyproj import CRS
from pyproj.exceptions import CRSError

from planner.errors import Fault, InputError
from planner.i18n import LANGUAGES, _, current
from planner.layers.settings import LayerSettings
from planner.standards import Standards
from planner.standards import load as load_standards
from planner.walking.walkers import WALKERS

SETTINGS_FILE = "study.toml"


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StudyTable(_Table):
    """``[study]`` of study.toml."""

    name: str = ""
    crs: str | None = None
    as_of: date | None = None
    lang: Literal["zh", "en"] = "zh"


class WalkingTable(_Table):
    """``[walking]`` of study.toml."""

    network: str
    walker: str = "elder"
    max_snap_m: float = Field(default=100.0, gt=0, allow_inf_nan=False)
    source: str | None = None  # whose streets they are, as maps shall say it
    elevation: str | None = None


class WalkerTable(_Table):
    """``[walkers.NAME]`` of study.toml."""

    speed_mps: float = Field(gt=0, allow_inf_nan=False)


class LayersTable(_Table):
    """``[layers]`` of study.toml."""

    compounds: LayerSettings
    facilities: LayerSettings
    gates: LayerSettings | None = None
    candidates: LayerSettings | None = None
    rooms: LayerSettings | None = None
    permits: LayerSettings | None = None
    areas: LayerSettings | None = None
    barriers: LayerSettings | None = None
    population: LayerSettings | None = None


class StandardsTable(_Table):
    """``[standards]`` of study.toml."""

    headline: str | None = None
    compare: tuple[str, ...] = ()
    circles: tuple[str, ...] = Field(default=("care-15min", "meal-10min"), min_length=1)
    folder: str | None = None


class StudySettings(_Table):
    """study.toml, checked: unknown keys are refused, since a misspelt one would be ignored."""

    study: StudyTable = Field(default_factory=StudyTable)
    walking: WalkingTable
    walkers: dict[str, WalkerTable] = Field(default_factory=dict)
    layers: LayersTable
    standards: StandardsTable = Field(default_factory=StandardsTable)


def spoken(raw: Mapping[str, Any], lang: str | None) -> str:
    """Choose the language for faults of a study.toml that may name none, or none that is known.

    Examples
    --------
    >>> spoken({"study": {"lang": "en"}}, None), spoken({"study": {"lang": "fr"}}, "zh")
    ('en', 'zh')
    """
    table = raw.get("study", {})
    asked = lang or (table.get("lang", StudyTable().lang) if isinstance(table, dict) else None)
    return asked if asked in LANGUAGES else current()


def read_settings(file: Path) -> dict[str, Any]:
    """Read study.toml as it is.

    Parameters
    ----------
    file
        The study.toml.

    Raises
    ------
    InputError
        It is not there, not UTF-8 or not TOML.
    """
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        missing = isinstance(error, (FileNotFoundError, NotADirectoryError))
        fault = Fault(
            _("there is no study.toml") if missing else _("study.toml cannot be opened"),
            where=str(file.parent),
            why="" if missing else str(error),
            todo=_("give the folder of a study; data/sample shows how one looks"),
        )
    except UnicodeDecodeError as error:
        fault = Fault(
            _("the settings are not written in UTF-8"),
            where=str(file),
            why=str(error),
            todo=_("open the file in an editor and save it with the encoding UTF-8"),
        )
    except tomllib.TOMLDecodeError as error:
        fault = Fault(
            _("the settings cannot be read as TOML"),
            where=str(file),
            why=str(error),
            todo=_("correct the line named; texts stand in quotation marks"),
        )
    raise InputError(fault)


def check_settings(raw: dict[str, Any], file: Path, lang: str | None) -> tuple[StudySettings, Standards]:
    """Check study.toml and gather every fault: a misspelt key is told and left out, and the rest checked too.

    Parameters
    ----------
    raw
        As :func:`read_settings` gives it.
    file
        The study.toml; paths start at its folder.
    lang
        ``zh`` or ``en``, in place of study.toml's.

    Returns
    -------
    settings, standards
        Checked settings, and the documents they point to.

    Raises
    ------
    InputError
        With every fault.
    """
    if lang is not None and isinstance(raw.get("study", {}), dict):
        raw = {**raw, "study": {**raw.get("study", {}), "lang": lang}}
    faults = []
    try:
        settings = StudySettings.model_validate(raw)
    except ValidationError as error:
        problems = error.errors()
        faults = [_told(problem, file) for problem in problems]
        for problem in problems:
            if problem["type"] == "extra_forbidden":
                _drop(raw, problem["loc"])
        try:
            settings = StudySettings.model_validate(raw)
        except ValidationError:
            raise InputError(faults) from error
    own = settings.standards.folder
    standards = load_standards(None if own is None else file.parent / own)
    faults += _faults(settings, standards, file)
    if faults:
        raise InputError(faults)
    return settings, standards


def _drop(raw: dict[str, Any], keys: tuple[int | str, ...]) -> None:
    """Take a key out of nested tables."""
    table: Any = raw
    for key in keys[:-1]:
        table = table.get(key, {}) if isinstance(table, dict) else {}
    if isinstance(table, dict):
        table.pop(keys[-1], None)


def _told(problem: Any, file: Path) -> Fault:
    """Say in our words what pydantic found."""
    key = ".".join(str(part) for part in problem["loc"])
    what = {
        "missing": _("{key} is missing"),
        "extra_forbidden": _("{key} is not a setting that is known"),
    }.get(problem["type"], _("{key} is not usable"))
    why = "" if problem["type"] in {"missing", "extra_forbidden"} else str(problem["msg"])
    return Fault(what.format(key=key), where=str(file), why=why, todo=_("compare with data/sample/study.toml"))


def _faults(settings: StudySettings, standards: Standards, file: Path) -> list[Fault]:
    """Find what is wrong with settings that are well formed."""
    faults: list[Fault] = []
    _check_crs(settings, faults)
    walker = settings.walking.walker
    if walker not in WALKERS and walker not in settings.walkers:
        faults.append(
            Fault(
                _("walker {name} is not known").format(name=walker),
                where=str(file),
                todo=_("choose one of {known}, or describe it in [walkers.{name}]").format(
                    known=", ".join([*WALKERS, *settings.walkers]), name=walker
                ),
            )
        )
    if settings.walking.elevation is not None:
        faults.append(
            Fault(
                _("walking.elevation is given, but slopes are not yet counted in walking time"),
                where=str(file),
                why=_("a result would look as if slopes had been counted"),
                todo=_("remove the line"),
            )
        )
    for name in settings.standards.circles:
        try:
            standards.circle(name, on=settings.study.as_of)
        except InputError as error:
            faults += error.faults
    streets = file.parent / settings.walking.network
    if not streets.exists():
        todo = _("correct [walking] network in study.toml")
        faults.append(Fault(_("the street file does not exist"), where=str(streets), todo=todo))
    return faults


def _check_crs(settings: StudySettings, faults: list[Fault]) -> None:
    if settings.study.crs is None:
        return
    try:
        crs = CRS.from_user_input(settings.study.crs)
    except CRSError as error:
        faults.append(Fault(_("the CRS {crs} is not known").format(crs=settings.study.crs), why=str(error)))
        return
    if not (crs.is_projected and all(axis.unit_name == "metre" for axis in crs.axis_info)):
        faults.append(
            Fault(
                _("the compute CRS {crs} is not projected in metres").format(crs=crs.name),
                todo=_("choose one that is, such as EPSG:4547"),
            )
        )
