"""Keep the fate of every input row: used, set aside, mended or doubted, with a reason; nothing is lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from planner.layers.columns import LAYERS
from planner.masking import masked

Action = Literal["set_aside", "mended", "doubted"]
COLUMNS = ("layer", "file", "row", "id", "field", "what", "action")


@dataclass(frozen=True)
class Entry:
    """One problem of one input row, and what was done about it.

    Parameters
    ----------
    layer
        Name of the layer.
    file
        File as study.toml names it.
    row
        Row as people see it: in a table the header is row 1, in a GIS file the first feature is 1; 0 is the file as a
        whole.
    id
        Identifier of the row, empty where it has none.
    field
        Contract column that the problem stands in.
    what
        The problem, in the reader's language.
    action
        ``set_aside`` (the row is not used), ``mended`` or ``doubted`` (the row is used).

    Examples
    --------
    >>> Entry("gates", "gates.csv", 7, "G3", "open", "neither yes nor no; taken as not given", "doubted").row
    7
    """

    layer: str
    file: str
    row: int
    id: str
    field: str
    what: str
    action: Action

    def __post_init__(self) -> None:
        # A ledger quotes cells, and what is quoted may identify a person.
        object.__setattr__(self, "what", masked(self.what))


@dataclass(frozen=True)
class LayerCount:
    """What came in for a layer and where it went; elders are people aged 60 or more."""

    layer: str
    rows_in: int
    rows_used: int
    rows_set_aside: int
    elders_in: int = 0
    elders_used: int = 0
    elders_set_aside: int = 0

    def closes(self) -> bool:
        """Tell whether what came in equals what was used and what was set aside.

        Examples
        --------
        >>> LayerCount("gates", rows_in=3, rows_used=2, rows_set_aside=1).closes()
        True
        """
        return (
            self.rows_in == self.rows_used + self.rows_set_aside
            and self.elders_in == self.elders_used + self.elders_set_aside
        )


@dataclass(frozen=True)
class Ledger:
    """The fate of the input rows of one or more layers; two ledgers of different layers join with ``+``.

    Parameters
    ----------
    entries
        One entry per problem of a row.
    layers
        One count per layer.

    Examples
    --------
    >>> entry = Entry("gates", "gates.csv", 3, "", "gate_id", "the identifier is empty", "set_aside")
    >>> ledger = Ledger((entry,), (LayerCount("gates", 3, 2, 1),))
    >>> ledger.closes()
    True
    >>> ledger.to_frame()[["layer", "row", "action"]]
       layer  row     action
    0  gates    3  set_aside
    >>> len((ledger + Ledger()).entries)
    1
    """

    entries: tuple[Entry, ...] = ()
    layers: tuple[LayerCount, ...] = ()

    def __add__(self, other: Ledger) -> Ledger:
        if twice := {count.layer for count in self.layers} & {count.layer for count in other.layers}:
            raise ValueError(f"both ledgers count {', '.join(sorted(twice))}")
        return Ledger(self.entries + other.entries, self.layers + other.layers)

    def with_entries(self, entries: Iterable[Entry], *, counts: Iterable[LayerCount] = ()) -> Ledger:
        """Return the ledger with further entries.

        Parameters
        ----------
        entries
            Entries to add.
        counts
            New counts of the layers in which the entries set rows aside; they take the place of the old.

        Returns
        -------
        Ledger
            A new ledger; this one stays as it is.
        """
        new = {count.layer: count for count in counts}
        return Ledger((*self.entries, *entries), tuple(new.get(count.layer, count) for count in self.layers))

    def count(self, layer: str) -> LayerCount:
        """Return the count of one layer.

        Raises
        ------
        KeyError
            The ledger does not know the layer.
        """
        for count in self.layers:
            if count.layer == layer:
                return count
        raise KeyError(layer)

    def counts(self) -> pd.DataFrame:
        """Return the counts: one row per layer, indexed by its name.

        Examples
        --------
        >>> Ledger(layers=(LayerCount("gates", 3, 2, 1),)).counts().loc["gates", "rows_used"]
        np.int64(2)
        """
        names = [item.name for item in fields(LayerCount)]
        rows = [[getattr(count, name) for name in names] for count in self.layers]
        return pd.DataFrame(rows, columns=names).set_index("layer")

    def to_frame(self) -> pd.DataFrame:
        """Return the entries as a table with the contract's columns, by layer and row.

        Returns
        -------
        pandas.DataFrame
            Columns layer, file, row, id, field, what, action; layers in the contract's order.
        """
        order = {name: place for place, name in enumerate(LAYERS)}
        entries = sorted(self.entries, key=lambda entry: (order.get(entry.layer, len(order)), entry.row))
        rows = [[getattr(entry, name) for name in COLUMNS] for entry in entries]
        table = pd.DataFrame(rows, columns=list(COLUMNS))
        return table.astype({name: "int64" if name == "row" else "str" for name in COLUMNS})

    def closes(self) -> bool:
        """Tell whether nothing is lost.

        In every layer the rows (and elders) that came in equal those used and those set aside, and exactly as
        many rows are listed as set aside as are counted.
        """
        listed = {(entry.layer, entry.row) for entry in self.entries if entry.action == "set_aside"}
        rows = pd.Series([layer for layer, _row in listed], dtype="str").value_counts()
        return all(count.closes() and count.rows_set_aside == rows.get(count.layer, 0) for count in self.layers)


@dataclass
class Journal:
    """Take down the problems of one file's rows while it is read.

    Parameters
    ----------
    layer, file
        Names that every entry carries.
    rows
        Row number of each row, shape (n,).
    ids
        Identifier of each row, empty where it has none, shape (n,).
    """

    layer: str
    file: str
    rows: npt.NDArray[np.int64]
    ids: npt.NDArray[np.object_]
    entries: list[Entry] = field(default_factory=list)
    kept: npt.NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        self.kept = np.ones(len(self.rows), dtype=bool)

    def note(self, where: npt.NDArray[np.bool_], column: str, what: str | Sequence[str], action: Action) -> None:
        """Write one entry for every row that is marked.

        Parameters
        ----------
        where
            Rows that have the problem, shape (n,).
        column
            Contract column that it stands in.
        what
            The problem: one text for all, or one per marked row.
        action
            What is done; ``set_aside`` takes the rows out of :attr:`kept`.
        """
        places = np.flatnonzero(where)
        texts = [what] * len(places) if isinstance(what, str) else what
        self.entries.extend(
            Entry(self.layer, self.file, int(self.rows[place]), str(self.ids[place]), column, text, action)
            for place, text in zip(places, texts, strict=True)
        )
        if action == "set_aside":
            self.kept[places] = False

    def close(self, *, used: npt.NDArray[np.str_], elders_in: npt.NDArray[np.int64], elders_used: int) -> Ledger:
        """Return the finished ledger.

        Parameters
        ----------
        used
            Identifiers of the finished table, shape (m,).
        elders_in
            Elders of every row that came in, shape (n,).
        elders_used
            Elders of the finished table.

        Raises
        ------
        RuntimeError
            The ledger does not close: the program lost a row, which must never pass.
        """
        aside = {entry.row for entry in self.entries if entry.action == "set_aside"}
        out = np.isin(self.rows, list(aside))
        count = LayerCount(
            self.layer,
            rows_in=len(self.rows),
            rows_used=len(used),
            rows_set_aside=len(aside),
            elders_in=int(elders_in.sum()),
            elders_used=elders_used,
            elders_set_aside=int(elders_in[out].sum()),
        )
        ledger = Ledger(tuple(self.entries), (count,))
        if not ledger.closes():
            raise RuntimeError(f"rows of {self.file} were lost on the way: {count}")
        return ledger


def moved(count: LayerCount, *, rows: int, elders: int) -> LayerCount:
    """Return a count with rows and elders moved from used to set aside.

    Examples
    --------
    >>> moved(LayerCount("gates", 3, 3, 0), rows=1, elders=0).rows_used
    2
    """
    return replace(
        count,
        rows_used=count.rows_used - rows,
        rows_set_aside=count.rows_set_aside + rows,
        elders_used=count.elders_used - elders,
        elders_set_aside=count.elders_set_aside + elders,
    )
