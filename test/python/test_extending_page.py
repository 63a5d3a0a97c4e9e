"""The examples of docs/extending.md work as they are written."""

import re
import shutil
import subprocess

import pytest
import trivet
from conftest import ROOT

PAGE = (ROOT / "docs/extending.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_python_examples():
    pytest.importorskip("pyarrow")
    names = {}
    for block in blocks("python"):
        exec(compile(block, "docs/extending.md", "exec"), names)
    registry = trivet.custom.Registry()
    names["register"](registry)
    assert names["con"].sql("SELECT with_tax(1, 1)").fetchone() == (2.0,)


def test_the_cpp_example(tmp_path):
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("no C++ compiler")
    (block,) = blocks("cpp")
    source, library = tmp_path / "example.cc", tmp_path / "example.so"
    source.write_text(block)
    subprocess.run(
        [compiler, "-std=c++17", "-shared", "-fPIC", "-Wall", "-Wextra", "-I", str(ROOT / "include"), str(source), "-o", str(library)],
        check=True,
    )
    with trivet.connect(plugins=[library]) as connection:
        query = "SELECT hypotenuse(3, 4), sum(x) FROM twice_over((SELECT range AS x FROM range(5))) GROUP BY ALL"
        assert connection.sql(query).fetchone() == (5.0, 20)
