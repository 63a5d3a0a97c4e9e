"""Trivet: one query engine, embedded here in this process.

    import trivet

    con = trivet.connect()
    con.sql("SELECT count(*) FROM 'data/*.parquet'").show()
"""

from ._trivet import (
    AlreadyExistsError,
    CancelledError,
    CorruptionError,
    Error,
    FetchFailedError,
    InternalError,
    InvalidInputError,
    IOError,
    NotFoundError,
    NotImplementedError,
    OutOfDiskError,
    OutOfMemoryError,
    PermissionDeniedError,
    ProtocolMismatchError,
    ResourceExhaustedError,
    TimeoutError,
    UnavailableError,
    __version__,
)
from .connection import Connection, connect, execute, sql
from .relation import Relation

__all__ = [
    "AlreadyExistsError",
    "CancelledError",
    "Connection",
    "CorruptionError",
    "Error",
    "FetchFailedError",
    "IOError",
    "InternalError",
    "InvalidInputError",
    "NotFoundError",
    "NotImplementedError",
    "OutOfDiskError",
    "OutOfMemoryError",
    "PermissionDeniedError",
    "ProtocolMismatchError",
    "Relation",
    "ResourceExhaustedError",
    "TimeoutError",
    "UnavailableError",
    "__version__",
    "connect",
    "execute",
    "sql",
]
