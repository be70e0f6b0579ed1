"""Check a finished table against the contract once more, by a pandera schema made from the column tables."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from planner.errors import Fault, InputError
from planner.i18n import _
from planner.layers.columns import LAYERS, Column

if TYPE_CHECKING:
    import pandera.pandas as pa


@cache
def schema_for(layer: str) -> pa.DataFrameSchema:
    """Build the pandera schema of a layer; geometry is checked where it is made.

    Parameters
    ----------
    layer
        Name of the layer.

    Returns
    -------
    pandera.pandas.DataFrameSchema
        Exactly the contract's columns with dtypes, ranges and codes, indexed by a unique identifier.

    Examples
    --------
    >>> sorted(schema_for("gates").columns)
    ['compound_id', 'open']
    """
    # pandera is slow to import: who only looks at settings or column tables shall not wait for it.
    import pandera.pandas as pa

    def column(spec: Column) -> pa.Column:
        checks = []
        if spec.kind in {"count", "number"} and spec.minimum is not None:
            checks.append(pa.Check.ge(spec.minimum))
        if spec.kind == "choice":
            checks.append(pa.Check.isin(list(spec.choices)))
        return pa.Column(spec.dtype, checks, nullable=not spec.required)

    spec = LAYERS[layer]
    return pa.DataFrameSchema(
        {item.name: column(item) for item in spec.columns[1:]},
        index=pa.Index("str", name=spec.id, unique=True),
        strict=True,
    )


def _reason(check: str) -> str:
    """Say in our words which of the checks failed."""
    reasons = {
        "greater_than_or_equal_to": _("it is less than the least value"),
        "isin": _("it is none of the codes"),
        "not_nullable": _("it is empty, and the column must be given"),
        "field_uniqueness": _("it stands twice, and the identifier must be unique"),
        "dtype": _("it is of another type than the contract's"),
        "column_in_dataframe": _("the column is missing"),
        "column_in_schema": _("the contract has no such column"),
    }
    return reasons.get(check.partition("(")[0], _("it does not keep the contract"))


def check_table(table: pd.DataFrame, *, layer: str, file: str) -> None:
    """Check a finished table, geometry left aside.

    Parameters
    ----------
    table
        Table indexed by its identifier, without its geometry.
    layer, file
        Names of the layer and its file.

    Raises
    ------
    InputError
        A value does not keep the contract; all of them are listed.

    Examples
    --------
    >>> table = pd.DataFrame({"compound_id": ["A1"], "open": [True]}, index=pd.Index(["G1"], name="gate_id"))
    >>> table = table.astype({"compound_id": "str", "open": "boolean"})
    >>> check_table(table, layer="gates", file="gates.csv")
    """
    from pandera.errors import SchemaErrors

    try:
        schema_for(layer).validate(table, lazy=True)
    except SchemaErrors as errors:
        cases: list[dict[str, Any]] = errors.failure_cases.to_dict("records")
        raise InputError(
            Fault(
                _("the value of {column} is not allowed: {value}").format(
                    column=case["column"], value=case["failure_case"]
                ),
                where=f"{file} {case['index']}",
                why=_reason(str(case["check"])),
                todo=_("correct the cell"),
            )
            for case in cases
        ) from errors
