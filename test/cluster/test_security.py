"""Every port of a cluster asks for the secret and, where certificates are given, speaks TLS."""

import os
import subprocess

import pyarrow.flight as flight
import pytest
import trivet


def openssl(*arguments, folder):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """An authority, a certificate of it for this host, and one of another authority."""
    folder = tmp_path_factory.mktemp("certificates")
    (folder / "names.cnf").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    for authority, name in (("authority", "node"), ("stranger", "guest")):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={authority}",
                "-keyout", f"{authority}.key", "-out", f"{authority}.pem", folder=folder)
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1",
                "-keyout", f"{name}.key", "-out", f"{name}.csr", folder=folder)
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key",
                "-CAcreateserial", "-days", "2", "-extfile", "names.cnf", "-out", f"{name}.pem", folder=folder)
    return folder


def tls(folder, name="node", authority="authority"):
    return {
        "tls_certificate": str(folder / f"{name}.pem"),
        "tls_key": str(folder / f"{name}.key"),
        "tls_authority": str(folder / f"{authority}.pem"),
    }


@pytest.fixture(scope="module")
def served(certificates, program):
    """A coordinator with two workers that asks its peers for certificates of the authority."""
    options = tls(certificates)
    process = subprocess.Popen(
        [program, "serve", "--workers", "2", "--exit-with-stdin", "--single-task-bytes", "0",
         "--tls-certificate", options["tls_certificate"], "--tls-key", options["tls_key"],
         "--tls-authority", options["tls_authority"]],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "TRIVET_TOKEN": "s3cret"},
    )
    yield process.stdout.readline().split('"')[3]
    process.stdin.close()
    process.wait(timeout=15)


def test_mutual_tls_between_all_processes(served, certificates):
    assert served.startswith("grpc+tls://")
    with trivet.connect(served, token="s3cret", **tls(certificates)) as connection:
        rows = connection.sql("SELECT range % 3 AS k, count(*) FROM range(100000) GROUP BY k ORDER BY k").fetchall()
        assert rows == [(0, 33334), (1, 33333), (2, 33333)]
        addresses = connection.sql("SELECT address FROM system.workers").fetchall()
        assert addresses and all(address.startswith("grpc+tls://") for (address,) in addresses)


def test_a_certificate_of_another_authority_is_refused(served, certificates):
    with pytest.raises(trivet.Error):
        trivet.connect(served, token="s3cret", **tls(certificates, name="guest"))


def test_a_server_of_another_authority_is_not_trusted(served, certificates):
    with pytest.raises(trivet.Error):
        trivet.connect(served, token="s3cret", **tls(certificates, authority="stranger"))


def test_the_secret_is_asked_for_on_top(served, certificates):
    with pytest.raises(trivet.PermissionDeniedError):
        trivet.connect(served, token="wrong", **tls(certificates))


def test_plain_connections_are_refused(served):
    with pytest.raises(trivet.Error):
        trivet.connect(served.replace("grpc+tls", "grpc"), token="s3cret")


def test_workers_give_nothing_without_the_secret():
    with trivet.connect(mode="single_node", workers=1) as connection:
        assert connection.sql("SELECT 1").fetchone() == (1,)  # a worker has joined
        (address,) = connection.sql("SELECT address FROM system.workers").fetchone()
        client = flight.FlightClient(address)
        with pytest.raises(flight.FlightError):
            list(client.do_action("worker.launch"))
        with pytest.raises(flight.FlightError):
            client.do_get(flight.Ticket(b"shuffle")).read_all()


def test_the_secret_is_in_no_command_line_and_no_plan():
    secret = "a-secret-to-look-for"
    with trivet.connect(mode="single_node", workers=1, token=secret) as connection:
        plans = [str(connection.sql(f"EXPLAIN {kind} SELECT count(*) FROM range(10)").fetchall())
                 for kind in ("", "ANALYZE")]
        assert not any(secret in plan for plan in plans)
        for process in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{process}/cmdline", encoding="utf-8", errors="replace") as command:
                    assert secret not in command.read()
            except (FileNotFoundError, ProcessLookupError):
                continue
