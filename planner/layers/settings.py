"""Model a ``[layers.NAME]`` table of study.toml."""

from __future__ import annotations

import codecs
import re
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from planner.i18n import _

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
        Encoding of a csv or shapefile; left out: found out.
    sheet
        Sheet of an xlsx; left out: the first.
    layer
        Table inside a GeoPackage; needed where it holds several.

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
    sheet: str | None = None
    layer: str | None = None

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
        known = ", ".join((*DATUM_NAMES, "EPSG:n"))
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
