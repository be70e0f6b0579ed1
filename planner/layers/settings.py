"""Model a ``[layers.NAME]`` table of study.toml."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from planner.errors import Fault
from planner.i18n import _
from planner.layers.people.basis import basis_of

DATUM_NAMES = ("wgs84", "cgcs2000", "gcj02", "bd09")
_EPSG = re.compile(r"epsg:(\d{4,6})")


class FieldSource(BaseModel):
    """Where a contract column stands in a file, and in what unit.

    Parameters
    ----------
    from
        Name of the column in the file (``source`` in Python); None where the file has no such column.
    unit
        Unit of its numbers; left out: the contract's own.

    Examples
    --------
    >>> FieldSource.model_validate({"from": "住宅建筑面积", "unit": "万m2"})
    FieldSource(source='住宅建筑面积', unit='万m2')
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Annotated[str, Field(min_length=1)] | None = Field(alias="from")
    unit: str | None = None


def _named(value: object) -> object:
    if value is False:
        return {"from": None}
    return {"from": value} if isinstance(value, str) else value


class LayerSettings(BaseModel):
    """The file of a layer and how to read it.

    Parameters
    ----------
    file
        Path, relative to the study's folder.
    datum
        ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09`` or ``EPSG:n``; left out: read from the file.
    fields
        Contract column -> column of the file, a name alone or ``{from, unit}``; false where the file has none.
    encoding
        Encoding of a table of text, a shapefile or a drawing; left out: found out.
    sheet
        Sheet of a workbook by name or number from 1; left out: the only visible one that fits.
    layer
        Table inside a GeoPackage or geodatabase, folder of a KML, CAD layer of a drawing; needed where there are
        several.
    datum_confirmed
        True where the datum is known to be right although the streets speak against it.
    basis
        Whom numbers of people count: ``registered`` (户籍) or ``resident`` (常住); left out: as the headers say.
    drop
        Columns of the file that are not taken in, such as 姓名; needed where they hold personal data.

    Raises
    ------
    pydantic.ValidationError
        A key is unknown or a value cannot be what it should be.

    Examples
    --------
    >>> settings = LayerSettings(file="小区.xlsx", datum="GCJ02", fields={"name": "小区名称"})
    >>> settings.datum, settings.fields["name"].source
    ('gcj02', '小区名称')
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str = Field(min_length=1)
    datum: str | None = None
    fields: dict[str, Annotated[FieldSource, BeforeValidator(_named)]] = Field(default_factory=dict)
    encoding: str | None = None
    sheet: str | Annotated[int, Field(ge=1, strict=True)] | None = None
    layer: str | None = None
    datum_confirmed: bool = False
    basis: str | None = None
    drop: tuple[str, ...] = ()

    @field_validator("basis")
    @classmethod
    def _known_basis(cls, value: str | None) -> str | None:
        if value is not None and not basis_of(value):
            raise ValueError(_("basis “{value}” is neither registered (户籍) nor resident (常住)").format(value=value))
        return basis_of(value) if value is not None else None

    @field_validator("datum")
    @classmethod
    def _known_datum(cls, value: str | None) -> str | None:
        if value is None:
            return None
        name = value.strip().casefold()
        if name in DATUM_NAMES:
            return name
        if match := _EPSG.fullmatch(name):
            return f"EPSG:{match[1]}"
        known = _(", ").join((*DATUM_NAMES, "EPSG:n"))
        raise ValueError(_("datum “{value}” is not one of {known}").format(value=value, known=known))

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                codecs.lookup(value)
            except LookupError as error:
                raise ValueError(_("encoding “{value}” does not exist").format(value=value)) from error
        return value


class EldersSettings(BaseModel):
    """``[elders]`` of study.toml: how totals of areas and grids are spread over compounds.

    Parameters
    ----------
    spread_by
        ``households``, ``residential_floor_area_m2`` or ``building_volume``; left out: the first that every compound
        concerned has.
    storey_m
        Height of a storey, for buildings that give their height alone.
    share_60
        Share of people aged 60 or more, for a population layer that counts all people alone.
    share_source
        Where the share comes from; the two are given together.

    Examples
    --------
    >>> EldersSettings(spread_by="households").storey_m
    3.0
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    spread_by: Literal["households", "residential_floor_area_m2", "building_volume"] | None = None
    storey_m: float = Field(default=3.0, gt=0, allow_inf_nan=False)
    share_60: float | None = Field(default=None, gt=0, le=1)
    share_source: str | None = Field(default=None, min_length=1)


def elders_faults(elders: EldersSettings, layers: Mapping[str, LayerSettings], *, file: str) -> list[Fault]:
    """Find settings of elders that nothing would use.

    Parameters
    ----------
    elders
        ``[elders]`` of study.toml.
    layers
        The layers that are given.
    file
        The study.toml, for messages.

    Examples
    --------
    >>> from planner.i18n import language
    >>> with language("en"):
    ...     [fault.what for fault in elders_faults(EldersSettings(spread_by="households"), {}, file="study.toml")]
    ['[elders] spread_by is given, but there is no population layer']
    """
    faults = []
    for key in ("share_60", "spread_by"):
        if getattr(elders, key) is not None and "population" not in layers:
            what = _("[elders] {key} is given, but there is no population layer").format(key=key)
            why = _("it says how the totals of that layer are used")
            faults.append(Fault(what, where=file, why=why, todo=_("add [layers.population], or remove the line")))
    if elders.spread_by == "building_volume" and "buildings" not in layers:
        what = _("[elders] spread_by is building_volume, but there is no buildings layer")
        todo = _("add [layers.buildings], or spread by households or residential_floor_area_m2")
        faults.append(Fault(what, where=file, todo=todo))
    if (elders.share_60 is None) != (elders.share_source is None):
        what = _("[elders] share_60 and share_source belong together")
        why = _("a share without its source cannot be answered for")
        todo = _('give both, for example share_60 = 0.2 and share_source = "census 2020"')
        faults.append(Fault(what, where=file, why=why, todo=todo))
    for name, one in layers.items():
        if one.basis and name not in {"compounds", "population"}:
            what = _("basis means nothing for the layer {layer}").format(layer=name)
            faults.append(Fault(what, where=file, todo=_("take it out; only compounds and population count people")))
    return faults
