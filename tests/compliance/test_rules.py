"""The engine against hand calculations and against a plain loop with decimals."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

import planner.standards as st
from planner.compliance import check_compounds, check_permits
from planner.compliance.amounts import UNKNOWN, exact, number_text, times
from planner.compliance.rules import EXISTING, MAYBE, NEITHER, NEW, NO, REASONS, YES, Sites, bind, count, judge
from planner.standards.provisions import Ratio
from tests.compliance.plain import plain_verdict

# domain facts, section 1.3: residential floor area and what 3 %, 3 ‰, 1.5 %, 1.5 ‰ and 20 m2 per 100 homes ask for
# (homes of 115 m2); 5,000 and 10,000 m2 lie below every crossover but that of 3 % (11,667 m2).
READINGS = [
    (5_000, 350, 350, 350, 350, 300),
    (10_000, 350, 350, 350, 350, 300),
    (11_667, 350.01, 350, 350, 350, 300),
    (20_000, 600, 350, 350, 350, 300),
    (50_000, 1_500, 350, 750, 350, 300),
    (100_000, 3_000, 350, 1_500, 350, 300),
    (116_667, 3_500.01, 350.001, 1_750.005, 350, 300),
    (150_000, 4_500, 450, 2_250, 350, 300),
    (300_000, 9_000, 900, 4_500, 450, 522),
    (500_000, 15_000, 1_500, 7_500, 750, 870),
]


@pytest.mark.parametrize(("area", "new", "new_permille", "old", "old_permille", "homes"), READINGS)
def test_the_readings_ask_for_what_was_worked_out_by_hand(area, new, new_permille, old, old_permille, homes):
    table = pd.DataFrame(
        {
            "status": ["new", "existing"],
            "residential_floor_area_m2": [float(area)] * 2,
            "households": [round(area / 115)] * 2,
            "in_urban_area": [True, True],
        },
        index=pd.Index(["N", "E"], name="compound_id"),
    )
    ids = ("cz-14-2023", "cz-14-2023-permille", "cz-8-2023", "hunan-2025")
    result = check_compounds(table, profiles=[st.profile(one) for one in ids], as_of=pd.Timestamp("2026-06-30").date())
    asked = {one: result.of(one)["required_m2"] for one in ids}
    assert asked["cz-14-2023"].tolist() == [new, old]
    assert asked["cz-14-2023-permille"].tolist() == [new_permille, old_permille]
    assert asked["cz-8-2023"].tolist() == [new_permille, new_permille]
    assert asked["hunan-2025"]["N"] == float(max(Decimal(area) * 3 / 1000, Decimal(300)))
    assert asked["hunan-2025"]["E"] == pytest.approx(homes, abs=0.5)  # the facts round homes to whole m2


@pytest.mark.parametrize(
    ("profile", "of", "size"),
    [
        ("cz-14-2023", "new", 11_667),
        ("cz-14-2023", "existing", 23_333),
        ("cz-14-2023-permille", "new", 116_667),
        ("cz-14-2023-permille", "existing", 233_333),
        ("hunan-2025", "new", 100_000),
    ],
)
def test_crossovers_are_those_of_the_facts(profile, of, size):
    (rule,) = (rule for rule in st.profile(profile).provisions if rule.of == of)
    assert round(rule.crossover) == size


def test_exact_amounts():
    assert exact([0.035 * 10_000, 0.1 + 0.2, 1e9, 1e9 + 1, np.inf], "m2").tolist() == [
        350_000_000,
        300_000,
        10**15,
        UNKNOWN,
        UNKNOWN,
    ]
    assert number_text(5_559_616_500, "m2") == "5,559.6165"


def test_products_beyond_64_bits_are_still_exact():
    share = Ratio(value=Decimal("12.3456789"), unit="m2", per=100, of="households", words="x").fraction * 10**6
    sizes = np.array([10**12, 7, UNKNOWN])
    assert int(sizes[0]) * share.numerator > 2**63
    assert times(sizes, share).tolist() == [-(-(10**12 * share.numerator) // share.denominator), 864_198, UNKNOWN]


def reasons(found):
    return [list(REASONS)[code] for code in found.reason]


def test_what_is_neither_new_nor_existing_is_open_only_where_a_rule_could_bind_it():
    days = np.array(["2022-01-01", "2024-01-01", "2024-01-01", "2030-01-01", "NaT"], "datetime64[D]")
    urban = np.array([YES, MAYBE, NO, YES, YES], np.int8)
    found = bind(st.profile("cz-14-2023"), np.full(5, NEITHER, np.int8), days, urban)
    assert reasons(found) == ["not_yet", "status_unknown", "outside_area", "lapsed", "status_unknown"]
    assert found.applies.tolist() == [NO, MAYBE, NO, NO, MAYBE]


def test_successive_provisions_of_one_profile_hold_one_after_another():
    raw = st.profile("cz-8-2023").model_dump(by_alias=True)
    rule = {**raw["provisions"][0], "in_force_to": pd.Timestamp("2024-12-31").date()}
    later = {**rule, "id": "later", "in_force_from": pd.Timestamp("2025-02-01").date(), "in_force_to": None}
    later["minimum"] = {**rule["minimum"], "value": Decimal(300)}
    profile = st.Profile.model_validate({**raw, "obtained": "reading", "provisions": [later, rule]})
    days = np.array(["2024-12-31", "2025-01-15", "2025-02-01"], "datetime64[D]")
    found = bind(profile, np.full(3, NEW, np.int8), days, np.full(3, MAYBE, np.int8))
    assert found.provision.tolist() == [1, 1, 0]
    assert reasons(found) == ["", "lapsed", ""]


def test_rooms_are_summed_by_owner_in_any_order():
    sites = Sites.of(np.array([2, 0, 2, 0]), np.array([5, 7, 1, 2]), np.ones(3, bool))
    counts = count(sites, np.array([3, 0, 5]))
    assert counts.large.tolist() == [7, 0, 5]
    assert counts.every.tolist() == [9, 0, 6]
    assert counts.below.tolist() == [1, 0, 1]
    assert counts.counted(lenient=True).tolist() == [9, 0, 6]


@pytest.mark.parametrize("lenient", [False, True])
@pytest.mark.parametrize("name", ["cz-14-2023", "cz-14-2023-permille", "cz-8-2023", "hunan-2025"])
def test_the_engine_agrees_with_a_plain_loop_of_decimals(name, lenient):
    rng = np.random.default_rng(20260630)
    size = 2_000
    days = np.datetime64("2022-06-01") + rng.integers(0, 2_400, size)
    area = np.where(rng.random(size) < 0.5, rng.choice([11_666.0, 11_667.0, 116_667.0], size), rng.random(size) * 2e5)
    area = np.round(area, 2)
    cells = [
        ";".join(str(one) for one in rng.choice([349.995, 350, 300, 299.99, 60, 3_500.01], rng.integers(0, 4)))
        for _ in range(size)
    ]
    urban = rng.choice([True, False, None], size)
    table = pd.DataFrame(
        {
            "residential_floor_area_m2": area,
            "issued_on": days,
            "in_urban_area": pd.array(urban, dtype="boolean"),
            "room_areas_m2": pd.array([cell or None for cell in cells], dtype="str"),
        },
        index=pd.Index([f"P{number}" for number in range(size)], name="permit_no"),
    )
    found = check_permits(table, profiles=[name], lenient=lenient).table["verdict"].tolist()
    profile = st.profile(name)
    expected = [
        plain_verdict(
            profile, pd.Timestamp(day).date(), urban[row], repr(float(area[row])), cells[row], lenient=lenient
        )
        for row, day in enumerate(days)
    ]
    assert found == expected
    assert len(set(expected)) >= 3


def test_judge_takes_measures_that_a_rule_needs_only():
    ones = np.ones(1, np.int8)
    found = judge(
        st.profile("hunan-2025"),
        of=ones * EXISTING,
        day=np.array(["2026-06-30"], "datetime64[D]"),
        urban=ones * MAYBE,
        sizes={"households": np.array([1_501])},
        sites=Sites.of(np.array([0, 0]), exact([200.0, 100.2], "m2"), ones == 1),
    )
    assert (found.required.tolist(), found.counted.tolist()) == ([300_200_000], [300_200_000])
