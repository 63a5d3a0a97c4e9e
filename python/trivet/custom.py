"""Functions and operators of your own: how they are declared, called, and brought to workers.

A function or operator is registered on a connection (`Connection.register_function`, `register_operator`),
or by a module that workers import: it defines `register(registry)`, which gets a `Registry`.
"""

from __future__ import annotations

import importlib
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from . import _trivet

# By this label a coordinator finds workers that can load code made here: its byte code is the version's.
RUNTIME = f"python-{sys.version_info.major}.{sys.version_info.minor}"

_NULL_HANDLING = ("propagate", "special")
_SHOWN_ARGUMENT_LENGTH = 80


class Interrupted(BaseException):  # noqa: N818: no error of the code that it is raised in
    """Raised within a function or operator whose query was cancelled."""


class CallError(Exception):
    """What is wrong with a call, told in full."""


def _pyarrow():
    try:
        import pyarrow
    except ImportError as error:
        raise _trivet.InvalidInputError("custom functions and operators need pyarrow: pip install pyarrow") from error
    return pyarrow


def _type_name(given: Any) -> str:
    """A type is given by its SQL name, or as pyarrow's."""
    if isinstance(given, str):
        return given
    if hasattr(given, "__arrow_c_schema__"):
        return _trivet.type_name(given)
    raise TypeError(f"a type is a SQL name or a pyarrow.DataType, not {given!r}")


def _types(what: str, given: Any) -> list[str]:
    if isinstance(given, str):
        raise TypeError(f"the parameter_types of {what} are a list of types")
    return [_type_name(each) for each in given]


def _name(kind: str, given: Any) -> str:
    if not isinstance(given, str):
        raise TypeError(f"the name of {kind} is a text, not {given!r}")
    return given.lower()


# ---- functions -------------------------------------------------------------------------------------


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _shown(values: Sequence[Any]) -> str:
    texts = [repr(value) for value in values]
    return ", ".join(text if len(text) <= _SHOWN_ARGUMENT_LENGTH else text[:_SHOWN_ARGUMENT_LENGTH] + "…" for text in texts)


def _to_array(pyarrow, name: str, answer: Any, count: int, wanted):
    """What a vectorised function gave, as an array of the declared type."""
    if isinstance(answer, pyarrow.ChunkedArray):
        answer = answer.combine_chunks()
    if isinstance(answer, pyarrow.Scalar):
        answer = pyarrow.repeat(answer, count)
    try:
        if not isinstance(answer, pyarrow.Array):
            if isinstance(answer, (str, bytes)) or not hasattr(answer, "__len__"):
                raise TypeError(f"{type(answer).__name__} is no array")
            answer = pyarrow.array(answer, type=wanted)
        if answer.type != wanted:
            answer = answer.cast(wanted)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError, TypeError) as error:
        raise CallError(f"function {name} gave something else than an array of {wanted}: {error}") from error
    if len(answer) != count:
        raise CallError(f"function {name} gave {len(answer)} rows for a batch of {count}")
    return answer


class _ArrayFunction:
    """Calls a function of arrays. Where it raises, halves of the batch are tried until the rows are found."""

    def __init__(self, name: str, function: Callable, deterministic: bool) -> None:
        self._name = name
        self._function = function
        self._deterministic = deterministic

    def __call__(self, rows, count: int, field):
        pyarrow = _pyarrow()
        columns = pyarrow.record_batch(rows).columns
        wanted = pyarrow.schema(field).field(0).type
        errors: list[tuple[int, str]] = []
        pieces = self._evaluate(pyarrow, columns, 0, count, count, wanted, errors)
        array = pieces[0] if len(pieces) == 1 else pyarrow.concat_arrays(pieces)
        return pyarrow.record_batch([array], names=["c0"]), errors

    def _evaluate(self, pyarrow, columns, offset, count, batch, wanted, errors) -> list:
        try:
            return [_to_array(pyarrow, self._name, self._function(*columns), count, wanted)]
        except CallError:
            raise
        except Exception as error:
            if not self._deterministic:
                raise CallError(f"function {self._name} failed on a batch of {batch} rows: {_describe(error)}") from error
            if count == 1:
                values = _shown([column[0].as_py() for column in columns])
                errors.append((offset, _row_error(self._name, offset, batch, values, error)))
                return [pyarrow.nulls(1, wanted)]
        half = count // 2
        halves = ((0, half), (half, count - half))
        return [
            piece
            for start, length in halves
            for piece in self._evaluate(
                pyarrow, [column.slice(start, length) for column in columns], offset + start, length, batch, wanted, errors
            )
        ]


def _row_error(name: str, row: int, batch: int, values: str, error: Exception) -> str:
    return f"function {name} failed in row {row} of a batch of {batch}, for ({values}): {_describe(error)}"


class _RowFunction:
    """Calls a function of single values, row by row. Where it raises, all rows of the batch are tried once more."""

    def __init__(self, name: str, function: Callable, deterministic: bool) -> None:
        self._name = name
        self._function = function
        self._deterministic = deterministic

    def __call__(self, rows, count: int, field):
        pyarrow = _pyarrow()
        batch = pyarrow.record_batch(rows)
        wanted = pyarrow.schema(field).field(0).type
        values, errors = self._evaluate([column.to_pylist() for column in batch.columns], count)
        try:
            array = pyarrow.array(values, type=wanted)
        except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, OverflowError, TypeError) as error:
            raise CallError(f"function {self._name} gave a value that is no {wanted}: {error}") from error
        return pyarrow.record_batch([array], names=["c0"]), errors

    def _evaluate(self, lists: list[list], count: int) -> tuple[list, list[tuple[int, str]]]:
        if lists and self._deterministic:
            try:
                values = list(map(self._function, *lists))
                if len(values) == count:  # less where it raised StopIteration
                    return values, []
            except Exception:
                pass  # told with its row, below
        values = []
        errors: list[tuple[int, str]] = []
        for row, arguments in enumerate(zip(*lists) if lists else [()] * count):
            try:
                values.append(self._function(*arguments))
            except Exception as error:
                values.append(None)
                errors.append((row, _row_error(self._name, row, count, _shown(arguments), error)))
        return values, errors


def _version(given: Any) -> int:
    if not isinstance(given, int) or not 1 <= given < 1 << 32:
        raise _trivet.InvalidInputError(f"a version is a whole number from 1 on, not {given!r}")
    return given


def _function_declaration(
    name: str,
    parameter_types: Sequence[Any],
    return_type: Any,
    null_handling: str,
    deterministic: bool,
    vectorized: bool,
    version: int,
) -> _trivet.FunctionDeclaration:
    if null_handling not in _NULL_HANDLING:
        raise _trivet.InvalidInputError(f'null_handling is "propagate" or "special", not "{null_handling}"')
    name = _name("a function", name)
    types = _types(f"function {name}", parameter_types)
    if vectorized and not types:
        raise _trivet.InvalidInputError(
            f"function {name} has no parameters that would tell it the number of rows: register it with vectorized=False"
        )
    declaration = _trivet.FunctionDeclaration()
    declaration.name = name
    declaration.version = _version(version)
    declaration.parameter_types = types
    declaration.return_type = _type_name(return_type)
    declaration.special_nulls = null_handling == "special"
    declaration.deterministic = deterministic
    return declaration


def _add_function(
    add: Callable,
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
) -> None:
    """Declares the function and has `add` take it: in this process, or its code to where it runs."""
    if not callable(function):
        raise TypeError(f"function {name} is no callable but {function!r}")
    declaration = _function_declaration(
        name, parameter_types, return_type, null_handling, deterministic, vectorized, version
    )
    _pyarrow()
    name = declaration.name
    evaluate = _ArrayFunction(name, function, deterministic) if vectorized else _RowFunction(name, function, deterministic)
    add(declaration, evaluate, replace)


# ---- operators -------------------------------------------------------------------------------------


class _Operator:
    """Calls an operator with a reader of its input; gives batches of the declared columns."""

    def __init__(self, name: str, function: Callable) -> None:
        self._name = name
        self._function = function

    def __call__(self, rows, columns, arguments: tuple) -> Iterator:
        pyarrow = _pyarrow()
        reader = pyarrow.RecordBatchReader.from_stream(rows)
        return self._batches(pyarrow, reader, pyarrow.schema(columns), arguments)

    def _batches(self, pyarrow, reader, schema, arguments: tuple) -> Iterator:
        number = 0
        try:
            answer = self._function(reader, *arguments)
            pieces = answer if isinstance(answer, Iterable) and not _is_arrow(answer) else [answer]
            for piece in pieces:
                for batch in self._record_batches(pyarrow, piece, schema):
                    number += 1
                    yield batch
        except (CallError, Interrupted, GeneratorExit):
            raise
        except BaseException as error:
            if isinstance(error, (SystemExit, KeyboardInterrupt, Exception)):
                raise CallError(f"operator {self._name} failed after {number} batches of output: {_describe(error)}") from error
            raise
        finally:
            close = getattr(reader, "close", None)
            if close is not None:
                close()

    def _record_batches(self, pyarrow, piece, schema) -> Iterator:
        if isinstance(piece, pyarrow.RecordBatch):
            yield self._conformed(pyarrow, piece, schema)
        elif hasattr(piece, "__arrow_c_stream__"):
            for batch in pyarrow.RecordBatchReader.from_stream(piece):
                yield self._conformed(pyarrow, batch, schema)
        else:
            raise CallError(f"operator {self._name} gave {type(piece).__name__} instead of Arrow record batches")

    def _conformed(self, pyarrow, batch, schema):
        if batch.schema.equals(schema):
            return batch
        if sorted(batch.schema.names) != sorted(schema.names):
            raise CallError(f"operator {self._name} gave columns {batch.schema.names} instead of {schema.names}")
        try:
            return pyarrow.record_batch(
                [batch.column(field.name).cast(field.type) for field in schema], names=schema.names
            )
        except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError) as error:
            raise CallError(f"operator {self._name} gave a column of another type: {error}") from error


def _is_arrow(answer: Any) -> bool:
    return hasattr(answer, "__arrow_c_stream__") or hasattr(answer, "__arrow_c_array__")


def _columns(output_schema: Any) -> list[tuple[str, str]]:
    """A mapping or list of names and types, or a pyarrow.Schema; None: the input's columns."""
    if output_schema is None:
        return []
    if isinstance(output_schema, Mapping):
        pairs: Iterable = output_schema.items()
    elif hasattr(output_schema, "names") and hasattr(output_schema, "types"):
        pairs = zip(output_schema.names, output_schema.types)
    else:
        pairs = output_schema
    columns = [(name, _type_name(given)) for name, given in pairs]
    if not columns:
        raise _trivet.InvalidInputError("an output schema without columns")
    return columns


def _add_operator(
    add: Callable,
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
) -> None:
    if not callable(function):
        raise TypeError(f"operator {name} is no callable but {function!r}")
    if isinstance(by, str):
        by = [by]
    declaration = _trivet.OperatorDeclaration()
    declaration.name = _name("an operator", name)
    declaration.version = _version(version)
    declaration.parameter_types = _types(f"operator {declaration.name}", parameter_types)
    declaration.columns = _columns(output_schema)
    declaration.distribution = distribution
    declaration.hash_columns = list(by)
    declaration.deterministic = deterministic
    _pyarrow()
    add(declaration, _Operator(declaration.name, function), replace)


# ---- where they are registered ---------------------------------------------------------------------


class Registry:
    """What a module's `register(registry)` registers into: the functions and operators of one process."""

    def __init__(self, native: _trivet.Extensions | None = None) -> None:
        self._native = native if native is not None else _trivet.Extensions()

    def register_function(
        self, name: str, function: Callable, parameter_types: Sequence[Any], return_type: Any, **options: Any
    ) -> None:
        """As `Connection.register_function`."""
        _add_function(self._native.add_function, name, function, parameter_types, return_type, **options)

    def register_operator(self, name: str, function: Callable, output_schema: Any = None, **options: Any) -> None:
        """As `Connection.register_operator`."""
        _add_operator(self._native.add_operator, name, function, output_schema, **options)

    def load_plugin(self, path: str) -> None:
        """Registers what a shared library brings."""
        self._native.load_plugin(str(path))

    def import_module(self, name: str) -> None:
        """Imports a module and has it register what it has."""
        try:
            module = importlib.import_module(name)
        except ImportError as error:
            raise _trivet.InvalidInputError(f"the module {name!r} cannot be imported: {error}") from error
        register = getattr(module, "register", None)
        if register is not None:
            register(self)


def registry_of(imports: Sequence[str], plugins: Sequence[str] = ()) -> Registry:
    """What the modules and plugins register."""
    registry = Registry()
    for plugin in plugins:
        registry.load_plugin(plugin)
    for module in imports:
        registry.import_module(module)
    return registry


# ---- code that travels -----------------------------------------------------------------------------


def _cloudpickle():
    try:
        import cloudpickle
    except ImportError:
        try:  # Ray brings one along
            from ray import cloudpickle
        except ImportError as error:
            raise _trivet.InvalidInputError(
                "registering on a remote connection needs cloudpickle: pip install cloudpickle, "
                "or name modules that the workers import"
            ) from error
    return cloudpickle


def pack(native: _trivet.Connection, kind: str) -> Callable:
    """Adds a function ("function") or an operator by sending its code to the session."""
    ship = native.ship_function if kind == "function" else native.ship_operator

    def add(declaration, code, replace: bool) -> None:
        declaration.runtime = RUNTIME
        fields = [field for field in dir(declaration) if not field.startswith("_")]
        described = {field: getattr(declaration, field) for field in fields}
        try:
            body = _cloudpickle().dumps(code)
        except Exception as error:
            raise _trivet.InvalidInputError(
                f"the code of {kind} {declaration.name} cannot be sent to the workers: {_describe(error)}; "
                "make there what it needs, within the function, or register it in a module that workers import (imports=)"
            ) from error
        ship(declaration, pickle.dumps((kind, described, body)), replace)

    return add


def load(code: bytes, native: _trivet.Extensions) -> None:
    """The other side of `pack`, in a worker."""
    kind, described, body = pickle.loads(code)  # noqa: S301: whoever holds the cluster's secret may run code
    try:
        call = pickle.loads(body)  # noqa: S301
    except Exception as error:
        raise CallError(f"the code of {kind} {described['name']} cannot be loaded by a worker: {_describe(error)}") from error
    function = kind == "function"
    declaration = _trivet.FunctionDeclaration() if function else _trivet.OperatorDeclaration()
    for field, value in described.items():
        setattr(declaration, field, value)
    (native.add_function if function else native.add_operator)(declaration, call, True)
