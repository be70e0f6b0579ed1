"""Read streets from whatever file they come in, and make the network of them."""

from __future__ import annotations

from pathlib import Path

from pyproj import CRS

from planner.errors import Fault, InputError
from planner.i18n import _
from planner.walking import graphs, lines, osm
from planner.walking.network import WalkNetwork, assemble
from planner.walking.streets import Streets


def suffix_of(path: Path) -> str:
    """Tell the kind of a street file by its name: the longest ending that is known, or nothing.

    Examples
    --------
    >>> suffix_of(Path("city.osm.pbf")), suffix_of(Path("streets.GPKG")), suffix_of(Path("plan.dwg"))
    ('.osm.pbf', '.gpkg', '')
    """
    name = path.name.lower()
    known = sorted((*osm.SUFFIXES, *graphs.SUFFIXES, *lines.SUFFIXES), key=len, reverse=True)
    return next((suffix for suffix in known if name.endswith(suffix)), "")


def read_streets(path: Path, *, crs: CRS) -> Streets:
    """Read the walkable ways of a file.

    Parameters
    ----------
    path
        .osm.pbf .osm .osm.gz .osm.bz2, .graphml (osmnx), or a line layer (.gpkg .shp .geojson .parquet).
    crs
        Compute CRS: projected, metres.

    Returns
    -------
    Streets

    Raises
    ------
    InputError
        The file is missing, of no known kind, unreadable, or holds no walkable way.

    Examples
    --------
    >>> streets = read_streets(Path("data/sample/network.osm.pbf"), crs=CRS.from_epsg(4547))
    >>> streets.classes[0], streets.notes["nodes_missing"]
    ('street', 0)
    """
    if not path.exists():
        raise InputError(
            Fault(
                _("the street file does not exist"),
                where=str(path),
                todo=_("correct [walking] network in study.toml"),
            )
        )
    suffix = suffix_of(path)
    if suffix in osm.SUFFIXES:
        return osm.read_osm(path)
    if suffix in graphs.SUFFIXES:
        return graphs.read_graphml(path)
    if suffix in lines.SUFFIXES:
        return lines.read_lines(path, crs=crs)
    known = " ".join((*osm.SUFFIXES, *graphs.SUFFIXES, *lines.SUFFIXES))
    raise InputError(
        Fault(
            _("streets cannot be read from this kind of file"),
            where=str(path),
            todo=_("give one of {kinds}").format(kinds=known),
        )
    )


def read_network(path: str | Path, *, crs: CRS | str | int) -> WalkNetwork:
    """Read a walking network from a file.

    Parameters
    ----------
    path
        As for `read_streets`.
    crs
        Compute CRS: projected, metres.

    Returns
    -------
    WalkNetwork

    Raises
    ------
    InputError
        The file cannot be used (see `read_streets`), or the CRS is not projected in metres.

    Examples
    --------
    >>> read_network("data/sample/network.osm.pbf", crs="EPSG:4547").one_way
    False
    """
    compute = CRS.from_user_input(crs)
    if not (compute.is_projected and all(axis.unit_name == "metre" for axis in compute.axis_info)):
        raise InputError(
            Fault(
                _("the compute CRS {crs} is not projected in metres").format(crs=compute.name),
                todo=_("choose one that is, such as EPSG:4547"),
            )
        )
    return assemble(read_streets(Path(path), crs=compute), crs=compute)
