"""Write what a study's compounds must have for elders and what they have: table, workbook, layer of a GeoPackage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from planner.i18n import _
from planner.present import publishing
from planner.present.disclosure import disclose
from planner.present.methods import sections
from planner.present.tables import write_csv, write_results
from planner.present.workbooks import COMPOUNDS, Report, write_workbook
from planner.version import __version__

if TYPE_CHECKING:
    from planner.compliance import Compliance
    from planner.coverage import CircleCoverage
    from planner.study import Study

TABLE, BOOK, LAYER = "compliance.csv", "compliance.xlsx", "compliance"


def has_provision(study: Study) -> bool:
    """Tell whether a study knows anything that provision rules ask for: rooms, or the floor area of homes.

    Examples
    --------
    >>> import planner as pl
    >>> has_provision(pl.open_study("data/sample"))
    True
    """
    areas = study.layers["compounds"]["residential_floor_area_m2"]
    return "rooms" in study.layers or bool(areas.notna().any())


def write_provision(
    draft: Path, study: Study, result: Compliance, circles: Sequence[CircleCoverage], *, publish: bool = False
) -> None:
    """Write compliance.csv, compliance.xlsx, and layer ``compliance`` of results.gpkg.

    Parameters
    ----------
    draft
        Folder of the results.
    study
        The study.
    result
        The verdicts on its compounds.
    circles
        Its circles, which share the counts of elders that may be shown.
    publish
        Whether it is made for the public: what would tell a small count of elders is then hidden.
    """
    if publish and publishing.counts_elders(result.profiles):
        shown = disclose(study, circles, publish=True)
        result = replace(result, table=publishing.public_compliance(result.table, result.profiles, shown))
    described = publishing.classification(publish=publish)
    write_csv(result.table, draft / TABLE)
    write_results(result.table, study.layers["compounds"], draft / "results.gpkg", layer=LAYER, described=described)
    write_workbook(_report(study, result, described), draft / BOOK)


def _report(study: Study, result: Compliance, mark: str) -> Report:
    compounds = pd.DataFrame(study.layers["compounds"].drop(columns="geometry"))
    given = [name for name, cells in compounds.items() if cells.notna().any()]
    return Report(
        title=_("Check of elder-care rooms to be provided: compounds"),
        mark=mark,
        facts=[
            (_("Study"), study.name),
            (_("As of"), study.as_of.isoformat()),
            (_("Made with"), f"planner {__version__}"),
        ],
        as_of=study.as_of,
        result=result,
        objects=compounds,
        columns=[column for name, column in COMPOUNDS.items() if name == "compound_id" or name in given],
        counts=[(_("Compounds"), len(compounds))],
        method=sections(result, subject="compounds", as_of=study.as_of),
    )
