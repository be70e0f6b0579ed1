"""Read study.toml, check every setting of it, and tell all its faults at once."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pyproj import CRS
from pyproj.exceptions import CRSError

from planner.complaints import reason_of, toml_advice, toml_line
from planner.errors import Cure, Fault, InputError
from planner.i18n import LANGUAGES, _, current
from planner.layers.headers.cures import file_cure
from planner.layers.settings import EldersSettings, LayerSettings, elders_faults
from planner.standards import Standards, per_100_households
from planner.standards import load as load_standards
from planner.studytables import (
    LayersTable,
    PrivacyTable,
    SitingTable,
    StandardsTable,
    StudySettings,
    StudyTable,
    WalkerTable,
    WalkingTable,
)
from planner.walking.walkers import WALKERS

SETTINGS_FILE = "study.toml"
_STREETS = (".osm.pbf", ".osm", ".osm.gz", ".osm.bz2", ".graphml")
_LAYERS = (".xlsx", ".csv", ".gpkg", ".geojson", ".shp", ".parquet")


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
    text = ""
    try:
        text = file.read_text(encoding="utf-8-sig")
        return tomllib.loads(text)
    except OSError as error:
        missing = isinstance(error, (FileNotFoundError, NotADirectoryError))
        fault = Fault(
            _("there is no study.toml") if missing else _("study.toml cannot be opened"),
            where=str(file.parent),
            why="" if missing else _("it is a folder, or its permissions do not let it be read"),
            todo=_("give the folder of a study; planner new DIR makes one"),
        )
    except UnicodeDecodeError as error:
        fault = Fault(
            _("the settings are not written in UTF-8"),
            where=str(file),
            why=_("its byte {place} is none of UTF-8").format(place=error.start + 1),
            todo=_("open the file in an editor and save it with the encoding UTF-8"),
        )
    except (ValueError, RecursionError) as error:  # TOML's own, and numbers or brackets without end
        place = toml_line(text, str(error))
        fault = Fault(
            _("the settings cannot be read as TOML"),
            where=str(file),
            why=_("line {line}, column {column}").format(line=place[0], column=place[1]),
            todo=toml_advice(text, str(error)),
        )
    raise InputError(fault)


@dataclass(frozen=True)
class Examined:
    """What of a study.toml can be used, and all that is wrong with it.

    Parameters
    ----------
    settings
        The whole, None where it is not well formed.
    standards
        The documents it points to, None where they cannot be read.
    layers
        The layers whose own tables are well formed, by name.
    crs
        Compute CRS, None where none is given or it is no such one.
    faults
        Everything that is wrong.
    """

    settings: StudySettings | None
    standards: Standards | None
    layers: Mapping[str, LayerSettings]
    crs: CRS | None
    faults: tuple[Fault, ...]


def examine_settings(raw: dict[str, Any], file: Path, lang: str | None) -> Examined:
    """Look through study.toml: a misspelt key is told and left out, and the rest looked at too.

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
    Examined

    Examples
    --------
    >>> file = Path("data/sample/study.toml")
    >>> found = examine_settings({**read_settings(file), "walking": {}}, file, "en")
    >>> found.settings is None, len(found.layers), found.faults[0].cure.line
    (True, 8, 'network = "network.osm.pbf"')
    """
    if lang is not None and isinstance(raw.get("study", {}), dict):
        raw = {**raw, "study": {**raw.get("study", {}), "lang": lang}}
    faults: list[Fault] = []
    settings = None
    try:
        settings = StudySettings.model_validate(raw)
    except ValidationError as error:
        problems = error.errors()
        faults = [_told(problem, file) for problem in problems]
        for problem in problems:
            if problem["type"] == "extra_forbidden":
                _drop(raw, problem["loc"])
        with suppress(ValidationError):
            settings = StudySettings.model_validate(raw)
    layers = _layers(raw)
    if settings is None:
        return Examined(None, None, layers, None, tuple(faults))
    standards = None
    own = settings.standards.folder
    try:
        standards = load_standards(None if own is None else file.parent / own)
        standards = standards.with_documents(
            per_100_households(id=name, **table.model_dump()) for name, table in settings.standards.profiles.items()
        )
    except InputError as error:
        faults += error.faults
    crs = _crs(settings, faults)
    faults += _faults(settings, standards, file)
    return Examined(settings, standards, layers, crs, tuple(faults))


def check_settings(raw: dict[str, Any], file: Path, lang: str | None) -> tuple[StudySettings, Standards]:
    """Check study.toml and gather every fault.

    Parameters
    ----------
    raw, file, lang
        As for :func:`examine_settings`.

    Returns
    -------
    settings, standards
        Checked settings, and the documents they point to.

    Raises
    ------
    InputError
        With every fault.
    """
    found = examine_settings(raw, file, lang)
    if found.faults or found.settings is None or found.standards is None:
        raise InputError(found.faults)
    return found.settings, found.standards


def _layers(raw: Mapping[str, Any]) -> dict[str, LayerSettings]:
    """Take the tables of layers that are well formed, whatever is wrong with the rest."""
    tables = raw.get("layers")
    layers = {}
    for name in LayersTable.model_fields:
        if isinstance(tables, dict) and name in tables:
            with suppress(ValidationError):
                layers[name] = LayerSettings.model_validate(tables[name])
    return layers


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
    return Fault(
        what.format(key=key),
        where=str(file),
        why=reason_of(problem),
        todo=_("compare with the study.toml that planner new DIR writes"),
        cure=_cure(problem, file.parent),
    )


def _cure(problem: Any, folder: Path) -> Cure | None:
    """Write the line that was missed, or meant by a misspelt one."""
    keys = tuple(str(part) for part in problem["loc"])
    if problem["type"] == "missing":
        if keys in {("walking",), ("walking", "network")}:
            return file_cure("walking", "network", folder, "", _STREETS)
        if keys == ("layers",) or (keys[0] == "layers" and len(keys) < 4):
            layer = keys[1] if len(keys) > 1 else "compounds"
            return file_cure(f"layers.{layer}", "file", folder, layer, _LAYERS)
    if problem["type"] == "extra_forbidden" and len(keys) > 1 and isinstance(problem["input"], str | int | float):
        tables: dict[str, type[BaseModel]] = {
            "study": StudyTable,
            "walking": WalkingTable,
            "walkers": WalkerTable,
            "layers": LayerSettings,
            "elders": EldersSettings,
            "standards": StandardsTable,
            "privacy": PrivacyTable,
            "siting": SitingTable,
        }
        for meant in difflib.get_close_matches(keys[-1], tables.get(keys[0], StudyTable).model_fields, n=1):
            value = json.dumps(problem["input"], ensure_ascii=False)
            return Cure(".".join(keys[:-1]), f"{meant} = {value}")
    return None


def _faults(settings: StudySettings, standards: Standards | None, file: Path) -> list[Fault]:
    """Find what is wrong with settings that are well formed."""
    faults: list[Fault] = []
    walker = settings.walking.walker
    if walker not in WALKERS and walker not in settings.walkers:
        known = [*WALKERS, *settings.walkers]
        faults.append(
            Fault(
                _("walker {name} is not known").format(name=walker),
                where=str(file),
                todo=_("choose one of {known}, or describe it in [walkers.{name}]").format(
                    known=_(", ").join(known), name=walker
                ),
                cure=Cure.setting("walking", "walker", WALKERS["elder"].name, others=known),
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
    faults += [*_unknown_circles(settings, standards), *_unknown_profiles(settings, standards)] if standards else []
    if settings.siting is not None and settings.layers.candidates is None:
        what, todo = _("[siting] chooses among candidates, and there is no such layer"), _("name one in study.toml")
        cure = file_cure("layers.candidates", "file", file.parent, "candidates", _LAYERS)
        faults.append(Fault(what, where=str(file), todo=todo, cure=cure))
    faults += elders_faults(settings.elders, settings.layers.given(), file=str(file))
    streets = file.parent / settings.walking.network
    if not streets.is_file():
        todo = _("correct [walking] network in study.toml")
        cure = file_cure("walking", "network", file.parent, settings.walking.network, _STREETS)
        faults.append(Fault(_("the street file does not exist"), where=str(streets), todo=todo, cure=cure))
    return faults


def _unknown_circles(settings: StudySettings, standards: Standards) -> list[Fault]:
    faults: list[Fault] = []
    named = {"standards": settings.standards.circles, "siting": settings.siting.circles if settings.siting else ()}
    for table, circles in named.items():
        usual = StandardsTable().circles if table == "standards" else SitingTable(sites=0).circles
        for name in circles:
            try:
                standards.circle(name, on=settings.study.as_of)
            except InputError as error:
                faults += [replace(fault, cure=Cure.setting(table, "circles", usual)) for fault in error.faults]
    return faults


def _unknown_profiles(settings: StudySettings, standards: Standards) -> list[Fault]:
    faults: list[Fault] = []
    for name in settings.standards.profile_ids:
        try:
            standards.profile(name)
        except InputError as error:
            faults += error.faults
    return faults


def _crs(settings: StudySettings, faults: list[Fault]) -> CRS | None:
    """Read the compute CRS, or tell why it is none."""
    if settings.study.crs is None:
        return None
    cure = Cure.setting("study", "crs", "EPSG:4547")
    try:
        crs = CRS.from_user_input(settings.study.crs)
    except CRSError:
        what = _("the CRS {crs} is not known").format(crs=settings.study.crs)
        todo = _("name it by its EPSG code, such as EPSG:4547")
        faults.append(Fault(what, todo=todo, cure=cure))
        return None
    if crs.is_projected and all(axis.unit_name == "metre" for axis in crs.axis_info):
        return crs
    faults.append(
        Fault(
            _("the compute CRS {crs} is not projected in metres").format(crs=crs.name),
            todo=_("choose one that is, such as EPSG:4547"),
            cure=cure,
        )
    )
    return None
