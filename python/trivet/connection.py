"""Connections: SQL in, relations out."""

from __future__ import annotations

import asyncio
import contextlib
import pathlib
import re
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from . import _trivet
from .custom import _add_function, _add_operator, pack, registry_of
from .relation import Relation

Parameters = Sequence[Any] | Mapping[str, Any] | None

_MAX_THREADS = 1024
_MISSING_TABLE = re.compile(r"Table with name (\w+) does not exist!")


def _point_at_variable(error: _trivet.NotFoundError) -> None:
    """Adds a hint where the table that is missing is a variable of the caller's with data in it."""
    missing = _MISSING_TABLE.search(str(error))
    frame = sys._getframe(2)
    while frame is not None and frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    if missing is None or frame is None:
        return
    name = missing[1]
    data = frame.f_locals.get(name, frame.f_globals.get(name))
    if hasattr(data, "__arrow_c_stream__"):
        hint = f'Hint: the variable {name} becomes a table by register("{name}", {name})'
        error.args = (f"{error}\n{hint}",)


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
        return self._relation(query, parameters)

    def _relation(self, query: str, parameters: Parameters) -> Relation:
        try:
            return Relation(self._native, query, parameters)
        except _trivet.NotFoundError as error:
            _point_at_variable(error)
            raise

    def execute(self, query: str, parameters: Parameters = None) -> Connection:
        """Runs the statements of `query`; `fetchall` and the like give the last one's rows.

        A query is computed to its end, unless its rows are many: then the rest is computed as they are fetched.
        """
        relation = self._relation(query, parameters)
        relation.read_ahead()
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

    def arrow(self, *, string_views: bool = False):
        """The rows of what `execute` ran last as a `pyarrow.Table`; see `Relation.arrow`."""
        return self._last_relation().arrow(string_views=string_views)

    def df(self):
        """The rows of what `execute` ran last as a pandas DataFrame."""
        return self._last_relation().df()

    @property
    def description(self) -> list[tuple]:
        """Name and type of each column, as the Python database interface (PEP 249) has it."""
        return self._last_relation().description

    def register(self, name: str, data: Any) -> Connection:
        """Makes `data` a table: any object with `__arrow_c_stream__` (Arrow, pandas, Polars, relations).

        The data is read, without a copy where its layout allows, each time a query scans it. What can be
        read only once, such as a `pyarrow.RecordBatchReader`, and the rows of a relation are read now and
        kept.
        """
        if isinstance(data, Relation):
            data.materialize()
        elif (pyarrow := sys.modules.get("pyarrow")) and isinstance(data, pyarrow.RecordBatchReader):
            data = data.read_all()
        self._native.register(name, data)
        return self

    def unregister(self, name: str) -> Connection:
        """Drops a table made by `register`."""
        self._native.unregister(name)
        return self

    def register_function(
        self,
        name: str,
        function: Callable,
        parameter_types: Sequence[Any],
        return_type: Any,
        *,
        null_handling: str = "propagate",
        deterministic: bool = True,
        vectorized: bool = True,
        version: int = 1,
        replace: bool = False,
    ) -> Connection:
        """Makes a Python function callable in SQL, under `name`.

        It gets a pyarrow array for each parameter and gives an array of as many rows; with
        `vectorized=False` it gets and gives single values, row by row. Types are SQL names ("DOUBLE") or
        pyarrow's. With `null_handling="propagate"`, rows with a NULL argument are NULL and the function never
        sees them; with "special" it decides. A function whose answers differ for the same arguments is
        registered with `deterministic=False`. What it raises ends the query with InvalidInputError, which
        names the function, the row and its arguments.

        On a remote connection the code travels to the workers (by cloudpickle), unless the modules that
        they import register it already.
        """
        add = pack(self._native, "function") if self._native.is_remote else self._native.register_function
        _add_function(
            add,
            name,
            function,
            parameter_types,
            return_type,
            null_handling=null_handling,
            deterministic=deterministic,
            vectorized=vectorized,
            version=version,
            replace=replace,
        )
        return self

    def register_operator(
        self,
        name: str,
        function: Callable,
        output_schema: Any = None,
        *,
        parameter_types: Sequence[Any] = (),
        distribution: str = "single",
        by: Sequence[str] = (),
        deterministic: bool = True,
        version: int = 1,
        replace: bool = False,
    ) -> Connection:
        """Makes a Python function a table operator: `FROM name((SELECT ...), argument, ...)`.

        It gets a `pyarrow.RecordBatchReader` of its input and the constant arguments, as `parameter_types`
        declares them, and gives record batches: as a generator, a list, a reader or a table. `output_schema`
        declares their columns (a dict of names and types, or a pyarrow.Schema); None: those of the input.
        `distribution` says which rows one call must see: "single" all of them in order, "hash" all that are
        equal in the columns `by`, "any" any share. On a cluster the planner spreads the input accordingly.
        """
        add = pack(self._native, "operator") if self._native.is_remote else self._native.register_operator
        _add_operator(
            add,
            name,
            function,
            output_schema,
            parameter_types=parameter_types,
            distribution=distribution,
            by=by,
            deterministic=deterministic,
            version=version,
            replace=replace,
        )
        return self

    def load_plugin(self, path: str) -> Connection:
        """Registers the functions and operators of a shared library; on an embedded connection only."""
        self._native.load_plugin(str(path))
        return self

    def progress(self) -> float | None:
        """The share of its sources that the newest running query has read, 0 to 1; None where it is not known.

        May be called from another thread.
        """
        return self._native.progress()

    def plan_cache(self) -> dict[str, int]:
        """Plans that the database keeps for queries that ask the same again: `hits`, `misses`, `plans`, `bytes`.

        Of an embedded database; a remote one keeps its plans, and their counters, in its own process.
        """
        return self._native.plan_cache()

    def stage_progress(self) -> list[dict]:
        """How far each stage of the newest running distributed query has come.

        One dictionary a stage: `stage`, `description`, `tasks`, `finished_tasks`, `running_tasks`, `rows`. Empty for
        embedded queries. May be called from another thread.
        """
        return self._native.stage_progress()

    async def sql_async(self, query: str, parameters: Parameters = None) -> Relation:
        """`sql`, computed to its end without blocking the event loop. Cancelling the task cancels the query."""
        return await self._off_loop(lambda: self._computed(query, parameters))

    async def execute_async(self, query: str, parameters: Parameters = None) -> Connection:
        """`execute` without blocking the event loop. Cancelling the task cancels the query."""
        return await self._off_loop(lambda: self.execute(query, parameters))

    def _computed(self, query: str, parameters: Parameters) -> Relation:
        relation = self._relation(query, parameters)
        relation.materialize()
        return relation

    async def _off_loop(self, call):
        """Runs `call` on a thread of its own: the loop's default threads may all wait for queries."""
        loop = asyncio.get_running_loop()
        done = loop.create_future()

        def settle(result, error) -> None:
            if done.cancelled():
                return
            if error is not None:
                done.set_exception(error)
            else:
                done.set_result(result)

        def run() -> None:
            result = error = None
            try:
                result = call()
            except BaseException as raised:
                error = raised
            # A loop that was closed meanwhile has nobody left who waits.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, result, error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            return await done
        except asyncio.CancelledError:
            self.interrupt()
            raise

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


def _worker_command(imports: Sequence[str], plugins: Sequence[str]) -> list[str]:
    """Runs `trivet.worker` of this very package, wherever it was imported from.

    Modules are found there where this process finds them.
    """
    folder = str(pathlib.Path(__file__).parent.parent)
    paths = [path for path in sys.path if path]
    code = (
        f"import sys; sys.path.insert(0, {folder!r}); sys.path.extend(p for p in {paths!r} if p not in sys.path); "
        "from trivet.worker import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code]
    for module in imports:
        command += ["--import", module]
    for plugin in plugins:
        command += ["--plugin", str(plugin)]
    return command


def connect(
    target: str = "",
    *,
    mode: str = "",
    placement: str = "",
    threads: int = 0,
    memory_limit: str = "",
    workers: int = 2,
    slots: int = 1,
    token: str = "",
    tls_authority: str = "",
    tls_certificate: str = "",
    tls_key: str = "",
    partitions: int = 0,
    single_task_bytes: int | None = None,
    scan_task_rows: int = 0,
    forced_scan_tasks: int = 0,
    adaptive: bool = True,
    progress_bar: bool = False,
    log_level: str = "",
    log_file: str = "",
    imports: Sequence[str] = (),
    plugins: Sequence[str] = (),
) -> Connection:
    """Connects to a database; where its queries run is the only thing that differs.

    - `connect()`: embedded in this process, with `threads` (one per processor) and `memory_limit`
      ("2GiB", "80%"; four fifths of the memory).
    - `connect(mode="single_node", workers=2)`: a coordinator and worker processes of this session's own.
    - `connect("ray://HOST:PORT")`: a Ray cluster, its address as `ray.init` takes it; the coordinator there
      is found or started.
    - `connect("grpc://HOST:PORT", token=...)`: a running coordinator. Without a target,
      `mode="distributed"` takes it from TRIVET_COORDINATOR; the token may come from TRIVET_TOKEN.

    With `progress_bar` a query that runs for two seconds while its rows are being fetched draws a bar on a
    terminal's standard error. `log_level` ("info") has the coordinator and the workers of a single node, or of a
    Ray cluster whose coordinator is started here, write JSON lines to `log_file` or standard error.
    Modules named by `imports` register functions and operators of their own by `register(registry)`, and shared
    libraries named by `plugins` bring theirs: here, or where the session's queries run (single node and Ray;
    with Ray, those of the connection that starts the coordinator).

    Raises at once where the target cannot be reached: nothing ever runs in another mode than asked for.
    """
    if target == ":memory:":
        target = ""
    if target and target != "ray" and "://" not in target:
        raise _trivet.NotImplementedError(
            f"a database in a file ({target!r}) is not supported yet: query files by their paths. "
            "Addresses of coordinators begin with grpc:// or ray://"
        )
    if not 0 <= threads <= _MAX_THREADS:
        raise _trivet.InvalidInputError(f"threads must be from 1 to {_MAX_THREADS}, not {threads}")
    on_ray = target.startswith("ray://") or target == "ray"
    if on_ray:
        from .ray import connect_ray

        if mode not in ("", "distributed"):
            raise _trivet.InvalidInputError(f'a ray:// address goes with mode "distributed", not "{mode}"')
        found = connect_ray(
            target,
            partitions=partitions,
            single_task_bytes=single_task_bytes,
            scan_task_rows=scan_task_rows,
            forced_scan_tasks=forced_scan_tasks,
            adaptive=adaptive,
            log_level=log_level,
            log_file=log_file,
            imports=imports,
            plugins=plugins,
        )
        target, token = found.location, found.token
    options = _trivet.ConnectOptions()
    options.mode = mode or ("distributed" if target else "embedded")
    if target and options.mode != "distributed":
        raise _trivet.InvalidInputError(f'"{target}" is an address, which mode "{mode}" does not take')
    options.placement = placement
    options.threads = threads
    options.memory_limit = memory_limit
    options.coordinator = target
    options.token = token
    options.tls_authority = tls_authority
    options.tls_certificate = tls_certificate
    options.tls_key = tls_key
    options.workers = workers
    options.slots = slots
    options.worker_command = _worker_command(imports, plugins)
    options.partitions = partitions
    options.single_task_bytes = single_task_bytes
    options.scan_task_rows = scan_task_rows
    options.forced_scan_tasks = forced_scan_tasks
    options.adaptive = adaptive
    options.progress_bar = progress_bar
    options.log_level = log_level
    options.log_file = log_file
    if options.mode != "distributed":
        options.extensions = registry_of(imports, plugins)._native
    elif (imports or plugins) and not on_ray:
        raise _trivet.InvalidInputError(
            "imports and plugins are for connections that start what they connect to: "
            "start this coordinator and its workers with --import and --plugin"
        )
    return Connection(_trivet.connect(options))


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
