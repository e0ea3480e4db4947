"""The commands `account`, `audit` and `api-key`."""

import json
import re
import socket
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from ioc.auth import audit_log as written
from ioc.cli.main import main
from ioc.cli.syslog import syslog_message
from ioc.domain.access.principal import Principal, PrincipalKind
from ioc.storage.access import accounts, audit_log
from ioc.storage.db import change_counter
from ioc.storage.db.circuit_breaker import CircuitBreaker
from ioc.storage.db.dialect import open_engine
from ioc.storage.db.store import Store
from tests.conftest import empty_store
from tests.storage.expected_store import START

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("IOC_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def run_command(*words: str) -> tuple[int, str, str]:
        code = main([*words, "--lang", "en"])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run_command


def test_account_is_created_by_command(run: Run) -> None:
    code, out, _ = run("account", "add", "truc-1", "operator", "viewer")
    assert code == 0 and re.search(r"truc-1: one-time password \w{4}-\w{4}-\w{4}-\w{4} ", out)
    assert run("account", "add", "truc-1", "viewer")[0] == 1
    assert run("account", "add", "x", "emperor")[0] == 2
    code, _, error = run("account", "add", "x", "reporter", "no-such-agency")
    assert code == 1 and "no-such-agency" in error and "x" not in run("account", "list")[1].split()
    first = out.split()[3]
    code, again, _ = run("account", "reset", "truc-1")
    assert code == 0 and first not in again
    assert run("account", "disable", "truc-1")[:2] == (0, "truc-1: disabled, all sessions ended\n")
    assert "operator, viewer" in run("account", "list")[1] and "disabled" in run("account", "list")[1]
    assert run("account", "enable", "truc-1")[0] == 0
    assert run("account", "reset", "nobody") == (1, "", "There is no account named “nobody”, or it is disabled.\n")
    assert run("account")[0] == run("account", "make", "x")[0] == run("account", "add", "x")[0] == 2
    code, out, _ = run("audit", "export")
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row["action"] for row in rows] == [
        "account-created", "password-reset", "account-disabled", "account-enabled",
    ]  # fmt: skip
    assert all(row["actor_kind"] == "shell" for row in rows) and first not in out


def test_reset_of_an_external_account_removes_its_second_factor_alone(run: Run, tmp_path: Path) -> None:
    run("account", "add", "an", "viewer")
    with closing(Store(f"sqlite:///{tmp_path / 'data' / 'ioc.db'}")) as store, store.write() as conn:
        account = accounts.get_by_name(conn, "an")
        assert account is not None
        accounts.change(conn, account.id, oidc_subject="https://id|1", totp_secret="x")
    assert run("account", "reset", "an")[0] == 1
    assert run("account", "reset", "an", "factor") == (0, "an: second factor removed, all sessions ended\n", "")


def test_repoll_and_accept_schema_are_in_the_audit_log_and_trust_no_heartbeat_from_the_future(
    run: Run, tmp_path: Path
) -> None:
    run("account", "list")  # creates the store
    with closing(Store(f"sqlite:///{tmp_path / 'data' / 'ioc.db'}")) as store, store.write() as conn:
        change_counter.record_heartbeat(conn, datetime.now(UTC) + timedelta(hours=3))
    code, out, _ = run("repoll", "sim-press")
    assert code == 0 and "no polling process" in out
    assert run("accept-schema", "sim-press")[0] == 0 and run("repoll", "nowhere")[0] == 2
    rows = [json.loads(line) for line in run("audit", "export")[1].splitlines()]
    assert [(row["actor_kind"], row["action"], row["target"]) for row in rows] == [
        ("shell", "source-repolled", "sim-press"), ("shell", "schema-accepted", "sim-press"),
    ]  # fmt: skip


def test_audit_log_is_verified_and_a_changed_row_is_reported(run: Run, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        run("account", "add", name, "viewer")
    code, out, _ = run("audit", "verify")
    head = re.search(r"head (3:\w{64})", out)
    assert code == 0 and head is not None
    assert run("audit", "verify", head[1])[0] == 0 and run("audit", "verify", "3:" + "0" * 64)[0] == 1
    assert run("audit", "verify", "nonsense")[0] == run("audit", "look")[0] == 2
    with sqlite3.connect(tmp_path / "data" / "ioc.db") as conn:
        conn.execute("UPDATE audit_entry SET actor = 'nobody' WHERE id = 2")
    assert run("audit", "verify") == (1, "", "the audit log is NOT intact: entry 2: was changed or moved\n")


def test_audit_log_is_sent_to_syslog_by_udp_and_tcp(run: Run) -> None:
    for name in ("a", "b", "c"):
        run("account", "add", name, "viewer")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(10)
        code, out, _ = run("audit", "export", "1", "--syslog", f"127.0.0.1:{udp.getsockname()[1]}")
        assert code == 0 and "up to entry 3" in out
        got = [udp.recv(4096) for _ in range(2)]
    assert all(
        message.startswith(b"<110>1 2") and b" ioc - account-created [audit@32473 id=" in message for message in got
    )
    assert json.loads(got[0].partition(b"\xef\xbb\xbf")[2])["target"] == "b"
    with socket.create_server(("127.0.0.1", 0)) as tcp:
        received: list[bytes] = []

        def listen() -> None:
            with tcp.accept()[0] as connection:
                received.append(b"".join(iter(lambda: connection.recv(4096), b"")))

        listener = threading.Thread(target=listen)
        listener.start()
        assert run("audit", "export", "--syslog", f"tcp://127.0.0.1:{tcp.getsockname()[1]}")[0] == 0
        listener.join(60)
    body, sizes = received[0], []
    while body:
        size, _, body = body.partition(b" ")
        sizes.append(int(size))
        body = body[int(size) :]
    assert len(sizes) == 3
    assert run("audit", "export", "--syslog", "nowhere")[0] == 1


def test_personal_detail_is_not_sent_to_syslog(tmp_path: Path) -> None:
    store = empty_store(tmp_path)
    with store.write() as conn:
        principal = Principal(PrincipalKind.USER, "truc-1", address="10.0.0.9")
        written.write(
            conn, written.entry_by(principal, "personal-data-viewed", "tin-7", detail="gọi lại cho người báo"), START
        )
    with store.read() as conn:
        entry = audit_log.oldest(conn, audit_log.AuditFilter(), 1)[0]
    store.close()
    assert entry.detail and entry.detail.encode() not in syslog_message(entry, "ioc-1")


def test_api_key_is_added_listed_and_revoked_by_command(run: Run) -> None:
    code, out, _ = run("api-key", "add", "Prometheus 1", "metrics", "10.0.0.0/8")
    key = out.split()[3]
    assert code == 0 and key.startswith("ioc-")
    assert run("api-key", "add", "prometheus-1", "api")[0] == 1 and run("api-key", "add", "A", "emperor")[0] == 1
    code, out, _ = run("api-key", "list")
    assert "prometheus-1 (Prometheus 1): figures of the system; from 10.0.0.0/8; last used –" in out and key not in out
    assert run("api-key", "revoke", "Prometheus 1")[0] == 0
    assert run("api-key", "revoke", "prometheus-1")[0] == 1 and "revoked" in run("api-key", "list")[1]
    assert run("api-key")[0] == run("api-key", "list", "a")[0] == run("api-key", "add", "a")[0] == 2


@pytest.mark.parametrize("command", ["account", "api-key"])
def test_command_waits_a_minute_for_its_turn_to_write(run: Run, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """As after a start, when the simulated history is written."""
    waits: list[float] = []

    def open_and_note(url: str, busy_seconds: float, breaker: CircuitBreaker) -> Engine:
        waits.append(busy_seconds)
        return open_engine(url, busy_seconds, breaker)

    monkeypatch.setattr("ioc.storage.db.store.open_engine", open_and_note)
    assert run(command, "list")[0] == 0 and waits == [60.0]
