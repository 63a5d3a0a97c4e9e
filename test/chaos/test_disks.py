"""Map outputs damaged, cut short and deleted; disks that are full."""

import subprocess

import pytest
import trivet
from chaos_testing import LONG_QUERY, Cluster, Running, assert_nothing_is_left, expected_rows, wait_until

# Stage 0 is small and done long before stage 1; what reads both starts when both are complete.
TWO_SIDES = (
    "SELECT k, n, s FROM (SELECT range % 5003 AS k, count(*) AS n FROM range(600000) GROUP BY k) a "
    "JOIN (SELECT range % 5003 AS k, sum(sqrt(range) + ln(range + 1)) AS s FROM range(6000000) GROUP BY k) b USING (k) "
    "ORDER BY k"
)


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x10
    path.write_bytes(content)


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def delete(path):
    path.unlink()


@pytest.mark.parametrize("damage", [flip, cut, delete])
def test_a_spoilt_output_alone_is_made_again(program, tmp_path, damage):
    expected = expected_rows(TWO_SIDES)
    with Cluster(program, tmp_path) as cluster, cluster.connect(adaptive=False) as connection:
        cluster.await_workers(connection)
        running = Running(connection, TWO_SIDES)
        query = wait_until(
            lambda: cluster.log.events("query_submitted") and cluster.log.events("query_submitted")[-1]["query"],
            10, "the query's start",
        )  # fmt: skip
        # The first outputs that are there, while another stage still holds the readers up.
        line = wait_until(lambda: cluster.log.events("task_finished", query=query), 15, "the first output")[0]
        (path,) = cluster.outputs.rglob(f"q{query}.s{line['stage']}.p{line['task']}.a1")
        damage(path)
        launched = {stage for stage, _ in cluster.log.tasks("task_launched", query=query)}
        assert launched <= {0, 1}, "the readers had started"
        running.wait(60)
        assert running.error is None, running.error
        assert running.rows == expected
        assert cluster.log.events("fetch_failed", query=query, producer=line["stage"])
        assert cluster.log.launches(query, line["stage"], line["task"]) == 2
        again = {(e["stage"], e["task"]) for e in cluster.log.events("task_launched", query=query) if e["attempt"] > 1}
        assert {each for each in again if each[0] in (0, 1)} == {(line["stage"], line["task"])}
        assert_nothing_is_left(cluster, connection)


def check_full_disk(cluster, connection, folder):
    with pytest.raises(trivet.OutOfDiskError) as caught:
        connection.sql(LONG_QUERY.replace("LIMIT 5", "")).fetchall()
    assert str(folder) in str(caught.value)
    assert connection.sql("SELECT count(*) FROM range(1000)").fetchone() == (1000,)
    assert_nothing_is_left(cluster, connection)


def test_a_full_quota_is_named(program, tmp_path):
    with Cluster(program, tmp_path, "--disk-quota", "1MB", workers=1) as cluster, cluster.connect() as connection:
        check_full_disk(cluster, connection, cluster.outputs)
    assert not [path for path in cluster.outputs.rglob("*") if path.is_file()], "files are left behind"


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("a file system of its own cannot be mounted here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_is_named_and_left_clean(program, tmp_path, small_disk):
    cluster = Cluster(program, tmp_path, "--directory", str(small_disk), workers=1)
    cluster.outputs = small_disk
    with cluster, cluster.connect() as connection:
        check_full_disk(cluster, connection, small_disk)
    assert not [path for path in small_disk.rglob("*") if path.is_file()], "files are left behind"


def test_a_journal_that_cannot_be_written_costs_durability_alone(program, tmp_path, small_disk):
    filler = small_disk / "filler"
    cluster = Cluster(program, tmp_path, "--journal", str(small_disk / "journal"), "--journal-sync", "never")
    with cluster, cluster.connect() as connection:
        cluster.await_workers(connection)
        with open(filler, "wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
            while True:
                file.write(b"x" * 4096)
        assert connection.sql(LONG_QUERY).fetchall() == expected_rows()
        assert connection.sql(LONG_QUERY).fetchall() == expected_rows()
        assert cluster.log.events("journal_lost"), "the disk was not full enough"
        assert not (small_disk / "journal/journal").exists(), "a journal with a gap must not be read"
