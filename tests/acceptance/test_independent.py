"""Hold planner's answer on three real networks against a second program: same walks, same elders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest

import planner as pl
from planner.coverage import CircleCoverage
from tests.acceptance import independent, studies

LIMIT_M = 15 * 60 * 0.8  # 15 minutes at 0.8 m/s

RELATIVE = 1e-9
"""Both programs add the same metres up in float64, one street at a time here, whole chains of streets there, and so in
another order: they differ by some 1e-12. A thousand times as much is a micrometre in a kilometre."""

TOWNS = {
    "bishan": (studies.bishan, independent.streets_of_edge_table),
    "bishan_estates": (studies.bishan_estates, independent.streets_of_edge_table),
    "helsinki": (studies.helsinki, independent.streets_of_pbf),
    "shenzhen": (studies.shenzhen, independent.streets_of_graphml),
}

ELDERS_COVERED = {"bishan": 4_235, "bishan_estates": 1_655, "helsinki": 2_067, "shenzhen": 5_398}
"""Within 15 minutes, as the independent program found them. Only Bishan's elders are real: 4,235 of 16,040."""

Both = tuple[CircleCoverage, independent.Answer]


@pytest.fixture(scope="module", params=TOWNS)
def both(request: pytest.FixtureRequest, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Both:
    """Planner's answer and the independent one, from the same files."""
    write, read_streets = TOWNS[request.param]
    folder = write(shared_data, tmp_path_factory.mktemp("study") / request.param)
    study = pl.open_study(folder)
    return pl.coverage.test(study, "care-15min"), _independently(folder, study, read_streets)


def _independently(
    folder: Path, study: pl.study.Study, read_streets: Callable[[Path, str], list[independent.Street]]
) -> independent.Answer:
    """Answer from the files that the study names; of planner, only the settings are asked."""
    compounds = gpd.read_file(folder / "compounds.gpkg").set_index("compound_id")
    facilities = gpd.read_file(folder / "facilities.gpkg").set_index("facility_id")
    gates = gpd.read_file(folder / "gates.gpkg") if (folder / "gates.gpkg").exists() else None
    streets = read_streets(Path(study.settings.walking.network), study.settings.study.crs)
    gated = compounds["gated"].dropna().astype(bool).to_dict() if "gated" in compounds else None
    return independent.answer(streets, compounds.geometry, facilities.geometry, gates, gated)


def test_the_same_compounds_are_covered(both: Both) -> None:
    care, answer = both
    covered = {one for one, metres in answer.metres.items() if metres <= LIMIT_M}
    # No walk is so near to the limit that the tolerance could decide.
    assert not [one for one, metres in answer.metres.items() if abs(metres / LIMIT_M - 1) <= RELATIVE]
    verdict = care.table["verdict"]
    assert set(verdict.index[verdict.isin(["pass", "fragile"])]) == covered
    assert 0 < len(covered) < len(verdict)


def test_walks_take_the_same_minutes(both: Both) -> None:
    care, answer = both
    metres = np.array([answer.metres[one] for one in care.table.index])
    np.testing.assert_allclose(care.table["minutes"], metres / 0.8 / 60, rtol=RELATIVE)
    np.testing.assert_allclose(care.table["distance_m"], metres, rtol=RELATIVE)
    assert (care.table["verdict"].eq("unknown") == np.isnan(metres)).all()


def test_the_nearest_facility_is_the_same_or_as_near(both: Both) -> None:
    care, answer = both
    chosen = care.table["facility_id"]
    assert chosen.isna().equals(care.table["minutes"].isna())
    differs = {one: facility for one, facility in chosen.dropna().items() if facility != answer.facility[one]}
    metres = {facility: answer.from_facility(facility) for facility in set(differs.values())}
    for one, facility in differs.items():  # two centres at one address, say
        assert metres[facility][one] == pytest.approx(answer.metres[one], rel=RELATIVE)


def test_the_same_elders_are_covered(both: Both) -> None:
    care, answer = both
    name = care.study.name
    elders = gpd.read_file(care.study.folder / "compounds.gpkg").set_index("compound_id")["elders_60"]
    covered = sum(elders[one] for one, metres in answer.metres.items() if metres <= LIMIT_M)
    assert covered == ELDERS_COVERED[name]
    rates = care.rates()
    assert (rates["elders"], rates["elders_covered"]) == (elders.sum(), covered)
    if name == "bishan":
        assert elders.sum() == studies.BISHAN_ELDERS
        by_community = care.by("community")
        assert by_community["elders"].to_dict() == {"BSSZ01": 6_000, "BSSZ02": 4_510, "BSSZ03": 5_530}
        assert by_community["elders_covered"].sum() == covered
