"""Authentication on a real server that is bound to every address or reached through a proxy."""

from pathlib import Path

import pytest

from ioc.domain.base.times import utc_now
from ioc.storage import jobs
from ioc.storage.db.store import Store
from ioc.storage.jobs import DONE, FAILED
from ioc.worker.jobs import JOB_KIND, PrintJob
from simulator.free_ports import free_port
from tests.system.program import Program, command, until

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("path", ["/live/overview", "/api/v1/kpis", "/metrics"])
@pytest.mark.parametrize("host", ["ioc.test:8050", "127.0.0.1"])
def test_request_to_a_public_address_needs_login(wide: Program, path: str, host: str) -> None:
    status, headers, body = wide.answer(path, {"Host": host})
    assert status == 401 and headers["Cache-Control"] == "no-store"
    assert "Cần đăng nhập" in body.decode()


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
def test_proxied_request_needs_login(centre: Program, header: str) -> None:
    assert centre.answer("/")[0] == 200
    assert centre.answer("/", {header: "127.0.0.1"})[0] == 303
    assert centre.answer("/live/overview", {header: "127.0.0.1"})[0] == 401


def test_start_without_tls_is_refused_unless_a_reason_is_set(tmp_path: Path) -> None:
    for words in (["run"], ["web"]):
        result = command(tmp_path, *words, HOST="0.0.0.0", PORT=str(free_port()))
        assert result.returncode != 0 and "IOC_PROXY" in result.stderr and "IOC_PLAIN_HTTP" in result.stderr


def test_liveness_probe_needs_no_login(wide: Program) -> None:
    assert wide.ask("/healthz", {"Host": "ioc.test"})[0] == 200


def test_print_worker_needs_no_login(wide: Program) -> None:
    assert wide.ask("/pdf/can-chu-y")[0] == 303
    store = Store(f"sqlite:///{wide.data / 'ioc.db'}")
    with store.write() as conn:
        ordered = jobs.enqueue(conn, JOB_KIND, PrintJob("/can-chu-y", {}, "vi", "ioc-can-chu-y").body(), utc_now())

    def printed() -> bool:
        with store.read() as conn:
            job = jobs.get(conn, ordered.id)
        assert job is not None and job.state != FAILED, job
        return job.state == DONE

    until(printed, 60, "the page is printed")
    assert next((wide.data / "pdf").glob("*.pdf")).read_bytes().startswith(b"%PDF")
    store.close()


def test_writing_methods_are_not_allowed(centre: Program) -> None:
    own_page = {"Origin": centre.base}
    for method in ("POST", "PUT", "DELETE"):
        answers = [centre.ask("/api/v1/kpis", headers, method=method)[0] for headers in (own_page, {})]
        assert answers == [405, 403]  # without an origin it is refused before
