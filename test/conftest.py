"""What every Python test shares: the `trivet` package of the build under test and its connections."""

import os
import pathlib
import random
import signal
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("TRIVET_BUILD", ROOT / "build/release"))
sys.path.insert(0, str(BUILD / "python"))

# Whoever is started in the background ignores the signal, and Python with it; tests of Ctrl-C want to hear it.
signal.signal(signal.SIGINT, signal.default_int_handler)

DEFAULT_BATCH_SIZE = 2048
SEED = int(os.environ.get("TRIVET_SEED", random.SystemRandom().randrange(1 << 32)))  # of random tests


def pytest_report_header():
    return f"TRIVET_SEED={SEED}"


def open_connection(threads=2, batch_size=DEFAULT_BATCH_SIZE):
    import trivet

    connection = trivet.connect()
    connection.execute(f"SET threads = {threads}")
    connection.execute(f"SET batch_size = {batch_size}")
    return connection


@pytest.fixture
def connection():
    return open_connection()


@pytest.fixture(scope="session")
def program():
    """The path of the `trivet` program of the build under test."""
    return BUILD / "trivet"
