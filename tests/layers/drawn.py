"""Write DXF drawings as CAD programs do, and curved geometries that shapely cannot hold."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

XY = Sequence[tuple[float, float]]


def pairs(*codes: tuple[int, object]) -> str:
    return "".join(f"{code}\n{value}\n" for code, value in codes)


def polyline(layer: str, handle: str, points: XY, *, closed: bool) -> str:
    head = pairs((0, "LWPOLYLINE"), (5, handle), (8, layer), (90, len(points)), (70, int(closed)))
    return head + "".join(pairs((10, x), (20, y)) for x, y in points)


def text(
    layer: str, handle: str, at: tuple[float, float], words: str, *, kind: str = "TEXT", paper: bool = False
) -> str:
    sheet = ((67, 1),) if paper else ()
    return pairs((0, kind), (5, handle), *sheet, (8, layer), (10, at[0]), (20, at[1]), (40, 2.5), (1, words))


def point(layer: str, handle: str, at: tuple[float, float]) -> str:
    return pairs((0, "POINT"), (5, handle), (8, layer), (10, at[0]), (20, at[1]))


def insert(layer: str, handle: str, at: tuple[float, float], name: str) -> str:
    """Return a symbol with an attribute that holds a name."""
    block = pairs((0, "INSERT"), (5, handle), (8, layer), (2, "GATE"), (66, 1), (10, at[0]), (20, at[1]))
    block += pairs(
        (0, "ATTRIB"), (5, f"{handle}F"), (8, layer), (10, at[0]), (20, at[1]), (40, 2), (1, name), (2, "MC")
    )
    return block + pairs((0, "SEQEND"), (5, f"{handle}E"), (8, layer))


def drawing(path: Path, *entities: str, encoding: str = "gb18030", page: str = "ANSI_936") -> str:
    """Write a drawing; return its name."""
    head = pairs((0, "SECTION"), (2, "HEADER"), (9, "$ACADVER"), (1, "AC1027"), (9, "$DWGCODEPAGE"), (3, page))
    head += pairs((0, "ENDSEC"), (0, "SECTION"), (2, "BLOCKS"), (0, "BLOCK"), (8, "0"), (2, "GATE"), (70, 2))
    head += pairs((10, 0), (20, 0), (0, "CIRCLE"), (8, "0"), (10, 0), (20, 0), (40, 1), (0, "ENDBLK"), (8, "0"))
    head += pairs((0, "ENDSEC"), (0, "SECTION"), (2, "ENTITIES"))
    path.write_bytes((head + "".join(entities) + pairs((0, "ENDSEC"), (0, "EOF"))).encode(encoding))
    return path.name


def arcs(points: XY) -> bytes:
    """Return a circular string as WKB."""
    return struct.pack("<BII", 1, 8, len(points)) + b"".join(struct.pack("<dd", *point) for point in points)


def curve_polygon(*rings: bytes) -> bytes:
    return struct.pack("<BII", 1, 10, len(rings)) + b"".join(rings)


def circle(x: float, y: float, radius: float) -> bytes:
    ring = [(x - radius, y), (x, y + radius), (x + radius, y), (x, y - radius), (x - radius, y)]
    return curve_polygon(arcs(ring))
