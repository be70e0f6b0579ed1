"""Test how the elders of a study are settled: areas, text, grids, rasters, buildings, accounts and conflicts."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from planner.layers.files.rasters import read_raster
from planner.layers.people.elders import settle_elders
from planner.layers.settings import LayerSettings
from tests.layers.conftest import EAST, NORTH, ZONE

METRES = {"datum": "EPSG:4547"}


def wkt(west, south, east, north):
    return f'"{shapely.box(EAST + west, NORTH + south, EAST + east, NORTH + north).wkt}"'


@pytest.fixture
def areas(read, table):
    """Two communities side by side in a street, and a second street."""
    file = table(
        "area_id,name,level,parent_id,wkt",
        f"E,东塘社区,community,S,{wkt(0, 0, 1000, 1000)}",
        f"W,西塘社区,community,S,{wkt(1000, 0, 2000, 1000)}",
        f"S,鼓楼街道,street,,{wkt(0, 0, 2000, 1000)}",
        f"T,古井街道,street,,{wkt(2000, 0, 4000, 1000)}",
        name="areas.csv",
    )
    return read("areas", file=file, **METRES)


@pytest.fixture
def homes(read, table):
    """Compounds: two in the east, one across the line, one mostly west, one that only names its community, one lost."""
    file = table(
        "compound_id,households,elders_60,community,street,wkt",
        f"1,300,,,,{wkt(100, 100, 200, 200)}",
        f"2,100,,,,{wkt(300, 100, 400, 200)}",
        f"3,50,20,,,{wkt(950, 100, 1050, 200)}",
        f"4,70,,西塘社区,,{wkt(1040, 300, 1140, 400)}",
        f"5,30,,西塘社区,,{wkt(9000, 0, 9100, 100)}",
        f"6,10,,,,{wkt(8000, 0, 8100, 100)}",
        name="homes.csv",
    )
    return read("compounds", file=file, **METRES)


def settled(read, table, homes, areas, *rows, header="area_id,elders_60", **options):
    layers = {"compounds": homes, "population": read("population", file=table(header, *rows), crs=ZONE)}
    return settle_elders(layers | ({} if areas is None else {"areas": areas}), **options)


def told(layer):
    return [(entry.row, entry.id, entry.field, entry.action, entry.what) for entry in layer.ledger.entries]


def test_communities_are_spread_by_outline_and_by_text(read, table, homes, areas):
    # 3 lies across the line: half of it on either side, and the first by id takes it.
    layers, elders = settled(read, table, homes, areas, "E,101", "W,200")
    table_ = layers["compounds"].table
    # East: 101 less the 20 of compound 3 by 300 and 100. West: 200 by 70 and 30.
    assert table_["elders_60"].fillna(-1).tolist() == [61, 20, 20, 140, 60, -1]
    assert table_["elders_source"].tolist() == ["estimated", "estimated", "given", "estimated", "estimated", "unknown"]
    count = layers["population"].ledger.count("population")
    assert (count.elders_in, count.elders_used, count.elders_set_aside) == (301, 281, 20)
    assert layers["population"].ledger.closes()
    assert told(layers["population"]) == [
        (2, "E", "elders_60", "mended", "81 of 101 elders are spread over 2 compounds by number of households"),
        (3, "W", "elders_60", "mended", "200 of 200 elders are spread over 2 compounds by number of households"),
    ]
    assert elders.persons == {"given": 20, "estimated": 281, "set_aside": 20}
    assert elders.sources == {"given": 1, "estimated": 4, "unknown": 1}
    assert elders.spread_by == ("households",)
    assert elders.areas.loc["E", ["name", "given", "spread"]].tolist() == ["东塘社区", 20.0, 81.0]


def test_an_area_without_compounds_is_set_aside(read, table, homes, areas):
    layers, _elders = settled(read, table, homes, areas, "E,100", "T,55", "X,5", "Y,0")
    population = layers["population"]
    assert population.table.index.tolist() == ["E", "Y"]
    assert told(population)[-2:] != []
    aside = [line for line in told(population) if line[3] == "set_aside"]
    assert aside == [
        (3, "T", "elders_60", "set_aside", "no compound belongs to it; its 55 elders are set aside"),
        (4, "X", "elders_60", "set_aside", "no compound belongs to it; its 5 elders are set aside"),
    ]
    count = population.ledger.count("population")
    assert (count.rows_in, count.rows_used, count.rows_set_aside) == (4, 2, 2)
    assert (count.elders_in, count.elders_used, count.elders_set_aside) == (160, 80, 80)
    assert population.ledger.closes()


def test_areas_are_joined_by_name_too_and_that_is_told(read, table, homes, areas):
    layers, _elders = settled(read, table, homes, areas, "东塘社区,100", "W,9")
    assert layers["compounds"].table["elders_60"].fillna(-1).tolist() == [60, 20, 20, 6, 3, -1]
    assert told(layers["population"])[1] == (
        2,
        "东塘社区",
        "area_id",
        "mended",
        "no area has its identifier; joined to area E by the name 东塘社区",
    )
    layers, _elders = settled(read, table, homes, areas, "77,西塘社区,10", header="area_id,name,elders_60")
    assert layers["compounds"].table["elders_60"].fillna(-1).tolist() == [-1, -1, 20, 7, 3, -1]


def test_two_rows_of_one_area_are_not_added_up(read, table, homes, areas):
    layers, _elders = settled(read, table, homes, areas, "东塘社区,500", "E,100")
    assert layers["compounds"].table["elders_60"].iloc[:2].tolist() == [60, 20]
    assert "E is of the same area already" in [line[4] for line in told(layers["population"]) if line[3] == "set_aside"]
    assert layers["population"].ledger.closes()


def test_the_total_of_a_street_is_not_added_to_those_of_its_communities(read, table, homes, areas):
    layers, _elders = settled(read, table, homes, areas, "S,900", "E,100", "W,9")
    assert layers["compounds"].table["elders_60"].fillna(-1).tolist() == [60, 20, 20, 6, 3, -1]
    (aside,) = [line for line in told(layers["population"]) if line[3] == "set_aside"]
    assert aside[4] == "2 areas inside it are given on their own; its total would count their people again"
    assert layers["population"].ledger.count("population").elders_set_aside == 900 + 20


def test_without_areas_the_compounds_own_words_decide(read, table, homes):
    layers, _elders = settled(read, table, homes, None, "西塘社区,10", "东塘社区,8")
    assert layers["compounds"].table["elders_60"].fillna(-1).tolist() == [-1, -1, 20, 7, 3, -1]
    assert layers["population"].ledger.count("population").elders_set_aside == 8


def test_conflicts_are_reported_by_area(read, table, homes, areas):
    layers, elders = settled(read, table, homes, areas, "E,16", "W,100", header="area_id,elders_60")
    (conflict,) = elders.conflicts.to_dict("records")
    assert conflict == {
        "area_id": "E",
        "name": "东塘社区",
        "field": "elders_60",
        "total": 16.0,
        "given": 20.0,
        "difference": 4.0,
        "percent": 25.0,
        "compounds": 1,
    }
    assert told(layers["population"])[0] == (
        2,
        "E",
        "elders_60",
        "doubted",
        (
            "its compounds state 20, its total is 16: +4 persons (+25.0%); theirs are kept; "
            "nothing is left for the 2 others"
        ),
    )
    assert layers["compounds"].table["elders_60"].fillna(-1).tolist() == [-1, -1, 20, 70, 30, -1]
    assert layers["population"].ledger.closes()


def test_a_compound_without_the_weight_is_told(read, table, areas):
    file = table(
        "compound_id,households,wkt",
        f"1,300,{wkt(100, 100, 200, 200)}",
        f"2,,{wkt(300, 100, 400, 200)}",
        name="homes.csv",
    )
    layers, _elders = settled(
        read, table, read("compounds", file=file, **METRES), areas, "E,100", spread_by="households"
    )
    assert layers["compounds"].table["elders_60"].tolist() == [50, 50]
    assert told(layers["compounds"]) == [
        (
            3,
            "2",
            "households",
            "doubted",
            "number of households not given; to spread elders the mean of the compounds of its area was taken",
        )
    ]


def test_without_a_population_layer_nothing_is_estimated(homes):
    layers, elders = settle_elders({"compounds": homes})
    assert layers["compounds"].table["elders_source"].tolist() == [*["unknown"] * 2, "given", *["unknown"] * 3]
    assert elders.persons == {"given": 20, "estimated": 0, "set_aside": 0}


class TestBasis:
    def test_two_layers_of_different_people_are_doubted(self, read, table, homes, areas):
        homes = read("compounds", file=homes.file, basis="registered", **METRES)
        layers, elders = settled(read, table, homes, areas, "E,100", header="area_id,常住老年人口")
        assert elders.basis == "mixed"
        first = told(layers["population"])[0]
        assert first[3] == "doubted"
        assert first[4].startswith("elders of compounds are registered there (户籍), those of areas are living there")

    def test_one_layer_says_it_for_both(self, read, table, homes, areas):
        _layers, elders = settled(read, table, homes, areas, "E,100", header="area_id,户籍老年人口")
        assert elders.basis == "registered"

    def test_a_layer_without_elders_says_nothing(self, read, table, areas):
        file = table("compound_id,households,wkt", f"1,300,{wkt(100, 100, 200, 200)}", name="homes.csv")
        homes = read("compounds", file=file, basis="registered", **METRES)
        _layers, elders = settled(read, table, homes, areas, "E,100", header="area_id,常住老年人口")
        assert elders.basis == "resident"


class TestBuildings:
    def test_by_hand(self, read, table, areas):
        homes = table(
            "compound_id,wkt",
            f"1,{wkt(100, 100, 200, 200)}",
            f"2,{wkt(300, 100, 400, 200)}",
            f"3,{wkt(500, 100, 600, 200)}",
            name="homes.csv",
        )
        houses = table(
            "楼栋编号,层数,建筑高度（米）,建筑用途,wkt",
            f"a,6,,住宅,{wkt(110, 110, 120, 120)}",  # 600 m² of floors
            f"b,,18,,{wkt(310, 110, 330, 120)}",  # 18 m are six floors: 1,200 m²
            f"c,30,,商场,{wkt(340, 110, 390, 190)}",  # no homes
            f"d,2,,住宅,{wkt(595, 110, 615, 120)}",  # its middle lies in no compound
            name="houses.csv",
        )
        buildings = read("buildings", file=houses, **METRES)
        assert buildings.ledger.entries == ()
        layers = {
            "areas": areas,
            "compounds": read("compounds", file=homes, **METRES),
            "buildings": buildings,
            "population": read("population", file=table("area_id,elders_60", "E,90"), crs=ZONE),
        }
        done, elders = settle_elders(layers, spread_by="building_volume")
        # Compound 3 has no building: the mean of the others, 900 m².
        assert done["compounds"].table["elders_60"].tolist() == [20, 40, 30]
        assert elders.spread_by == ("building_volume",)
        done, _elders = settle_elders(layers, spread_by="building_volume", storey_m=6.0)
        assert done["compounds"].table["elders_60"].tolist() == [30, 30, 30]


def grid_file(folder, values, size=500.0, columns=2):
    cells = [
        shapely.box(
            EAST + size * (n % columns),
            NORTH + size * (n // columns),
            EAST + size * (n % columns + 1),
            NORTH + size * (n // columns + 1),
        )
        for n in range(len(next(iter(values.values()))))
    ]
    gpd.GeoDataFrame({"area_id": [f"g{n}" for n in range(len(cells))], **values}, geometry=cells, crs=ZONE).to_file(
        folder / "grid.gpkg"
    )
    return "grid.gpkg"


class TestGrid:
    def test_a_grid_of_polygons(self, read, homes, tmp_path):
        file = grid_file(tmp_path, {"elders_60": [80, 5, 30, 0]})
        layers, elders = settle_elders({"compounds": homes, "population": read("population", file=file)})
        # Half of compound 3 with its 20 elders lies in the second cell, which has but 5.
        assert layers["compounds"].table["elders_60"].fillna(-1).tolist() == [60, 20, 20, -1, -1, -1]
        assert [line[2:] for line in told(layers["population"])] == [
            ("elders_60", "set_aside", "no compound belongs to it; its 30 elders are set aside"),
            ("elders_60", "mended", "80 elders of 1 cells are spread over 2 compounds by number of households"),
            ("elders_60", "doubted", "in 1 cells compounds state 10 elders, the cells have 5; the compounds' are kept"),
        ]
        count = layers["population"].ledger.count("population")
        assert (count.elders_in, count.elders_used, count.elders_set_aside) == (115, 80, 35)
        assert layers["population"].ledger.closes()
        assert elders.conflicts["difference"].tolist() == [5.0]

    def test_a_share_of_all_people(self, read, homes, tmp_path):
        file = grid_file(tmp_path, {"population": [401, 0, 99, 0]})
        layer = read_share(tmp_path, file, 0.2)
        assert layer.table["elders_60"].tolist() == [80, 0, 20, 0]
        assert layer.ledger.count("population").elders_in == 100

    def test_a_share_of_nothing_or_beside_elders_is_refused(self, refused, tmp_path):
        file = grid_file(tmp_path, {"elders_60": [1], "population": [5]})
        (fault,) = refused(read_share, tmp_path, file, 0.2)
        assert fault.what == "the file counts people of 60 and more itself, and [elders] share_60 is given too"
        file = grid_file(tmp_path, {"name": ["x"]})
        (fault,) = refused(read_share, tmp_path, file, 0.2)
        assert fault.what == "there is no number of people that [elders] share_60 could be a share of"


def read_share(folder, file, share):
    from planner.layers import read_layer

    return read_layer("population", LayerSettings(file=file), folder=folder, crs=ZONE, share_60=share)


class TestRaster:
    @pytest.fixture
    def write(self, tmp_path):
        rasterio = pytest.importorskip("rasterio", reason="rasters need the extra [raster]")

        def writer(values, *, nodata=-1.0, crs="EPSG:4547", size=100.0, west=EAST, north=NORTH + 300):
            values = np.atleast_3d(np.asarray(values, dtype="float32"))
            values = values[None, ..., 0] if values.shape[-1] == 1 else values
            transform = rasterio.Affine(size, 0.0, west, 0.0, -size, north)
            shape = {"width": values.shape[2], "height": values.shape[1], "count": values.shape[0]}
            with rasterio.open(
                tmp_path / "pop.tif",
                "w",
                driver="GTiff",
                dtype="float32",
                crs=crs,
                transform=transform,
                nodata=nodata,
                **shape,
            ) as file:
                file.write(values)
            return "pop.tif"

        return writer

    @pytest.fixture
    def town(self, read, table):
        file = table(
            "compound_id,households,wkt",
            f"1,100,{wkt(0, 100, 200, 200)}",  # two cells of the middle row
            f"2,300,{wkt(250, 110, 260, 120)}",
            name="homes.csv",
        )
        return read("compounds", file=file, **METRES)

    def open(self, folder, homes, **settings):
        share = settings.pop("share_60", None)
        return read_raster(LayerSettings(**settings), folder=folder, compounds=homes.table, share_60=share)

    def test_cells_are_spread_and_the_rest_is_counted(self, write, town, tmp_path):
        # North to south; only the middle row touches compounds, and the fourth column lies beyond the window.
        file = write([[1, 2, 3, 50], [10.4, 20.4, 30.9, 50], [7, -1, 9, 50]])
        population = self.open(tmp_path, town, file=file, fields={"elders_60": "1"})
        layers, elders = settle_elders({"compounds": town, "population": population})
        assert layers["compounds"].table["elders_60"].tolist() == [31, 31]
        count = layers["population"].ledger.count("population")
        # The outlines reach from the first to the third column and end on the line of the first row.
        assert (count.rows_in, count.rows_used) == (1, 1)
        assert count.elders_used == 62
        assert count.elders_in == count.elders_used + count.elders_set_aside
        assert layers["population"].ledger.closes()
        assert elders.persons["estimated"] == 62
        beyond = [entry.what for entry in layers["population"].ledger.entries if "no compound" in entry.what]
        told = f"{count.elders_set_aside} of {count.elders_in} elders live in cells that no compound overlaps"
        assert beyond == ([f"{told}; they are set aside"] if count.elders_set_aside else [])

    def test_in_degrees_too(self, write, town, tmp_path):
        from pyproj import Transformer

        lon, lat = Transformer.from_crs(4547, 4326, always_xy=True).transform(EAST, NORTH + 300)
        file = write(np.full((40, 40), 10.0), crs="EPSG:4326", size=0.001, west=lon - 0.02, north=lat + 0.02)
        population = self.open(tmp_path, town, file=file, fields={"elders_60": "1"})
        layers, _elders = settle_elders({"compounds": town, "population": population})
        # Cells of 0.001 degrees: each holds 10, and all that touch a compound are used whole.
        touched = population.table.geometry.intersects(town.table.geometry.union_all()).sum()
        assert layers["compounds"].table["elders_60"].sum() == 10 * touched

    def test_all_people_with_a_share(self, write, town, tmp_path):
        file = write([[0, 0, 0], [100, 100, 50], [0, 0, 0]])
        population = self.open(tmp_path, town, file=file, fields={"population": "1"}, share_60=0.2)
        layers, _elders = settle_elders({"compounds": town, "population": population})
        assert layers["compounds"].table["elders_60"].tolist() == [40, 10]
        assert layers["compounds"].table["population"].tolist() == [200, 50]

    @pytest.mark.parametrize(
        ("settings", "what"),
        [
            ({}, "nobody says what the raster counts"),
            ({"fields": {"population": "1"}}, "nobody says what the raster counts"),
            ({"fields": {"elders_60": "7"}}, "the raster has no band 7"),
            ({"fields": {"name": "1", "elders_60": "1"}}, "name is no column of this layer"),
            ({"fields": {"elders_60": "1"}, "sheet": "x"}, "sheet means nothing for a .tif file"),
        ],
    )
    def test_what_it_counts_is_asked(self, write, town, refused, tmp_path, settings, what):
        file = write([[1.0]])
        assert what in [fault.what for fault in refused(self.open, tmp_path, town, file=file, **settings)]

    def test_refusals(self, write, town, refused, tmp_path, monkeypatch):
        named = {"fields": {"elders_60": "1"}}
        (fault,) = refused(self.open, tmp_path, town, file="gone.tif", **named)
        assert fault.what == "the file does not exist"
        file = write([[1.0]], west=EAST + 90_000)
        (fault,) = refused(self.open, tmp_path, town, file=file, **named)
        assert fault.what == "the raster does not reach the compounds"
        file = write(np.full((3, 3), -99.0))
        (fault,) = refused(self.open, tmp_path, town, file=file, **named)
        assert fault.what == "the raster holds negative numbers of people"
        file = write(np.full((3, 3), 9.0), crs=None)
        (fault,) = refused(self.open, tmp_path, town, file=file, **named)
        assert fault.what == "nobody says which datum the coordinates are in"
        monkeypatch.setitem(__import__("sys").modules, "rasterio", None)
        (fault,) = refused(self.open, tmp_path, town, file=file, **named)
        assert "planner[raster]" in fault.todo


class TestRealData:
    def test_helsinki_grid_over_street_blocks(self, shared_data):
        """A part of the city in blocks of streets: each cell's people are among the blocks it overlaps."""
        import pyogrio

        from planner.layers.places.datums import compute_crs_for

        crs = compute_crs_for(24.94, 60.17)
        lines = pyogrio.read_dataframe(shared_data / "helsinki" / "Helsinki.osm.pbf", layer="lines")
        streets = lines[lines["highway"].notna()].to_crs(crs)
        blocks = shapely.get_parts(
            shapely.polygonize(shapely.get_parts(shapely.union_all(streets.geometry.to_numpy())))
        )
        blocks = blocks[(shapely.area(blocks) > 2_000) & (shapely.area(blocks) < 200_000)]
        grid = gpd.read_file(shared_data / "helsinki" / "population_grid_2020.gpkg").to_crs(crs)
        homes, population = layer_of("compounds", blocks, crs), layer_of("population", grid.geometry.to_numpy(), crs)
        people = grid["population"].to_numpy()
        population.table["elders_60"] = pd.array(people, "Int64")
        population = counted(population, int(people.sum()))
        weights = shapely.area(blocks)
        homes.table["residential_floor_area_m2"] = weights
        layers, elders = settle_elders({"compounds": homes, "population": population})

        # The same in plain Python: cell by cell, block by block.
        exact = np.zeros(len(blocks))
        placed = 0
        for cell, number in zip(grid.geometry, people, strict=True):
            parts = [cell.intersection(block).area / block.area for block in blocks]
            parts = [part if part > 1e-6 else 0.0 for part in parts]
            whole = sum(part * weight for part, weight in zip(parts, weights, strict=True))
            if whole:
                placed += number
                exact += [number * part * weight / whole for part, weight in zip(parts, weights, strict=True)]
        now = layers["compounds"].table["elders_60"].fillna(0).to_numpy(dtype=float)
        assert len(blocks) > 100
        assert now.sum() == placed == elders.persons["estimated"]
        assert np.abs(now - exact).max() < 1
        count = layers["population"].ledger.count("population")
        assert count.elders_set_aside == people.sum() - placed
        assert layers["population"].ledger.closes()

    def test_bishan_by_building_volume(self, shared_data):
        """Subzones' elders over invented compounds of 200 m by the floors of 3,766 buildings, against plain Python."""
        crs = CRS(32648)
        subzones = gpd.read_file(shared_data / "bishan" / "bishan_subzones.gpkg").to_crs(crs)
        buildings = gpd.read_file(shared_data / "bishan" / "bishan_buildings.gpkg").to_crs(crs)
        buildings = buildings[~buildings["osm_id"].duplicated() & buildings.is_valid]
        west, south, east, north = subzones.total_bounds
        squares = np.array(
            [
                shapely.box(x, y, x + 200, y + 200)
                for x in np.arange(west, east, 200)
                for y in np.arange(south, north, 200)
            ]
        )
        squares = squares[shapely.intersects(subzones.union_all(), squares)]
        homes, houses = layer_of("compounds", squares, crs), layer_of("buildings", buildings.geometry.to_numpy(), crs)
        areas, population = (layer_of(name, subzones.geometry.to_numpy(), crs) for name in ("areas", "population"))
        houses.table["height_m"] = buildings["height_m"].to_numpy(dtype=float)
        areas.table["level"] = "community"
        elders_65 = subzones["population_elderly_65plus"].to_numpy()
        population.table["elders_60"] = pd.array(elders_65, "Int64")
        population = counted(population, int(elders_65.sum()))
        layers, _elders = settle_elders(
            {"compounds": homes, "areas": areas, "population": population, "buildings": houses},
            spread_by="building_volume",
        )
        now = layers["compounds"].table["elders_60"].to_numpy(dtype=float)
        assert now.sum() == elders_65.sum() == 16_040

        volume = [0.0] * len(squares)
        for shape, height in zip(buildings.geometry, buildings["height_m"], strict=True):
            middle = shape.point_on_surface()
            place = next((n for n, square in enumerate(squares) if square.intersects(middle)), None)
            if place is not None:
                volume[place] += shape.area * max(height / 3.0, 1.0)
        overlaps = [[square.intersection(zone).area for zone in subzones.geometry] for square in squares]
        member = [row.index(max(row)) for row in overlaps]
        for zone, total in enumerate(elders_65):
            mine = [n for n, one in enumerate(member) if one == zone]
            known = [volume[n] for n in mine if volume[n]]
            weight = [volume[n] or sum(known) / len(known) for n in mine]
            exact = [total * one / sum(weight) for one in weight]
            assert now[mine].sum() == total
            assert np.abs(now[mine] - exact).max() < 1


def layer_of(name, shapes, crs):
    """A layer of shapes with the contract's columns, all empty."""
    from planner.layers.columns import LAYERS
    from planner.layers.ledger import LayerCount, Ledger
    from planner.layers.reading import Layer

    spec = LAYERS[name]
    index = pd.Index([f"{n:05d}" for n in range(len(shapes))], name=spec.id)
    empty = {column.name: pd.Series(index=index, dtype=column.dtype) for column in spec.columns[1:]}
    table = gpd.GeoDataFrame(empty, geometry=shapes, crs=crs)
    ledger = Ledger((), (LayerCount(name, len(shapes), len(shapes), 0),))
    return Layer(name, table, ledger, f"{name}.gpkg", pd.Series(np.arange(1, len(shapes) + 1), index=index))


def counted(layer, elders):
    from dataclasses import replace

    from planner.layers.ledger import LayerCount, Ledger

    number = len(layer.table)
    return replace(layer, ledger=Ledger((), (LayerCount(layer.name, number, number, 0, elders, elders),)))
