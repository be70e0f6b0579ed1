"""Know the formats of files by their endings and by their first bytes, and say so where the two disagree."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from planner.errors import Fault
from planner.i18n import N_, _

_HEAD = 4096


@dataclass(frozen=True)
class Kind:
    """What a file is.

    Parameters
    ----------
    description
        What people call it, in English; translate it with ``planner.i18n._``.
    endings
        Endings under which it can be read, none where it cannot.
    todo
        What to do about it where it cannot be read.
    """

    description: str
    endings: tuple[str, ...] = ()
    todo: str = ""


_EXPORT = N_("in the CAD program save it as DXF (command DXFOUT), or export its outlines as SHP (MAPEXPORT)")
_AS_XLSX = N_("open it in Excel or WPS and save it as .xlsx")
_UNLOCK = N_("open it in Excel or WPS, take the password off and save it as .xlsx")
_UNPACK = N_("unpack it")
_AS_LAYER = N_("export the table as .xlsx, or the layer as a shapefile or into a file geodatabase (.gdb)")
_AS_TABLE = N_("put its table into a sheet and save that as .xlsx")

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "xlsx": Kind(N_("an Excel workbook of the new kind"), (".xlsx", ".xlsm")),
        "xls": Kind(N_("an Excel workbook of the old kind"), (".xls",)),
        "gpkg": Kind(N_("a GeoPackage"), (".gpkg",)),
        "shp": Kind(N_("a shapefile"), (".shp",)),
        "parquet": Kind(N_("a Parquet file"), (".parquet",)),
        "dxf": Kind(N_("a DXF drawing"), (".dxf",)),
        "kml": Kind(N_("a KML file"), (".kml",)),
        "kmz": Kind(N_("a packed KML file"), (".kmz",)),
        "gdb.zip": Kind(N_("a packed file geodatabase"), (".gdb.zip",)),
        "json": Kind(N_("JSON text"), (".geojson", ".json")),
        "tab": Kind(N_("a MapInfo table"), (".tab",)),
        "mif": Kind(N_("a MapInfo interchange file"), (".mif",)),
        "text": Kind(N_("plain text"), (".csv", ".tsv", ".txt")),
        "dwg": Kind(N_("an AutoCAD drawing (DWG)"), (), _EXPORT),
        "html": Kind(N_("a web page with a table, as many office systems export it"), (), _AS_XLSX),
        "xml-sheet": Kind(N_("an Excel workbook as XML of 2003"), (), _AS_XLSX),
        "locked": Kind(N_("a workbook locked with a password"), (), _UNLOCK),
        "et": Kind(N_("a WPS workbook of the old kind"), (), _AS_XLSX),
        "ods": Kind(N_("an OpenDocument sheet"), (), _AS_XLSX),
        "document": Kind(N_("a text document"), (), _AS_TABLE),
        "mdb": Kind(N_("an Access database or personal geodatabase"), (), _AS_LAYER),
        "pdf": Kind(N_("a PDF"), (), N_("ask for the table or drawing that it was made from")),
        "zip": Kind(N_("a packed archive"), (), _UNPACK),
        "rar": Kind(N_("a packed archive (RAR)"), (), _UNPACK),
        "7z": Kind(N_("a packed archive (7z)"), (), _UNPACK),
    }
)
"""What files are, by a short name of their own."""

READABLE: Mapping[str, str] = MappingProxyType(
    {ending: name for name, kind in KINDS.items() for ending in kind.endings} | {".gdb": "gdb"}
)
"""The kind that each ending promises."""

_UNREADABLE = {".dwg": "dwg", ".et": "et", ".pdf": "pdf", ".doc": "document", ".docx": "document"}
_UNREADABLE |= {".mdb": "mdb", ".accdb": "mdb"}
_UNREADABLE |= {".zip": "zip", ".rar": "rar", ".7z": "7z", ".ods": "ods", ".html": "html", ".htm": "html"}

_ARCHIVES = {"xlsx", "kmz", "gdb.zip"}
_STARTS = {
    b"\x00\x00\x27\x0a": "shp",
    b"PAR1": "parquet",
    b"%PDF": "pdf",
    b"Rar!": "rar",
    b"7z\xbc\xaf": "7z",
    b"AutoCAD Binary DXF": "dxf",
    b"{\\rtf": "document",
}
_TEXT_STARTS = (
    (rb"\s*(?:999\r?\n.*\r?\n\s*)*0\s*\r?\nSECTION", "dxf"),
    (rb"\s*(?:\{\s*\"|\[\s*[{\[])", "json"),
    (rb"\s*!table", "tab"),
    (rb"\s*version\s+\d+\s*\r?\n(?:.*\r?\n)*?\s*(?:charset|delimiter|coordsys|columns)", "mif"),
)
_XML_STARTS = (
    (rb"<kml[\s>]", "kml"),
    (rb"<(?:!doctype\s+html|html|table|meta|head|body)[\s>]", "html"),
    (rb"urn:schemas-microsoft-com:office:spreadsheet", "xml-sheet"),
)


# What belongs to a file and lies beside it under the same name.
_BESIDE = {
    ".shp": {".dbf", ".shx", ".prj", ".cpg"},
    ".tab": {".dat", ".map", ".id", ".ind"},
    ".mif": {".mid"},
}


def parts_of(path: Path) -> list[Path]:
    """Return all files that a layer is read from.

    Parameters
    ----------
    path
        The file that study.toml names, or the folder of a file geodatabase.

    Returns
    -------
    list of pathlib.Path
        The file and what belongs to it, or what the folder holds without the locks of who has it open.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("小区.shp", "小区.dbf", "小区.CPG", "小区.xlsx"):
    ...         Path(folder, name).touch()
    ...     [part.name for part in parts_of(Path(folder, "小区.shp"))]
    ['小区.shp', '小区.CPG', '小区.dbf']
    """
    if path.is_dir():
        return sorted(part for part in path.iterdir() if part.is_file() and part.suffix.lower() != ".lock")
    wanted = _BESIDE.get(ending_of(path))
    if wanted is None:
        return [path]
    beside = (part for part in path.parent.iterdir() if part.stem == path.stem)
    return [path, *sorted(part for part in beside if part.suffix.lower() in wanted)]


def ending_of(path: Path) -> str:
    """Return the ending that tells the format, in small letters.

    Examples
    --------
    >>> ending_of(Path("小区.GDB.zip")), ending_of(Path("小区.v2.XLSX"))
    ('.gdb.zip', '.xlsx')
    """
    name = path.name.lower()
    return ".gdb.zip" if name.endswith(".gdb.zip") else path.suffix.lower()


def kind_of(path: Path) -> str:
    """Tell from its first bytes what a file is.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    str
        A key of :data:`KINDS`, empty where the bytes tell nothing.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "小区.xls")
    ...     _written = path.write_text("<html><table>", encoding="utf-8")
    ...     kind_of(path)
    'html'
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(b"PK\x03\x04"):
        return _packed(path)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _compound(path)
    if head.startswith(b"SQLite format 3\x00"):
        return "gpkg"
    if re.match(rb"AC10\d\d\x00", head):
        return "dwg"
    for start, kind in _STARTS.items():
        if head.startswith(start):
            return kind
    return _written(head)


def _packed(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as parts:
            names = [name.lower() for name in parts.namelist()]
            kind = parts.read("mimetype") if "mimetype" in names else b""
    except (zipfile.BadZipFile, OSError):
        return "zip"
    if b"opendocument.spreadsheet" in kind:
        return "ods"
    for start, known in (("xl/", "xlsx"), ("word/", "document"), ("content.xml", "document")):
        if any(name.startswith(start) for name in names):
            return known
    if any(".gdb/" in name or name.endswith(".gdbtable") for name in names):
        return "gdb.zip"
    return "kmz" if any(name.endswith(".kml") for name in names) else "zip"


def _compound(path: Path) -> str:
    """Tell what a container of the old Office holds by the names of its streams."""
    data = path.read_bytes()

    def holds(stream: str) -> bool:
        return stream.encode("utf-16-le") in data

    if holds("EncryptedPackage"):
        return "locked"
    if holds("WordDocument"):
        return "document"
    return "xls" if holds("Workbook") or holds("Book") else ""


def _written(head: bytes) -> str:
    """Tell what a text is."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "text"
    low = head.removeprefix(b"\xef\xbb\xbf").lower()
    for pattern, kind in _TEXT_STARTS:
        if re.match(pattern, low, re.IGNORECASE):
            return kind
    if low.lstrip().startswith(b"<"):
        return next((kind for pattern, kind in _XML_STARTS if re.search(pattern, low)), "")
    controls = sum(byte < 32 and byte not in b"\t\r\n\x0c\x1a" for byte in low)
    return "text" if low and not controls else ""


def unreadable(file: str, ending: str, layer: str) -> Fault:
    """Say that files of an ending cannot be read, and what to do.

    Parameters
    ----------
    file
        Name of the file.
    ending
        As :func:`ending_of` gives it.
    layer
        Name of the layer.

    Returns
    -------
    Fault
        The refusal.

    Examples
    --------
    >>> from planner.i18n import language
    >>> with language("en"):
    ...     print(unreadable("规划.dwg", ".dwg", "areas").what)
    an AutoCAD drawing (DWG) cannot be read
    """
    if ending in _UNREADABLE:
        kind = KINDS[_UNREADABLE[ending]]
        what = _("{what} cannot be read").format(what=_(kind.description))
        return Fault(what, where=file, todo=_named(kind.todo, layer))
    return Fault(
        _("files ending in “{suffix}” cannot be read").format(suffix=ending),
        where=file,
        todo=_("save it as one of {formats} and name that under [layers.{layer}]").format(
            formats=_(", ").join(READABLE), layer=layer
        ),
    )


def _named(todo: str, layer: str) -> str:
    return _("{todo}, and name the result under [layers.{layer}]").format(todo=_(todo), layer=layer)


def disguise(path: Path, file: str, layer: str) -> Fault | None:
    """Say what a file is where its bytes are not what its ending promises.

    Parameters
    ----------
    path
        The file.
    file
        Its name for messages.
    layer
        Name of the layer.

    Returns
    -------
    Fault or None
        None where nothing speaks against the ending.

    Examples
    --------
    >>> import tempfile
    >>> from planner.i18n import language
    >>> with tempfile.TemporaryDirectory() as folder, language("en"):
    ...     path = Path(folder, "小区.csv")
    ...     _written = path.write_bytes(b"%PDF-1.7")
    ...     print(disguise(path, "小区.csv", "compounds").what)
    the file is a PDF, whatever its name says
    """
    ending = ending_of(path)
    found = kind_of(path)
    promised = READABLE.get(ending)
    # Which archive a damaged one is nobody can tell.
    if not found or found == promised or (found == "zip" and promised in _ARCHIVES):
        return None
    kind = KINDS[found]
    todo = _("give it a name that ends in {endings}, and name that under [layers.{layer}]").format(
        endings=_(" or ").join(kind.endings), layer=layer
    )
    return Fault(
        _("the file is {what}, whatever its name says").format(what=_(kind.description)),
        where=file,
        why=_("it is called {ending}").format(ending=ending),
        todo=todo if kind.endings else _named(kind.todo, layer),
    )
