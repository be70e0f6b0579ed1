"""Cases that people worked out by hand: input, day, expected."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.compliance.cases import SIDE_BY_SIDE, VERDICTS, every_case, known, run

CASES = list(every_case())


def test_there_are_enough_cases_and_no_name_stands_twice():
    names = [name for name, _case in CASES]
    assert len(names) >= 60
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("case", [case for _name, case in CASES], ids=[name for name, _case in CASES])
def test_case(case):
    result = run(case)
    for key, verdicts in case.get("各口径", {}).items():
        assert set(verdicts) == set(SIDE_BY_SIDE)
        found = result.verdicts().loc[key]
        assert {name: found[name] for name in verdicts} == {name: VERDICTS[word] for name, word in verdicts.items()}
    for key, expected in case.get("期望", {}).items():
        known(expected, "expected")
        row = result.of().loc[key]
        unit = result.profiles[0].unit
        told = {
            "结论": row["verdict"],
            "应配": row[f"required_{unit}"],
            "计入": row[f"counted_{unit}"],
            "缺口": row[f"shortfall_{unit}"],
            "偏小": row["rooms_below_minimum"],
            "原因": row["reason"],
        }
        for name, value in expected.items():
            if name == "结论":
                assert told[name] == VERDICTS[value], row["arithmetic"]
            elif name == "原因":
                assert told[name] == value
            else:
                # A float of the table prints as the exact number that was compared.
                assert Decimal(repr(float(told[name]))) == Decimal(str(value)), (name, row["arithmetic"])
    assert case.get("期望") or case.get("各口径"), "a case expects something"
