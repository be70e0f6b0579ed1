"""Test what the layers say about each other."""

from __future__ import annotations

import pytest

from planner.layers import crosscheck
from tests.layers.conftest import EAST, NORTH

METRES = {"datum": "EPSG:4547"}


@pytest.fixture
def town(read, table):
    """Compounds A and B, and one that is set aside for having no place."""
    file = table("compound_id,elders_60,x,y", f"A,10,{EAST},{NORTH}", f"B,20,{EAST + 500},{NORTH}", "C,5,0,0")
    return read("compounds", file=file, **METRES)


def told(layer):
    return [(entry.row, entry.id, entry.field, entry.action, entry.what) for entry in layer.ledger.entries]


def test_gates_of_unknown_compounds_are_set_aside(read, table, town):
    lines = [f"g{place},{owner},{EAST},{NORTH}" for place, owner in enumerate("AXCB")]
    gates = read("gates", file=table("gate_id,compound_id,x,y", *lines), **METRES)
    checked = crosscheck({"compounds": town, "gates": gates})["gates"]
    assert checked.table.index.tolist() == ["g0", "g3"]
    assert told(checked) == [
        (3, "g1", "compound_id", "set_aside", "compound X does not exist or was set aside"),
        (4, "g2", "compound_id", "set_aside", "compound C does not exist or was set aside"),
    ]
    assert checked.ledger.closes()
    assert checked.ledger.count("gates").rows_used == 2
    assert len(gates.table) == 4


def test_areas_without_their_parent_are_doubted(read, table):
    square = f'"POLYGON (({EAST} {NORTH}, {EAST + 9} {NORTH}, {EAST} {NORTH + 9}, {EAST} {NORTH}))"'
    file = table(
        "area_id,name,level,parent_id,wkt",
        f"1,a,street,,{square}",
        f"2,b,community,1,{square}",
        f"3,c,community,9,{square}",
        f"4,d,community,4,{square}",
    )
    areas = crosscheck({"areas": read("areas", file=file, **METRES)})["areas"]
    assert areas.table["parent_id"].fillna("").tolist() == ["", "1", "", ""]
    assert [line[:4] for line in told(areas)] == [
        (4, "3", "parent_id", "doubted"),
        (5, "4", "parent_id", "doubted"),
    ]
    assert areas.ledger.closes()


def test_facilities_in_another_city_are_doubted(read, table, town):
    header = "facility_id,name,kind,status,x,y"
    near = f"near,x,canteen,在用,{EAST + 50_400},{NORTH}"  # 49.9 km from B
    far = f"far,x,canteen,在用,{EAST + 500 + 60_000},{NORTH}"
    facilities = read("facilities", file=table(header, near, far), **METRES)
    checked = crosscheck({"compounds": town, "facilities": facilities})["facilities"]
    assert told(checked) == [
        (
            3,
            "far",
            "geometry",
            "doubted",
            "it lies 60 km away from all compounds; its coordinates or datum may be wrong",
        )
    ]
    assert len(checked.table) == 2


def test_rooms_of_unknown_compounds_are_doubted(read, table, town):
    file = table("room_id,compound_ids,floor_area_m2", "1,A;B,350", "2,A;X;Y,350")
    rooms = crosscheck({"compounds": town, "rooms": read("rooms", file=file, crs=None)})["rooms"]
    assert told(rooms) == [(3, "2", "compound_ids", "doubted", "compound X, Y does not exist or was set aside")]
    assert rooms.table.loc["2", "compound_ids"] == "A;X;Y"


def test_layers_that_fit_stay_as_they_are(read, table, town):
    gates = read("gates", file=table("gate_id,compound_id,x,y", f"g,A,{EAST},{NORTH}"), **METRES)
    checked = crosscheck({"compounds": town, "gates": gates})
    assert checked["gates"] is gates
    assert checked["compounds"] is town
    assert crosscheck({"gates": gates})["gates"] is gates


def test_elders_move_with_their_row(town):
    left = town.noted(["A"], "name", {"A": "a reason"}, set_aside=True)
    assert left.ledger.closes()
    assert left.ledger.count("compounds").elders_set_aside == 15
    assert left.ledger.count("compounds").elders_used == 20


def test_no_compounds_at_all(read, table):
    compounds = read("compounds", file=table("compound_id,x,y"), **METRES)
    header = "facility_id,name,kind,status,x,y"
    facilities = read("facilities", file=table(header, f"f,x,canteen,在用,{EAST},{NORTH}"), **METRES)
    assert crosscheck({"compounds": compounds, "facilities": facilities})["facilities"] is facilities
