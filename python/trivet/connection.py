"""Connections: SQL in, relations out."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from . import _trivet
from .relation import Relation

Parameters = Sequence[Any] | Mapping[str, Any] | None


class Connection:
    """A conversation with an embedded database.

    Use one connection from one thread at a time; `cursor()` gives another one on the same tables.
    Statements run with the interpreter lock released; Ctrl-C cancels them.
    """

    def __init__(self, native: _trivet.Connection) -> None:
        self._native = native

    def sql(self, query: str, parameters: Parameters = None) -> Relation:
        """Runs the statements of `query` and gives the last one's rows as a relation.

        A list or tuple fills `?` and `$1`, a dict fills `$name`. The rows are not computed further than a
        bounded buffer before they are asked for.
        """
        return Relation(self._native, query, parameters)

    def execute(self, query: str, parameters: Parameters = None) -> Connection:
        """Runs the statements of `query` to their end; `fetchall` and the like give the last one's rows."""
        relation = Relation(self._native, query, parameters)
        relation.materialize()
        self._last = relation
        return self

    def _last_relation(self) -> Relation:
        relation = getattr(self, "_last", None)
        if relation is None:
            raise _trivet.InvalidInputError("nothing was executed on this connection yet")
        return relation

    def fetchall(self) -> list[tuple]:
        """The remaining rows of what `execute` ran last."""
        return self._last_relation().fetchall()

    def fetchone(self) -> tuple | None:
        """The next row of what `execute` ran last, or None."""
        return self._last_relation().fetchone()

    def fetchmany(self, size: int = 1) -> list[tuple]:
        """Up to `size` further rows of what `execute` ran last."""
        return self._last_relation().fetchmany(size)

    def arrow(self):
        """The rows of what `execute` ran last as a `pyarrow.Table`."""
        return self._last_relation().arrow()

    def df(self):
        """The rows of what `execute` ran last as a pandas DataFrame."""
        return self._last_relation().df()

    @property
    def description(self) -> list[tuple]:
        """Name and type of each column, as the Python database interface (PEP 249) has it."""
        return self._last_relation().description

    def register(self, name: str, data: Any) -> Connection:
        """Makes `data` a table: any object with `__arrow_c_stream__` (Arrow, pandas, Polars, relations).

        The data is read, without a copy where its layout allows, each time a query scans it.
        """
        self._native.register(name, data)
        return self

    def unregister(self, name: str) -> Connection:
        """Drops a table made by `register`."""
        self._native.unregister(name)
        return self

    def interrupt(self) -> None:
        """Cancels what runs on this connection now. May be called from another thread."""
        self._native.interrupt()

    def cursor(self) -> Connection:
        """Another connection to the same database, for use in another thread."""
        return Connection(self._native.cursor())

    def close(self) -> None:
        """Ends the connection; the database goes with its last connection and result."""
        self._native.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def connect(*, threads: int = 0, memory_limit: str = "") -> Connection:
    """Opens a new embedded database and connects to it.

    `threads` is by default one per processor, `memory_limit` ("2GiB", "80%") four fifths of the memory.
    """
    return Connection(_trivet.connect(threads, memory_limit))


_default: Connection | None = None
_default_lock = threading.Lock()


def _default_connection() -> Connection:
    global _default
    with _default_lock:
        if _default is None:
            _default = connect()
        return _default


def sql(query: str, parameters: Parameters = None) -> Relation:
    """`Connection.sql` on a database that the whole process shares."""
    return _default_connection().sql(query, parameters)


def execute(query: str, parameters: Parameters = None) -> Connection:
    """`Connection.execute` on a database that the whole process shares."""
    return _default_connection().execute(query, parameters)
