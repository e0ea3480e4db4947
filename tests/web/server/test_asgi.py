"""The ASGI application: what the loop answers by itself, and pools that do not wait for one another."""

import asyncio
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest

from ioc.domain.base.blocking import ensure_may_block, may_block
from ioc.web.app_factory import create_app
from ioc.web.health import endpoints
from ioc.web.live.endpoint import SERVE_CACHED
from ioc.web.server import asgi
from ioc.web.server.asgi import AsgiApp, PoolName, open_pools, pool_of
from ioc.web.server.connections import ABORT
from ioc.web.server.pools import PoolFullError, PoolLimits, WorkPool
from ioc.web.wsgi import Environ, StartResponse, WsgiApp
from tests.city import NOW
from tests.web.fake import FakeReads, settings
from tests.web.health.test_endpoints import FakeHealthReads


@pytest.mark.parametrize(
    ("path", "query", "pool"),
    [
        ("/", "", PoolName.PAGES),
        ("/", "lang=en", PoolName.PAGES),
        ("/", "luc=24%2F11%2F2026+14%3A30", PoolName.PAST),
        ("/live/overview", "", PoolName.LIVE),
        ("/live/overview", "don-vi=26743&luc=2026-11-24T14%3A30", PoolName.PAST),
        ("/live/overview", "%6Cuc=2026-11-24T14%3A30", PoolName.PAST),
        ("/live/overview", "lang=vi&giay=1", PoolName.PAST),
        ("/live/overview", "%" * 8_000, PoolName.LIVE),
        ("/ban-do", "giay=1&theme=light", PoolName.PAST),
        ("/api/v1/kpis", "at=2026-11-24T07:30:00Z", PoolName.PAST),
        ("/api/v1/kpis", "format=json", PoolName.PAGES),
        ("/pdf/overview", "luc=2026-11-24T14%3A30", PoolName.SLOW),
        ("/xuat/tasks.xlsx", "luc=2026-11-24T14%3A30", PoolName.EXPORTS),
        ("/hinh/cam/1/hls/index.m3u8", "", PoolName.SLOW),
        ("/dang-nhap", "", PoolName.PAGES),
        ("/dang-nhap/oidc", "", PoolName.SLOW),
        ("/readyz", "at=x", PoolName.HEALTH),
        ("/assets/page.v1m1.js", "", PoolName.FILES),
        ("/_dash-component-suites/dash/deps/react.js", "", PoolName.FILES),
    ],
)
def test_each_kind_of_request_has_its_pool(path: str, query: str, pool: PoolName) -> None:
    assert pool_of("GET", path, query) is pool


def test_what_is_posted_holds_up_no_past_moment() -> None:
    assert pool_of("POST", "/_dash-update-component", "luc=2026-11-24T14%3A30") is PoolName.PAGES


@dataclass
class Exchange:
    """One request to an ASGI application, and its response."""

    path: str = "/"
    query: str = ""
    method: str = "GET"
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    client: str = "127.0.0.1"
    status: int = 0
    received: bytes = b""
    received_headers: dict[str, str] = field(default_factory=dict)
    is_body_read: bool = False
    is_gone: bool = False

    async def run(self, app: AsgiApp) -> "Exchange":
        headers = {"host": "127.0.0.1", **self.headers}
        if self.body:
            headers["content-length"] = str(len(self.body))
        scope: dict[str, Any] = {
            "type": "http", "http_version": "1.1", "method": self.method, "scheme": "http", "path": self.path,
            "query_string": self.query.encode(), "client": (self.client, 5000), "server": ("127.0.0.1", 8050),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "state": {ABORT: lambda: None},
        }  # fmt: skip
        await app(scope, self._receive, self._send)
        return self

    async def _receive(self) -> dict[str, Any]:
        if self.is_body_read and self.is_gone:
            return {"type": "http.disconnect"}
        if self.is_body_read:
            await asyncio.Event().wait()  # the client neither sends more nor goes
        self.is_body_read = True
        return {"type": "http.request", "body": self.body, "more_body": False}

    async def _send(self, message: dict[str, Any]) -> None:
        self.status = message.get("status", self.status)
        self.received_headers |= {name.decode(): value.decode() for name, value in message.get("headers", ())}
        self.received += message.get("body", b"")


def answer(start: StartResponse, text: bytes) -> Iterable[bytes]:
    start("200 OK", [("Content-Length", str(len(text)))])
    return (text,)


class Gate:
    """A WSGI application whose requests under /wait wait until `open` is set. `threads`: who handled each path."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.threads: dict[str, str] = {}

    def __call__(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path != "/memory":
            ensure_may_block()
        self.threads[path] = threading.current_thread().name
        if environ["QUERY_STRING"].startswith("luc=") or "wait" in path:
            self.open.wait(20)
        return answer(start, environ["wsgi.input"].read())


def served(app: WsgiApp, *, page_threads: int = 1) -> AsgiApp:
    return AsgiApp(app, open_pools(page_threads))


async def test_what_is_in_memory_is_answered_by_the_loop_and_the_rest_by_a_pool() -> None:
    app = Gate()
    for path in ("/memory", "/page", "/live/overview"):
        assert (await Exchange(path).run(served(app))).status == 200
    assert app.threads["/memory"] == threading.current_thread().name
    assert app.threads["/page"].startswith("pages") and app.threads["/live/overview"].startswith("live")
    assert may_block()


async def test_white_space_around_a_field_is_no_part_of_its_value() -> None:
    def host(environ: Environ, start: StartResponse) -> Iterable[bytes]:
        return answer(start, environ["HTTP_HOST"].encode())

    assert (await Exchange(headers={"host": "localhost:8050 \t"}).run(served(host))).received == b"localhost:8050"


async def test_a_body_is_complete_before_the_application_is_called() -> None:
    exchange = await Exchange("/page", method="POST", body=b"x" * 300_000).run(served(Gate()))
    assert exchange.received == b"x" * 300_000


async def test_frames_and_health_do_not_wait_for_past_moments_pages_or_pdfs() -> None:
    gate = Gate()
    app = served(gate)
    waiting = [
        asyncio.ensure_future(Exchange(path, query).run(app))
        for path, query in (("/wait", ""), ("/live/a", "luc=1"), ("/api/v1/x", "luc=2"), ("/pdf/wait", ""))
    ]
    await asyncio.sleep(0)
    for path in ("/memory", "/live/overview", "/readyz"):
        assert (await asyncio.wait_for(Exchange(path).run(app), 30)).status == 200
    assert not any(task.done() for task in waiting)
    gate.open.set()
    assert [(await task).status for task in waiting] == [200] * 4


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_whether_the_process_runs_is_answered_while_all_ask_whether_it_is_ready(
    tmp_path: Path, method: str
) -> None:
    reads = FakeHealthReads()
    reads.open = threading.Event()
    routes = endpoints.blueprint(reads, endpoints.Metrics(), lambda: NOW, tmp_path)
    web = create_app(FakeReads(), settings(tmp_path), blueprints=(routes,)).server
    app = served(web)
    asked = [Exchange("/readyz", client=f"198.51.{number % 20}.7") for number in range(40)]
    waiting = [asyncio.ensure_future(each.run(app)) for each in asked]
    await asyncio.sleep(0)
    alive = await asyncio.wait_for(Exchange("/healthz", method=method, client="203.0.113.9").run(app), 1)
    assert not any(task.done() for task in waiting)
    reads.open.set()
    assert {(await task).status for task in waiting} == {200} and reads.asked == 1
    in_a_thread = await asyncio.to_thread(web.test_client().open, "/healthz", method=method)
    assert (alive.status, alive.received) == (200, in_a_thread.data)
    assert alive.received_headers == {name.lower(): value for name, value in in_a_thread.headers.items()}


async def test_one_person_has_few_past_moments_at_a_time() -> None:
    gate = Gate()
    app = served(gate)
    tasks = [asyncio.ensure_future(Exchange("/live/a", f"luc={number}").run(app)) for number in range(16)]
    done, _ = await asyncio.wait(tasks, timeout=30, return_when=asyncio.FIRST_COMPLETED)
    refused = {task.result().status for task in done}
    gate.open.set()
    results = [await task for task in tasks]
    assert refused == {503} and [result.status for result in results].count(200) == 4
    assert {orjson.loads(result.received)["code"] for result in results if result.status == 503} == {"request.busy"}


async def test_full_pool_is_reported_after_a_pause() -> None:
    gate = Gate()
    app = served(gate)
    tasks = [asyncio.ensure_future(Exchange("/live/a", f"luc={number}").run(app)) for number in range(5)]
    started = asyncio.get_running_loop().time()
    await asyncio.wait(tasks, timeout=30, return_when=asyncio.FIRST_COMPLETED)
    assert asyncio.get_running_loop().time() - started >= asgi.BUSY_SECONDS
    gate.open.set()
    assert sorted([(await task).status for task in tasks]) == [200] * 4 + [503]


async def test_a_frame_that_cannot_be_drawn_in_time_is_answered_503(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(asgi._TIMEOUTS, PoolName.LIVE, 0.05)
    gate = Gate()
    exchange = await Exchange("/live/wait").run(served(gate))
    gate.open.set()
    assert exchange.status == 503 and orjson.loads(exchange.received)["code"] == "request.store_unavailable"


class DrawnFrame:
    """A WSGI application that draws frames in `drawn`; the frame before is in memory where `has_earlier`."""

    def __init__(self, *, has_earlier: bool) -> None:
        self.open, self.has_earlier, self.drawn = threading.Event(), has_earlier, 0

    def __call__(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        if environ[SERVE_CACHED] and self.has_earlier:
            return answer(start, b"earlier")
        ensure_may_block()
        self.open.wait(20)
        self.drawn += 1
        return answer(start, b"newer")


async def test_a_screen_is_sent_the_frame_before_while_the_newer_one_is_drawn() -> None:
    frame = DrawnFrame(has_earlier=True)
    app = served(frame)
    first = await asyncio.wait_for(Exchange("/live/overview").run(app), 5)
    again = await asyncio.wait_for(Exchange("/live/overview").run(app), 5)
    assert (first.received, again.received, frame.drawn) == (b"earlier", b"earlier", 0)
    frame.open.set()
    while frame.drawn == 0:
        await asyncio.sleep(0.01)
    assert (await Exchange("/live/overview").run(app)).received in (b"earlier", b"newer")
    assert frame.drawn <= 2  # one request at a time has had it drawn


async def test_a_screen_without_an_earlier_frame_waits_for_the_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "FRAME_WAIT_SECONDS", 0.01)
    frame = DrawnFrame(has_earlier=False)
    waiting = asyncio.ensure_future(Exchange("/live/overview").run(served(frame)))
    done, _ = await asyncio.wait((waiting,), timeout=0.2)
    assert not done
    frame.open.set()
    assert (await waiting).received == b"newer" and frame.drawn == 1


async def test_an_earlier_past_moment_is_never_sent_in_the_place_of_another() -> None:
    frame = DrawnFrame(has_earlier=True)
    waiting = asyncio.ensure_future(Exchange("/live/overview", "luc=1").run(served(frame)))
    done, _ = await asyncio.wait((waiting,), timeout=3 * asgi.FRAME_WAIT_SECONDS)
    assert not done
    frame.open.set()
    assert (await waiting).received == b"newer"


async def test_an_exception_is_answered_500_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    def broken(environ: Environ, start: StartResponse) -> Iterable[bytes]:
        raise RuntimeError("a fault of the program")

    assert (await Exchange("/page\n2026-01-01 a line of its own").run(served(broken))).status == 500
    assert "a fault of the program" in caplog.text
    assert "\n2026-01-01" not in caplog.text


async def test_a_pool_refuses_beyond_its_queue_and_counts_work_whose_caller_is_gone() -> None:
    release = threading.Event()
    pool = WorkPool("test", PoolLimits(threads=1, waiting=1, per_owner=2))
    first = asyncio.ensure_future(pool.run(release.wait, "a"))
    second = asyncio.ensure_future(pool.run(lambda: 2, "b"))
    await asyncio.sleep(0)
    assert pool.is_busy
    first.cancel()
    await asyncio.sleep(0)
    with pytest.raises(PoolFullError):
        await pool.run(lambda: 3, "b")
    release.set()
    assert await second == 2
    assert await pool.run(lambda: 3, "c") == 3
    pool.close()


async def test_one_owner_cannot_fill_a_pool() -> None:
    release = threading.Event()
    pool = WorkPool("test", PoolLimits(threads=1, waiting=9, per_owner=2))
    own = [asyncio.ensure_future(pool.run(release.wait, "a")) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(PoolFullError):
        await pool.run(release.wait, "a")
    other = asyncio.ensure_future(pool.run(lambda: 1, "b"))
    release.set()
    assert await other == 1 and [await task for task in own] == [True, True]
    pool.close()


async def test_first_work_is_next_but_of_an_owner_without_other_tasks_only() -> None:
    order: list[str] = []
    release = threading.Event()
    pool = WorkPool("test", PoolLimits(threads=1, waiting=9, per_owner=9))
    running = asyncio.ensure_future(pool.run(release.wait, "a"))
    tasks = []
    for owner, name, is_first in (("b", "b", False), ("c", "c", False), ("d", "wall", True), ("b", "b-wall", True)):
        tasks.append(asyncio.ensure_future(pool.run(partial(order.append, name), owner, is_first=is_first)))
        await asyncio.sleep(0)
    release.set()
    await asyncio.gather(running, *tasks)
    assert order == ["wall", "b", "c", "b-wall"]
    pool.close()


async def test_the_frame_of_the_wall_is_drawn_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "BUSY_SECONDS", 0)
    asked: list[tuple[str, bool]] = []

    class Pool(WorkPool):
        async def run(self, work: Any, owner: str, *, is_network: bool = False, is_first: bool = False) -> Any:
            asked.append((owner, is_first))
            raise PoolFullError

    def blocking(environ: Environ, start: StartResponse) -> list[bytes]:
        ensure_may_block()
        return []

    app = AsgiApp(blocking, dict.fromkeys(PoolName, Pool("test", PoolLimits(threads=1, waiting=1, per_owner=1))))
    for path in ("/live/wall", "/live/events"):
        await Exchange(path).run(app)
    assert [is_first for _, is_first in asked] == [True, False]


async def test_owners_take_turns_however_much_one_of_them_asks_for() -> None:
    order: list[str] = []
    release = threading.Event()
    pool = WorkPool("test", PoolLimits(threads=1, waiting=9, per_owner=9))
    first = asyncio.ensure_future(pool.run(release.wait, "a"))
    tasks = [
        asyncio.ensure_future(pool.run(partial(order.append, owner), owner)) for owner in ("a", "a", "a", "b", "c", "b")
    ]
    await asyncio.sleep(0)
    release.set()
    await asyncio.gather(first, *tasks)
    assert order == ["a", "b", "c", "a", "b", "a"]
    pool.close()


async def test_one_owner_has_a_quarter_of_the_threads_for_pages() -> None:
    release, running = threading.Event(), []
    pools = open_pools(8)
    pages = pools[PoolName.PAGES]

    def work() -> bool:
        running.append(1)
        return release.wait(60)

    own = [asyncio.ensure_future(pages.run(work, "a", is_network=True)) for _ in range(12)]
    await asyncio.sleep(0)
    assert await asyncio.wait_for(pages.run(lambda: len(running), "b"), 30) <= 2
    assert pages._running["a"] == 2
    release.set()
    assert await asyncio.gather(*own) == [True] * 12
    for pool in pools.values():
        pool.close()


async def test_all_scripts_of_a_page_that_one_owner_asks_for_at_once_come() -> None:
    pools = open_pools(1)
    files = pools[pool_of("GET", "/_dash-component-suites/dash/deps/react.js", "")]
    assert await asyncio.gather(*(files.run(lambda: 1, "a") for _ in range(40))) == [1] * 40
    for pool in pools.values():
        pool.close()


async def test_one_owner_never_has_more_than_half_of_the_threads() -> None:
    release = threading.Event()
    pool = WorkPool("test", PoolLimits(threads=4, waiting=9, per_owner=9))
    own = [asyncio.ensure_future(pool.run(release.wait, "a")) for _ in range(6)]
    await asyncio.sleep(0)
    assert await asyncio.wait_for(pool.run(lambda: 1, "b"), 30) == 1
    assert not pool.is_busy
    release.set()
    assert await asyncio.gather(*own) == [True] * 6
    pool.close()


async def test_a_person_gets_a_page_and_a_program_json() -> None:
    app = AsgiApp(Gate(), {name: WorkPool(name, PoolLimits(1, 0, 0)) for name in PoolName})
    page = await Exchange("/page", headers={"accept": "text/html"}).run(app)
    assert page.status == 503 and page.received.startswith(b"<!doctype html>") and page.received_headers["refresh"]
    assert orjson.loads((await Exchange("/page").run(app)).received)["code"] == "request.busy"
