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
    def corner(size):
        return f'"POLYGON (({EAST} {NORTH}, {EAST + size} {NORTH}, {EAST} {NORTH + size}, {EAST} {NORTH}))"'

    file = table(
        "area_id,name,level,parent_id,wkt",
        f"1,a,street,,{corner(9)}",
        f"2,b,community,1,{corner(8)}",
        f"3,c,community,9,{corner(7)}",
        f"4,d,community,4,{corner(6)}",
    )
    areas = crosscheck({"areas": read("areas", file=file, **METRES)})["areas"]
    assert areas.table["parent_id"].fillna("").tolist() == ["", "1", "", ""]
    assert [line[:4] for line in told(areas)] == [
        (4, "3", "parent_id", "doubted"),
        (5, "4", "parent_id", "doubted"),
    ]
    assert areas.ledger.closes()


def test_compounds_far_from_the_area_that_they_name_are_doubted(read, table):
    """Trap 16: the name decides where a compound's elders count, but a name two kilometres off is told."""

    def square(east):
        ring = ((east, 0), (east + 1000, 0), (east + 1000, 1000), (east, 1000), (east, 0))
        return '"POLYGON ((' + ", ".join(f"{EAST + x} {NORTH + y}" for x, y in ring) + '))"'

    lines = [f"1,West,community,{square(0)}", f"2,East,community,{square(1000)}"]
    areas = read("areas", file=table("area_id,name,level,wkt", *lines, name="areas.csv"), **METRES)
    # In West; in East by 100 m but said to be West's; in East by 900 m and said to be West's.
    homes = [f"A,West,{EAST + 500},{NORTH + 500}", f"B,West,{EAST + 1100},{NORTH + 500}"]
    homes.append(f"C,West,{EAST + 1900},{NORTH + 500}")
    compounds = read("compounds", file=table("compound_id,community,x,y", *homes, name="homes.csv"), **METRES)
    checked = crosscheck({"areas": areas, "compounds": compounds})["compounds"]
    assert told(checked) == [
        (4, "C", "community", "doubted", "it names West, which is 900 m away; elders count where the name says")
    ]
    assert checked.ledger.closes()


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


class TestFarAway:
    def test_gates_off_their_compound(self, tmp_path, read, table, compounds):
        compounds.to_file(tmp_path / "c.gpkg")
        # 001 is a square of 100 m by 200 m from EAST, NORTH; 003 a point at EAST + 600, NORTH + 20.
        gates = read(
            "gates",
            file=table(
                "gate_id,compound_id,x,y",
                f"at,001,{EAST + 100},{NORTH + 50}",
                f"inside,001,{EAST + 50},{NORTH + 50}",
                f"near,001,{EAST + 599},{NORTH + 50}",
                f"far,001,{EAST + 601},{NORTH + 50}",
                f"of_point,003,{EAST + 600},{NORTH + 519}",
                f"off_point,003,{EAST + 600},{NORTH + 522}",
            ),
            **METRES,
        )
        checked = crosscheck({"compounds": read("compounds", file="c.gpkg"), "gates": gates})["gates"]
        what = "it lies {distance} m off the outline of compound {id}; one of the two may be wrong"
        assert told(checked) == [
            (5, "far", "geometry", "doubted", what.format(distance=501, id="001")),
            (7, "off_point", "geometry", "doubted", what.format(distance=502, id="003")),
        ]
        assert checked.ledger.closes()

    def test_one_compound_in_another_city(self, read, table):
        rows = [f"{number},{EAST + 100 * number},{NORTH}" for number in range(1, 10)]
        town = read("compounds", file=table("compound_id,x,y", *rows, f"far,{EAST},{NORTH - 70_000}"), **METRES)
        checked = crosscheck({"compounds": town})["compounds"]
        what = "it lies 70 km away from most other compounds; its coordinates may be wrong"
        assert told(checked) == [(11, "far", "geometry", "doubted", what)]
        assert len(checked.table) == 10

    def test_two_towns_are_no_mistake(self, read, table):
        rows = [f"{number},{EAST},{NORTH + 80_000 * (number % 3)}" for number in range(1, 13)]
        town = read("compounds", file=table("compound_id,x,y", *rows), **METRES)
        assert told(crosscheck({"compounds": town})["compounds"]) == []

    def test_three_compounds_are_too_few_to_say(self, read, table):
        rows = [f"A,{EAST},{NORTH}", f"B,{EAST},{NORTH}", f"C,{EAST},{NORTH + 90_000}"]
        town = read("compounds", file=table("compound_id,x,y", *rows), **METRES)
        assert told(crosscheck({"compounds": town})["compounds"]) == []

    def test_candidates_in_another_city(self, read, table, town):
        file = table("candidate_id,use,x,y", f"near,canteen,{EAST},{NORTH}", f"far,canteen,{EAST + 60_500},{NORTH}")
        checked = crosscheck({"compounds": town, "candidates": read("candidates", file=file, **METRES)})["candidates"]
        assert [line[1] for line in told(checked)] == ["far"]


def test_facilities_of_which_none_is_in_use_are_doubted_as_a_whole(read, table, town):
    lines = [f"F{place},a,day_care,{status},{EAST},{NORTH}" for place, status in enumerate(["拟建2027", "停业", ""])]
    header = "facility_id,name,kind,status,x,y"
    places = read("facilities", file=table(header, *lines), **METRES)
    checked = crosscheck({"compounds": town, "facilities": places})["facilities"]
    what = "none of its 3 facilities is in use, so no compound can reach any"
    assert told(checked)[-1] == (0, "", "status", "doubted", what)
    assert checked.ledger.closes()
    lines.append(f"F9,a,day_care,在用,{EAST},{NORTH}")
    places = read("facilities", file=table(header, *lines, name="more.csv"), **METRES)
    assert told(crosscheck({"compounds": town, "facilities": places})["facilities"]) == told(places)
