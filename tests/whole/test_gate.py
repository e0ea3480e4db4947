"""The view token, asked by a real server: on a loopback address that is not this machine's own name for itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.whole.conftest import running
from tests.whole.program import Program

pytestmark = pytest.mark.slow
TOKEN = "thu-nghiem-man-hinh"


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory, quick_config: Path) -> Iterator[Program]:
    """Bound to every address of this machine."""
    folder = tmp_path_factory.mktemp("wide")
    yield from running(Program(folder / "data", IOC_CONFIG=str(quick_config), HOST="0.0.0.0", IOC_TOKEN=TOKEN))


@pytest.mark.parametrize(
    "path", ["/", "/tuong", "/live/overview", "/api/v1/kpis", "/metrics", "/pdf/", "/assets/22-live.js"]
)
def test_who_comes_by_another_name_is_asked_for_the_code(wide: Program, path: str) -> None:
    status, headers, body = wide.ask(path, {"Host": "ioc.test:8050"})
    assert status == 401 and headers["Cache-Control"] == "no-store"
    assert "Mã xem" in body.decode() and TOKEN not in body.decode()


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
def test_who_comes_through_a_proxy_is_asked_for_the_code(centre: Program, header: str) -> None:
    assert centre.ask("/")[0] == 200
    assert centre.ask("/", {header: "127.0.0.1"})[0] == 401
    assert centre.ask("/live/overview", {header: "127.0.0.1"})[0] == 401


def test_no_code_opens_a_centre_that_has_none(centre: Program) -> None:
    for code in ("", "x", "None"):
        assert centre.ask(f"/?ma={code}", {"X-Forwarded-For": "10.0.0.9"})[0] == 401


def test_the_code_gives_a_cookie_that_opens(wide: Program) -> None:
    assert wide.ask("/?ma=khong-dung-dau", {"Host": "ioc.test"})[0] == 401
    status, headers, _ = wide.ask(f"/tuong?ma={TOKEN.upper()}&lang=en", {"Host": "ioc.test"})
    assert (status, headers["Location"]) == (303, "/tuong?lang=en")
    cookie = headers["Set-Cookie"].split(";")[0]
    assert TOKEN not in cookie and "HttpOnly" in headers["Set-Cookie"]
    held = {"Host": "ioc.test", "Cookie": cookie}
    assert wide.ask("/live/overview", held)[0] == 200
    assert wide.ask("/api/v1/kpis", held | {"X-Forwarded-For": "10.0.0.9"})[0] == 200
    assert wide.ask("/live/overview", {"Host": "ioc.test", "Cookie": cookie[:-1] + "!"})[0] == 401


def test_the_code_is_printed_with_the_addresses(wide: Program) -> None:
    assert f"/tuong?ma={TOKEN}\n" in wide.log and f"view token    {TOKEN}\n" in wide.log


def test_a_liveness_probe_needs_no_code(wide: Program) -> None:
    assert wide.ask("/healthz", {"Host": "ioc.test"})[0] == 200


def test_its_own_printing_needs_no_code(wide: Program) -> None:
    status, headers, body = wide.ask("/pdf/can-chu-y", seconds=40)
    assert status == 200 and headers["Content-Type"] == "application/pdf" and body.startswith(b"%PDF")


def test_nobody_writes_to_what_is_read_only(centre: Program) -> None:
    for method in ("POST", "PUT", "DELETE"):
        assert centre.ask("/api/v1/kpis", method=method)[0] == 405
