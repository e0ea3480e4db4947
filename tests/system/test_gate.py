"""The door of a real server: bound to every address, and reached by a name that is not this machine's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ioc.domain.base.times import utc_now
from ioc.storage import jobs
from ioc.storage.db.store import Store
from ioc.storage.jobs import DONE, FAILED
from ioc.worker.jobs import JOB_KIND, PrintJob
from tests.system.conftest import running
from tests.system.program import Program, command, free_port, until

pytestmark = pytest.mark.slow
WHY = "the control room's own network"


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory, quick_config: Path) -> Iterator[Program]:
    """Bound to every address of this machine."""
    folder = tmp_path_factory.mktemp("wide")
    yield from running(Program(folder / "data", IOC_CONFIG=str(quick_config), HOST="0.0.0.0", IOC_PLAIN_HTTP=WHY))


@pytest.mark.parametrize("path", ["/live/overview", "/api/v1/kpis", "/metrics"])
@pytest.mark.parametrize("host", ["ioc.test:8050", "127.0.0.1"])
def test_where_others_reach_it_everybody_is_asked_to_sign_in(wide: Program, path: str, host: str) -> None:
    status, headers, body = wide.ask(path, {"Host": host})
    assert status == 401 and headers["Cache-Control"] == "no-store"
    assert "Cần đăng nhập" in body.decode()


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
def test_who_comes_through_a_proxy_is_asked_to_sign_in(centre: Program, header: str) -> None:
    assert centre.ask("/")[0] == 200
    assert centre.ask("/", {header: "127.0.0.1"})[0] == 303
    assert centre.ask("/live/overview", {header: "127.0.0.1"})[0] == 401


def test_without_tls_nothing_is_opened_to_others_until_somebody_says_why(tmp_path: Path) -> None:
    for words in (["run"], ["web"]):
        told = command(tmp_path, *words, HOST="0.0.0.0", PORT=str(free_port()))
        assert told.returncode != 0 and "IOC_PROXY" in told.stderr and "IOC_PLAIN_HTTP" in told.stderr


def test_a_liveness_probe_need_not_sign_in(wide: Program) -> None:
    assert wide.ask("/healthz", {"Host": "ioc.test"})[0] == 200


def test_its_own_printing_need_not_sign_in(wide: Program) -> None:
    assert wide.ask("/pdf/can-chu-y")[0] == 303
    store = Store(f"sqlite:///{wide.data / 'ioc.db'}")
    with store.write() as conn:
        ordered = jobs.enqueue(conn, JOB_KIND, PrintJob("/can-chu-y", {}, "vi", "ioc-can-chu-y").body(), utc_now())

    def printed() -> bool:
        with store.read() as conn:
            found = jobs.get(conn, ordered.id)
        assert found is not None and found.state != FAILED, found
        return found.state == DONE

    until(printed, 60, "the page is printed")
    assert next((wide.data / "pdf").glob("*.pdf")).read_bytes().startswith(b"%PDF")
    store.close()


def test_nobody_writes_to_what_is_read_only(centre: Program) -> None:
    for method in ("POST", "PUT", "DELETE"):
        assert centre.ask("/api/v1/kpis", method=method)[0] == 405
