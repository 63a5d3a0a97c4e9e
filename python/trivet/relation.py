"""Relations: the rows of a query, in whatever form they are wanted."""

from __future__ import annotations

import html
import shutil
from typing import Any

from . import _trivet

_PREVIEW_ROWS = 40
_ITERATED_ROWS = 2048


class Relation:
    """The rows of one query.

    `fetchall`, `arrow`, `df`, `show` and the like read the rows once and keep them, so they may be called
    in any order and any number of times. Rows beyond 32 MiB (or a 16th of the memory limit) are not kept where
    they are fetched, iterated over, counted or shown, and `__arrow_c_stream__` streams without keeping any:
    the query runs again when rows that have gone are asked for once more.
    """

    def __init__(self, native: _trivet.Connection, query: str, parameters: Any) -> None:
        self._native = native
        self._query = query
        self._parameters = parameters
        self._result = native.execute(query, parameters)
        self._streamed = False  # its rows go to somebody else
        self._begun = False  # some were read here
        self._position = 0

    def _rows(self, row: int = 0) -> _trivet.Result:
        """The result, to be read from this row on."""
        if self._streamed or not self._result.has(row):
            self._run_again()
        self._begun = True
        return self._result

    def _run_again(self) -> None:
        self._result = self._native.execute(self._query, self._parameters)
        self._streamed = self._begun = False

    def read_ahead(self) -> Relation:
        """Computes and keeps all rows now, unless they are many."""
        self._rows().read_ahead()
        return self

    def materialize(self) -> Relation:
        """Computes and keeps all rows now."""
        self._rows().materialize()
        return self

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return [name for name, _ in self._result.columns]

    @property
    def types(self) -> list[str]:
        """SQL types of the columns."""
        return [type_name for _, type_name in self._result.columns]

    @property
    def description(self) -> list[tuple]:
        """Name and type of each column, as the Python database interface (PEP 249) has it."""
        return [(name, kind, None, None, None, None, None) for name, kind in self._result.columns]

    def __len__(self) -> int:
        return self._rows().row_count()

    def fetchall(self) -> list[tuple]:
        """The remaining rows as tuples of Python objects."""
        return self.fetchmany(2**63)

    def fetchmany(self, size: int = 1) -> list[tuple]:
        """Up to `size` further rows."""
        rows = self._rows(self._position).fetch(self._position, size)
        self._position += len(rows)
        return rows

    def fetchone(self) -> tuple | None:
        """The next row, or None after the last."""
        rows = self.fetchmany(1)
        return rows[0] if rows else None

    def __iter__(self):
        position = 0
        while rows := self._rows(position).fetch(position, _ITERATED_ROWS):
            position += len(rows)
            yield from rows

    def arrow(self, *, string_views: bool = False):
        """All rows as a `pyarrow.Table`.

        With `string_views`, texts and blobs come as `string_view` and `binary_view`: quicker to make, and to take for
        receivers that compute on views, such as Polars. Some functions of `pyarrow.compute` do not take them yet.
        """
        import pyarrow

        stream = self._rows().stream(False, string_views)
        return pyarrow.RecordBatchReader.from_stream(_Capsule(stream)).read_all()

    def record_batches(self):
        """The rows as a `pyarrow.RecordBatchReader`, computed as they are read."""
        import pyarrow

        return pyarrow.RecordBatchReader.from_stream(self)

    def df(self):
        """All rows as a pandas DataFrame."""
        return self.arrow().to_pandas()

    def pl(self):
        """All rows as a Polars DataFrame."""
        import polars

        return polars.from_arrow(self.arrow(string_views=True))

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The rows as an Arrow C stream capsule. The stream keeps its own types."""
        if self._begun and self._result.read_ahead():
            return self._result.stream(False, False)
        if self._begun or self._streamed:
            self._run_again()
        self._streamed = True
        return self._result.stream(True, False)

    def show(self, max_rows: int = _PREVIEW_ROWS) -> None:
        """Prints the rows as a box that fits the terminal."""
        print(self._rows().box(max_rows, shutil.get_terminal_size((120, 40)).columns), end="")

    def __repr__(self) -> str:
        return self._rows().box(_PREVIEW_ROWS, shutil.get_terminal_size((120, 40)).columns)

    def _repr_html_(self) -> str:
        """A table for notebooks: the first rows, and how many there are."""
        result = self._rows()
        rows = result.fetch(0, _PREVIEW_ROWS)
        total = result.row_count()
        head = "".join(
            f"<th>{html.escape(name)}<br><small>{html.escape(kind)}</small></th>"
            for name, kind in result.columns
        )
        body = "".join(
            "<tr>" + "".join(f"<td>{_html_cell(value)}</td>" for value in row) + "</tr>" for row in rows
        )
        note = f"{total} row" + ("" if total == 1 else "s")
        if total > len(rows):
            note += f" ({len(rows)} shown)"
        return (
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><small>{note}</small>"
        )


def _html_cell(value: Any) -> str:
    return "<i>NULL</i>" if value is None else html.escape(str(value))


class _Capsule:
    """Gives a capsule at hand to those who ask an object for it."""

    def __init__(self, capsule: object) -> None:
        self._capsule = capsule

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._capsule
