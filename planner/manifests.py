"""Tell what results were made of and with: inputs, settings, versions, standards, times."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.layers.files.formats import parts_of
from planner.present.outputs import MANIFEST, NOTICE, sha256
from planner.settings import SETTINGS_FILE
from planner.version import __version__
from planner.walking.walkers import TOLERANCE_S, WALKERS

if TYPE_CHECKING:
    from planner.compliance import Compliance
    from planner.siting.choosing import Choice
    from planner.study import Study

_TOLD_VERSIONS = ("numpy", "pandas", "geopandas", "shapely", "pyproj", "numba", "osmium", "osmnx", "folium", "highspy")


def _inputs(study: Study) -> list[Path]:
    settings = study.settings
    layers = [one for name in type(settings.layers).model_fields if (one := getattr(settings.layers, name)) is not None]
    inputs = []
    for name in (SETTINGS_FILE, settings.walking.network, *(one.file for one in layers)):
        inputs += parts_of(study.folder / name)
    own = settings.standards.folder
    return inputs if own is None else [*inputs, *sorted((study.folder / own).glob("*.yaml"))]


def _versions() -> dict[str, str]:
    found = {}
    for name in _TOLD_VERSIONS:
        with suppress(metadata.PackageNotFoundError):  # some have a stand-in
            found[name] = metadata.version(name)
    return found


def _told(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def _elders_told(study: Study) -> dict[str, Any]:
    elders, chosen = study.elders, study.settings.elders
    share = {"share_60": chosen.share_60, "share_source": chosen.share_source} if chosen.share_60 else {}
    return {
        "basis": elders.basis,
        "persons": dict(elders.persons),
        "compounds": dict(elders.sources),
        "spread_by": list(elders.spread_by),
        "conflicts": len(elders.conflicts),
        **share,
    }


def write_manifest(
    draft: Path,
    study: Study,
    seconds: Mapping[str, float],
    compile_s: float,
    *,
    publish: bool,
    compliance: Compliance | None = None,
    choice: Choice | None = None,
) -> None:
    """Tell what the results were made of and with: enough to make them again, or to see that they would differ.

    Parameters
    ----------
    draft
        Folder that holds all other results.
    study
        The study.
    seconds
        That each stage took.
    compile_s
        Of these, spent on compiling.
    publish
        Whether the results are made for the public: numbers of people are then left out, and no notice that they are
        internal lies beside them.
    compliance, choice
        What was checked and chosen, where it was.
    """
    from planner.present.methods import profile_facts
    from planner.present.publishing import classification, public_manifest, write_notice

    if not publish:
        write_notice(draft / NOTICE)
    manifest: dict[str, Any] = {
        "program": "planner",
        "version": __version__,
        "classification": classification(publish=publish),
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "study": study.name,
        "as_of": study.as_of.isoformat(),
        "crs": study.crs.to_string(),
        "inputs": {_told(path, study.folder): sha256(path) for path in _inputs(study)},
        "settings": study.settings.model_dump(mode="json", exclude_none=True, by_alias=True),
        "walker": {"name": study.walker.name, "speed_mps": study.walker.speed_mps},
        "band": {name: WALKERS[name].speed_mps for name in ("standard", "frail")},
        "limit_tolerance_s": TOLERANCE_S,
        "network": {
            "key": study.network.key,
            "from_cache": study.network_reused,
            "nodes": study.network.nodes,
            "edges": study.network.edges,
            "notes": {name: note for name, note in study.network.notes.items() if not isinstance(note, list)},
        },
        "standards": [
            {
                "circle": circle.id,
                "limit_min": circle.limit_min,
                "document": circle.document.number,
                "clause": circle.clause,
                "in_force_from": circle.document.in_force_from.isoformat(),
                "in_force_to": circle.document.in_force_to.isoformat() if circle.document.in_force_to else None,
                "checked": circle.document.checked.isoformat(),
            }
            for circle in study.circles
        ],
        "provision": [profile_facts(profile) for profile in compliance.profiles] if compliance else [],
        "plan": {"status": choice.plan.status, "stopped": choice.plan.stopped} if choice else None,
        "elders": _elders_told(study),
        "ledger": json.loads(study.ledger.counts().reset_index().to_json(orient="records", force_ascii=False)),
        "seconds": {name: round(spent, 3) for name, spent in seconds.items()},
        "compile_s": round(compile_s, 3),
        "python": platform.python_version(),
        "packages": _versions(),
        "outputs": {path.name: sha256(path) for path in sorted(draft.iterdir())},
    }
    manifest = public_manifest(manifest) if publish else manifest
    (draft / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
