"""DuckDB in a process of its own, so that a query on which it crashes costs that query's answer alone.

DuckDB 2.0 reads memory that it never wrote for `dense_rank() OVER ()` above no rows, and dies of it now and
then; in the process of the tests it would take them along.

Run as a program it is the child: pickled requests come by standard input, pickled replies leave by standard output.
"""

import os
import pathlib
import pickle
import subprocess
import sys


class NoAnswer(Exception):
    """DuckDB refuses the statement, or died of it."""


class Reference:
    """One DuckDB connection at a time. When the child has died, the next request starts another, in which every
    statement since `connect` is executed again."""

    def __init__(self):
        self.child = None
        self.statements = []

    def connect(self):
        """Leaves the tables behind and begins with an empty database."""
        self.statements = []
        if self.child is not None:
            self._ask("connect")

    def execute(self, statement):
        self._answer("execute", statement)
        self.statements.append(statement)

    def rows(self, query, ask=None, undo=None):
        """The rows of `query`, asked between the statements `ask` and `undo` where they are given. Raises NoAnswer."""
        return self._answer("rows", query, ask, undo)

    def close(self):
        if self.child is not None:
            self.child.kill()
            self.child.communicate()
            self.child = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _answer(self, *request):
        if self.child is None:
            self.child = subprocess.Popen(
                [sys.executable, pathlib.Path(__file__).resolve()], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            for statement in self.statements:
                self._ask("execute", statement)
        return self._ask(*request)

    def _ask(self, *request):
        try:
            pickle.dump(request, self.child.stdin)
            self.child.stdin.flush()
            error, reply = pickle.load(self.child.stdout)
        except (EOFError, BrokenPipeError, pickle.UnpicklingError):
            code = self.child.wait()
            self.close()
            raise NoAnswer(f"DuckDB's process ended with {code}") from None
        if error is not None:
            raise NoAnswer(error)
        return reply


def serve(requests, replies):
    import duckdb

    connection = duckdb.connect()

    def rows(query, ask, undo):
        if ask is None:
            return connection.sql(query).fetchall()
        connection.execute(ask)
        try:
            return connection.sql(query).fetchall()
        finally:
            connection.execute(undo)

    while True:
        try:
            kind, *arguments = pickle.load(requests)
        except EOFError:  # the parent has gone
            return
        error = reply = None
        try:
            if kind == "rows":
                reply = rows(*arguments)
            elif kind == "execute":
                connection.execute(*arguments)
            else:
                connection.close()
                connection = duckdb.connect()
        except duckdb.Error as raised:
            error = str(raised)
        pickle.dump((error, reply), replies)
        replies.flush()


if __name__ == "__main__":
    with os.fdopen(os.dup(1), "wb") as own_output:  # whatever else prints must not be taken for a reply
        os.dup2(2, 1)
        serve(sys.stdin.buffer, own_output)
