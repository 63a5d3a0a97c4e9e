"""The documentation lists what there is: `scripts/document_functions` was run after the last change."""

import re

import pytest
from conftest import ROOT

UNESCAPED_BAR = re.compile(r"(?<!\\)\|")


def documented_rows():
    """The cells of every table in docs/functions.md."""
    for line in (ROOT / "docs/functions.md").read_text().splitlines():
        if line.startswith("|"):
            yield tuple(cell.strip().replace("\\|", "|") for cell in UNESCAPED_BAR.split(line)[1:-1])


@pytest.mark.parametrize("kind", ["scalar", "aggregate", "table"])
def test_every_function_is_listed_as_it_is(connection, kind):
    functions = connection.sql(
        "SELECT function_name, first(description ORDER BY description) FROM duckdb_functions() "
        f"WHERE function_type = '{kind}' GROUP BY function_name").fetchall()
    assert functions
    assert not set(functions) - set(documented_rows())


def test_every_setting_is_listed_as_it_is(connection):
    settings = connection.sql("SELECT name, description FROM duckdb_settings()").fetchall()
    machine = {"temp_directory", "threads", "worker_threads", "memory_limit", "max_memory"}
    documented = {(row[0], row[-1]) for row in documented_rows() if len(row) == 3}
    assert not {setting for setting in settings if setting[0] not in machine} - documented
