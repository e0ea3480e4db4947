"""Figures of working pages: first load with the grid, usable on a slow CPU and on a desk, server time of callbacks."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Page, Request

from benchmarks.browsing import CPU_SLOWDOWN, NETWORK, NetworkCounter
from benchmarks.chromium import Chromium
from benchmarks.figures import BenchmarkFigure, percentile
from benchmarks.installation import Installation, answers, fetch, store_url, wait_until
from ioc.auth import audit_log
from ioc.auth.sessions import start_session
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.base.severity import Severity
from ioc.domain.base.times import utc_now
from ioc.domain.events.event import Event
from ioc.storage.access import accounts
from ioc.storage.db import change_counter
from ioc.storage.db.store import Store
from ioc.storage.events import events
from ioc.web.middleware.authentication import SESSION_COOKIE

ACCOUNTS, ENTRIES, EVENTS, REPLAYS = 200, 100_000, 10_000, 60
PAGES = {"audit": "/quan-tri/nhat-ky", "users": "/quan-tri/tai-khoan"}
NAME, _ROLES = "do-kiem", frozenset(role.value for role in Role)
_UPDATE = "/_dash-update-component"
_ACTIONS = ("login", "account-changed", "submission-sent", "submission-approved", "display-enrolled", "audit-exported")
_BATCH_ROWS, _TIMEOUT_MS = 5_000, 60_000
_ROW = ".ag-center-cols-container .ag-row .ag-cell"
_PAINTED_JS = "() => (performance.getEntriesByName('first-contentful-paint')[0] || {}).startTime ?? null"
_FIRST_BLOCK = {"startRow": 0, "endRow": 100, "sortModel": []}


@dataclass
class _Load:
    """A load of a page in a new context. Seconds since its navigation. `requests`: bodies of its callbacks."""

    network: NetworkCounter = field(default_factory=NetworkCounter)
    painted: float = 0.0
    usable: float = 0.0
    requests: list[dict[str, Any]] = field(default_factory=list)


def figures(installation: Installation, browser: Chromium) -> list[BenchmarkFigure]:
    """All figures of this file; fills the store of the installation first."""
    base = f"http://127.0.0.1:{installation.port}"
    store = Store(store_url(installation.folder))
    fill(store)
    cookie = sign_in(store, base)
    fill_events(store)
    store.close()
    loads = {name: _load(browser, base + path, cookie, slow=False) for name, path in PAGES.items()}
    slow, desk = (
        [_load(browser, base + PAGES["audit"], cookie, slow=each) for _ in range(3)] for each in (True, False)
    )
    return [
        *_load_figures(loads),
        *_time_figures(loads["audit"], desk, slow),
        *_callback_figures(installation.port, cookie, loads),
        *event_figures(installation.port),
    ]


def fill(store: Store) -> None:
    """ACCOUNTS accounts and ENTRIES audit entries."""
    now = utc_now()
    with store.write() as conn:
        change_counter.bump(conn, {"access"}, now)
        for n in range(ACCOUNTS):
            accounts.add(conn, f"can-bo-{n}", now, roles=frozenset({Role.VIEWER.value}), display_name=f"Cán bộ {n}")
    for start in range(0, ENTRIES, _BATCH_ROWS):
        with store.write() as conn:
            for n in range(start, start + _BATCH_ROWS):
                by = Principal(PrincipalKind.USER, f"can-bo-{n % ACCOUNTS}", address=f"10.0.{n % 200}.{n % 250}")
                target = f"Sở Nông nghiệp và Môi trường/{n * 7919 % 100_003}"
                audit_log.write(conn, audit_log.entry_by(by, _ACTIONS[n % len(_ACTIONS)], target), now)


def fill_events(store: Store) -> None:
    """EVENTS open events of one source."""
    now = utc_now()
    reported = [
        Event(
            "incident",
            f"do-kiem-{n}",
            now - timedelta(seconds=n),
            f"Ngập đường {n} tại phường {n % 103}",
            severity=(Severity.NORMAL, Severity.ATTENTION)[n % 2],
            text="Nước ngập 30 cm, xe máy khó qua lại",
        )
        for n in range(EVENTS)
    ]
    for start in range(0, EVENTS, _BATCH_ROWS):
        with store.write() as conn:
            events.record(conn, "load-0", reported[start : start + _BATCH_ROWS], now)
            change_counter.bump(conn, {"events"}, now)


def sign_in(store: Store, address: str, name: str = NAME) -> dict[str, Any]:
    """A session made in the store: its cookie, as Playwright takes it, of a new account with every role.

    `address`: the centre's.

    A second call of the same store and name is an AssertionError.
    """
    now = utc_now()
    with store.write() as conn:
        change_counter.bump(conn, {"access"}, now)
        # The second factor counts as given: a secret that nobody knows stands for it.
        account = accounts.add(conn, name, now, roles=_ROLES, display_name="Đo kiểm", totp_secret="-", last_login=now)
        assert account is not None
        session = start_session(conn, account, "127.0.0.1", "benchmark", now, has_mfa=True)
    return {"name": SESSION_COOKIE, "value": session.cookie, "url": address}


def _load(browser: Chromium, address: str, cookie: Mapping[str, Any], *, slow: bool) -> _Load:
    load = _Load()
    with browser.screen() as (page, cdp):
        load.network.listen(cdp)
        if slow:
            cdp.send("Network.emulateNetworkConditions", NETWORK)
            cdp.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWDOWN})
        page.context.add_cookies([dict(cookie)])  # type: ignore[list-item]
        page.on("request", lambda request: _note_callback(request, load.requests))
        started = time.monotonic()
        page.goto(address, wait_until="commit", timeout=_TIMEOUT_MS)
        page.wait_for_selector(_ROW, timeout=_TIMEOUT_MS)
        load.usable = time.monotonic() - started
        load.painted = _painted_seconds(page)
        page.wait_for_timeout(1_000)
    return load


def _note_callback(request: Request, bodies: list[dict[str, Any]]) -> None:
    if request.url.split("?")[0].endswith(_UPDATE) and request.post_data:
        bodies.append(json.loads(request.post_data))


def _painted_seconds(page: Page) -> float:
    return float(page.evaluate(_PAINTED_JS) or 0.0) / 1000


def _load_figures(loads: Mapping[str, _Load]) -> list[BenchmarkFigure]:
    return [
        BenchmarkFigure(
            f"working page {name}: first load",
            load.network.bytes / 1000,
            900,
            "kB",
            f"{load.network.requests} requests",
        )
        for name, load in loads.items()
    ]


def _time_figures(first: _Load, desk: list[_Load], slow: list[_Load]) -> list[BenchmarkFigure]:
    """`first`: of a browser that has just been started."""
    painted, usable = (sorted(times)[1] for times in zip(*((each.painted, each.usable) for each in slow), strict=True))
    on_desk = sorted(each.usable for each in desk)[1]
    cold = f"cold cache; median of {len(desk)}; {first.usable:.2f} in a browser that has just been started"
    conditions = f"20 Mbit/s, 5 ms, CPU {CPU_SLOWDOWN}× slower, cold cache; median of {len(slow)}"
    return [
        BenchmarkFigure("working page: painted, slow CPU", painted, 1.5, "s", conditions),
        BenchmarkFigure("working page: usable, slow CPU", usable, 4, "s", "the first row of the grid is there"),
        BenchmarkFigure("working page: usable, desk", on_desk, 1.5, "s", cold),
    ]


def _callback_figures(port: int, cookie: Mapping[str, Any], loads: Mapping[str, _Load]) -> list[BenchmarkFigure]:
    """The callbacks that fill the tables are sent again by HTTP, the answer read whole."""
    blocks = _one(loads["audit"], "audit-table.getRowsResponse")
    deep = {"startRow": ENTRIES - 200, "endRow": ENTRIES - 100, "sortModel": [{"colId": "target", "sort": "asc"}]}
    cases = {
        "accounts": (_one(loads["users"], "users-table.rowData"), 50),
        "audit log, first block": (_with_values(blocks, _FIRST_BLOCK, {}), 50),
        "audit log, deep block by object": (_with_values(blocks, deep, {}), 50),
        "audit log, words of the object": (_with_values(blocks, _FIRST_BLOCK, {"ve": "nông nghiệp"}), 300),
        "audit log, a rare word": (_with_values(blocks, _FIRST_BLOCK, {"ve": "/99999"}), 300),
        "audit log, action": (_with_values(blocks, _FIRST_BLOCK, {"viec": "login"}), 300),
    }
    result = []
    for name, (body, goal) in cases.items():
        seconds = _replay(port, cookie, body)
        note = f"median {percentile(seconds, 0.5) * 1000:.1f} ms of {len(seconds)}, with HTTP"
        result.append(BenchmarkFigure(f"callback p95: {name}", percentile(seconds, 0.95) * 1000, goal, "ms", note))
    return result


def event_figures(port: int) -> list[BenchmarkFigure]:
    """The frame of the list of events, each time with another page or other words, the answer read whole."""
    cases = {
        "a page": (f"trang={n}" for n in range(2, 2 + REPLAYS // 2)),
        "words": (f"tim={quote(f'ngập {n}')}" for n in range(REPLAYS // 2)),
        "another sorting": (f"xep={way}title&tim={n}" for n in range(REPLAYS // 4) for way in ("", "-")),
    }
    wait_until(lambda: answers(port, "/live/events"), 60, "the events are read")
    result = []
    for name, queries in cases.items():
        seconds = []
        for query in queries:
            started = time.monotonic()
            fetch(port, f"/live/events?lang=vi&{query}")
            seconds.append(time.monotonic() - started)
        note = f"median {percentile(seconds, 0.5) * 1000:.0f} ms of {len(seconds)}, with HTTP; {EVENTS} events stored"
        result.append(BenchmarkFigure(f"events p95: {name}", percentile(seconds, 0.95) * 1000, 300, "ms", note))
    return result


def _one(load: _Load, output: str) -> dict[str, Any]:
    return next(body for body in load.requests if output in body["output"])


def _with_values(body: dict[str, Any], block: Mapping[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
    """The request of a block of rows with another block and filter."""
    changed: dict[str, Any] = json.loads(json.dumps(body))
    for each in (*changed["inputs"], *changed.get("state", ())):
        if each["property"] == "getRowsRequest":
            each["value"] = {**(each.get("value") or {}), **block}
        elif each["id"] == "audit-query":
            each["value"] = {**each["value"], **query}
    return changed


def _replay(port: int, cookie: Mapping[str, Any], body: Mapping[str, Any]) -> list[float]:
    base = f"http://127.0.0.1:{port}"
    headers = {
        "Content-Type": "application/json", "Cookie": f"{cookie['name']}={cookie['value']}", "Origin": base,
        "Sec-Fetch-Site": "same-origin", "Referer": base + PAGES["audit"],
    }  # fmt: skip
    connection, seconds = HTTPConnection("127.0.0.1", port, timeout=60), []
    try:
        for _ in range(REPLAYS):
            started = time.monotonic()
            connection.request("POST", _UPDATE, json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
            seconds.append(time.monotonic() - started)
            if answer.status != 200:
                raise ValueError(f"{answer.status}: {text[:200]!r}")
            time.sleep(0.05)  # below the limit of requests of a session
    finally:
        connection.close()
    return seconds
