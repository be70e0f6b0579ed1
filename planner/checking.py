"""Read a study without computing anything, and tell all that was found, what is in doubt and what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from planner.errors import Fault, InputError
from planner.i18n import LANGUAGES, current, language
from planner.layers import LAYERS, Entry, Layer, LayerSettings, Ledger
from planner.layers.files.opening import read_file
from planner.layers.gathering import Gathered, gather_layers
from planner.layers.headers.aliases import names_of, take_apart
from planner.layers.headers.consequences import without_column, without_layer
from planner.layers.headers.matching import Found, match_columns
from planner.layers.places.findings import DatumFinding
from planner.settings import SETTINGS_FILE, Examined, examine_settings, read_settings, spoken
from planner.study import Study, build_study
from planner.version import __version__

SCHEMA = 1
"""Version of what :meth:`Check.to_dict` gives; it grows when a name there changes its meaning."""

_DBF_BYTES = 10
# What differs between two rows with the same problem: what is quoted, numbers, and identifiers with digits in them.
_PARTICULARS = re.compile(r"“[^”]*”|[\w.,+-]*\d[\w.,+-]*")


@dataclass(frozen=True)
class LayerCheck:
    """What was found of one layer.

    Parameters
    ----------
    name
        Name of the layer.
    settings
        Its table of study.toml.
    layer
        The layer as it was read; None where it could not be.
    headers, matched
        Of a layer that could not be read: the columns of its file, and what was found among them.

    Examples
    --------
    >>> rooms = check_study("data/sample").layers["rooms"]
    >>> rooms.state, [found.name for found in rooms.found][:2], rooms.unused, rooms.absent
    ('read', ['room_id', 'compound_ids'], (), ())
    """

    name: str
    settings: LayerSettings
    layer: Layer | None = None
    headers: tuple[str, ...] = ()
    matched: tuple[Found, ...] = ()

    @classmethod
    def of(cls, name: str, settings: LayerSettings, layer: Layer | None, *, folder: Path) -> LayerCheck:
        """Describe a layer; of one that could not be read, what can be seen of its file."""
        if layer is not None:
            return cls(name, settings, layer, layer.headers, layer.found)
        try:
            raw = read_file(settings, folder=folder, layer=name)
            matches = match_columns(LAYERS[name], raw, settings)
        except InputError:  # told already
            return cls(name, settings)
        return cls(name, settings, None, raw.names, (*matches.columns.values(), *matches.places.values()))

    @property
    def state(self) -> str:
        """``read``, ``blank`` (there are no rows yet) or ``faulty``."""
        if self.layer is None:
            return "faulty"
        return "blank" if self.layer.blank else "read"

    @property
    def format(self) -> str:
        """How the name of its file ends, in small letters, without the dot."""
        return Path(self.settings.file).suffix.lower().removeprefix(".")

    @property
    def found(self) -> tuple[Found, ...]:
        """How each column of the contract, and of the places, was found in the file."""
        return self.matched

    @property
    def unused(self) -> tuple[str, ...]:
        """Columns of the file that nobody uses."""
        used = {found.place for found in self.matched}
        return tuple(header for place, header in enumerate(self.headers) if header and place not in used)

    @property
    def absent(self) -> tuple[str, ...]:
        """Columns of the contract that the file has not."""
        if not self.headers:
            return ()
        names = {found.name for found in self.matched}
        return tuple(column.name for column in LAYERS[self.name].columns if column.name not in names)

    def how(self, found: Found) -> str:
        """Tell how a column was found: as `Found` says it, and for a name cut short in which encoding.

        Returns
        -------
        str
            ``fields``, ``contract``, ``alias``, ``spare``, ``gbk_cut``, ``utf8_cut``, or ``doubled`` (cut and
            numbered, which is a question).
        """
        if found.how != "cut":
            return found.how
        cut = take_apart(found.source).names
        whole = [name for name, (column, _how) in names_of(self.name).whole.items() if column == found.name]
        gbk = {name.encode("gb18030")[:_DBF_BYTES].decode("gb18030", errors="ignore") for name in whole}
        return "gbk_cut" if gbk.intersection(cut) else "utf8_cut"


@dataclass(frozen=True)
class Problem:
    """A kind of problem that rows of a layer have.

    Parameters
    ----------
    layer, field, action
        As `Entry` has them.
    example
        What is said of the first row.
    rows
        Every row that has it, in the file's order.
    """

    layer: str
    field: str
    action: str
    example: str
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Check:
    """All that reading a study tells.

    Parameters
    ----------
    folder
        Where study.toml stands.
    name
        Name of the study.
    lang
        Language that it speaks.
    crs
        Compute CRS, empty where it could not be settled.
    layers
        What was found of each layer that study.toml names.
    ledger
        The fate of every row that was set aside, mended or doubted.
    faults
        Everything that keeps the study from being opened, of study.toml and of all layers.
    datums
        What the streets say of the layers' datums; empty where streets or compounds could not be read.

    Examples
    --------
    >>> check = check_study("data/sample", lang="en")
    >>> check.ok, check.layers["compounds"].layer.datum, check.datums[0].evidence.strength
    (True, 'EPSG:4326 (WGS 84)', 'certain')
    """

    folder: Path
    name: str
    lang: str
    crs: str = ""
    layers: Mapping[str, LayerCheck] = field(default_factory=lambda: MappingProxyType({}))
    ledger: Ledger = field(default_factory=Ledger)
    faults: tuple[Fault, ...] = ()
    datums: tuple[DatumFinding, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the study can be opened."""
        return not self.faults

    @property
    def findings(self) -> tuple[Entry, ...]:
        """Rows set aside or doubted. Totals, notes and examples, which are no data, are not among them."""
        return tuple(
            entry
            for entry in self.ledger.entries
            if entry.action == "doubted" or (entry.action == "set_aside" and entry.field)
        )

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The ledger by kind of problem, in the ledger's order."""
        groups: dict[tuple[str, str, str, str], list[Any]] = {}
        for row in self.ledger.to_frame().itertuples(index=False):
            kind = (str(row.layer), str(row.field), str(row.action), _PARTICULARS.sub("", str(row.what)))
            groups.setdefault(kind, []).append(row)
        return tuple(
            Problem(layer, column, action, str(rows[0].what), tuple(int(row.row) for row in rows))
            for (layer, column, action, _kind), rows in groups.items()
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data, as check.json has it.

        Returns
        -------
        dict
            ``schema`` (1), ``program``, ``version``; ``study``, ``folder``, ``lang``, ``crs``; ``ok``, ``findings``
            (how many rows are set aside or doubted).

            ``layers``: a list, each with ``name``, ``state`` (read/blank/faulty), ``file``, ``format``, ``sheet``,
            ``encoding``, ``datum_declared``, ``datum``, ``counts`` (as `LayerCount`, null where it could not be read),
            ``columns`` (``name``, ``header``, ``how``, ``unit``, ``factor``), ``unused`` (headers), ``dropped``
            (headers that are not read on purpose) and ``absent`` (``name``, ``consequence``).

            ``layers_absent`` (``name``, ``consequence``); ``datums`` (``layer``, ``chosen``, ``strength``,
            ``contradicts``, ``words``); ``faults`` (``what``, ``where``, ``why``, ``todo``, ``table`` and ``line`` of
            study.toml, empty where no line cures it); ``problems`` (``layer``, ``field``, ``action``, ``example``,
            ``rows``); ``entries``, the ledger.

        Examples
        --------
        >>> plain = check_study("data/sample", lang="en").to_dict()
        >>> plain["ok"], plain["layers"][0]["counts"]["rows_used"], plain["faults"]
        (True, 157, [])
        """
        with language(self.lang):
            return {
                "schema": SCHEMA,
                "program": "planner",
                "version": __version__,
                "study": self.name,
                "folder": str(self.folder),
                "lang": self.lang,
                "crs": self.crs,
                "ok": self.ok,
                "findings": len(self.findings),
                "layers": [self._layer(one) for one in self.layers.values()],
                "layers_absent": [{"name": name, "consequence": without_layer(name)} for name in self.layers_absent],
                "datums": [
                    {
                        "layer": one.layer,
                        "chosen": one.evidence.chosen,
                        "strength": one.evidence.strength,
                        "contradicts": one.evidence.contradicts,
                        "words": one.evidence.words,
                    }
                    for one in self.datums
                ],
                "faults": [_plain_fault(fault) for fault in self.faults],
                "problems": [asdict(problem) for problem in self.problems],
                "entries": self.ledger.to_frame().to_dict(orient="records"),
            }

    @property
    def layers_absent(self) -> tuple[str, ...]:
        """Layers of the contract that the study does not name, or whose files have no rows yet."""
        there = {name for name, one in self.layers.items() if one.state != "blank"}
        return tuple(name for name in LAYERS if name not in there)

    def _layer(self, one: LayerCheck) -> dict[str, Any]:
        layer = one.layer
        return {
            "name": one.name,
            "state": one.state,
            "file": one.settings.file,
            "format": one.format,
            "sheet": "" if layer is None else layer.sheet,
            "encoding": "" if layer is None else layer.encoding,
            "datum_declared": one.settings.datum or "",
            "datum": "" if layer is None else layer.datum,
            "counts": None if layer is None else asdict(self.ledger.count(one.name)),
            "columns": [
                {
                    "name": found.name,
                    "header": found.source,
                    "how": one.how(found),
                    "unit": found.unit,
                    "factor": found.factor,
                }
                for found in one.found
            ],
            "unused": list(one.unused),
            "dropped": [] if layer is None else list(layer.dropped),
            "absent": [{"name": name, "consequence": without_column(one.name, name)} for name in one.absent],
        }


def _plain_fault(fault: Fault) -> dict[str, str]:
    cure = fault.cure
    return {
        "what": fault.what,
        "where": fault.where,
        "why": fault.why,
        "todo": fault.todo,
        "table": cure.table if cure else "",
        "line": cure.line if cure else "",
    }


def check_study(path: str | Path, *, lang: str | None = None, cache: str | Path | None = None) -> Check:
    """Read a study folder, and tell what was found and all that is wrong, also where it cannot be opened.

    Parameters
    ----------
    path
        The folder, or its study.toml.
    lang
        ``zh`` or ``en``, in place of study.toml's.
    cache
        As for `planner.open_study`.

    Returns
    -------
    Check
        ``ok`` says that `planner.open_study` opens it and nothing in it contradicts the streets.

    Examples
    --------
    >>> import planner as pl
    >>> check = pl.check_study("data/sample", lang="en")
    >>> check.ok, check.ledger.count("compounds").elders_used
    (True, 22114)
    >>> [fault.what for fault in pl.check_study("data", lang="en").faults]
    ['there is no study.toml']
    """
    path = Path(path)
    file = path if path.name == SETTINGS_FILE else path / SETTINGS_FILE
    asked = lang if lang in LANGUAGES else current()
    with language(asked):
        try:
            raw = read_settings(file)
        except InputError as error:
            return Check(file.parent, file.parent.resolve().name, asked, faults=error.faults)
    spoken_here = spoken(raw, lang)
    with language(spoken_here):
        examined = examine_settings(raw, file, lang)
        elders = examined.settings.elders if examined.settings else None
        gathered = gather_layers(examined.layers, folder=file.parent, crs=examined.crs, elders=elders)
        faults = [*examined.faults, *gathered.faults]
        study = _study(file.parent, examined, gathered, cache)
        ledger = sum((layer.ledger for layer in gathered.layers.values()), Ledger())
        datums: tuple[DatumFinding, ...] = ()
        if study is not None:
            try:
                found = study.datum_findings
                datums, faults = found.findings, [*faults, *found.faults]
                ledger = study.ledger.with_entries([*found.entries, *study.network_entries])
            except InputError as error:  # the street file
                faults += error.faults
    settings = examined.settings
    return Check(
        folder=file.parent,
        name=(settings.study.name if settings else "") or file.parent.resolve().name,
        lang=spoken_here,
        crs="" if gathered.crs is None else gathered.crs.name,
        layers=MappingProxyType(
            {
                name: LayerCheck.of(name, one, gathered.layers.get(name), folder=file.parent)
                for name, one in examined.layers.items()
            }
        ),
        ledger=ledger,
        faults=tuple(dict.fromkeys(faults)),
        datums=datums,
    )


def _study(folder: Path, examined: Examined, gathered: Gathered, cache: str | Path | None) -> Study | None:
    """Make a study of what there is, so that it can be held against the streets; None where that is too little."""
    settings, standards = examined.settings, examined.standards
    if settings is None or standards is None or not {"compounds", "facilities"} <= gathered.layers.keys():
        return None
    if gathered.layers["compounds"].blank or not (folder / settings.walking.network).is_file():
        return None
    return build_study(folder, settings, standards, gathered, cache=cache)
