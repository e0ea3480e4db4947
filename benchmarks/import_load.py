"""A wall's frame while an office imports its sheets in the same web process; and how long an import takes there."""

import asyncio
import time
from datetime import timedelta

from benchmarks.figures import BenchmarkFigure, percentile
from benchmarks.installation import AGENCIES, Installation
from benchmarks.process import cpu_seconds
from benchmarks.screen_client import ScreenClient
from benchmarks.sheet_form import ASSIGN, SheetForm
from benchmarks.task_sheet import workbook
from benchmarks.working import sign_in
from ioc.domain.base.times import city_date, utc_now
from ioc.domain.directives.acts import PositionKind
from ioc.domain.directives.positions import Position
from ioc.domain.directives.sheet_documents import MAX_SHEET_DOCUMENTS, MAX_SHEET_TASKS
from ioc.storage.db import change_counter
from ioc.storage.db.store import Store
from ioc.storage.directives import positions

NAME, POSITION, IMPORTS = "do-kiem-bang", "vp", 4
_QUIET_SECONDS = 15.0


def figures(installation: Installation, tasks: int = MAX_SHEET_TASKS) -> list[BenchmarkFigure]:
    """IMPORTS sheets of that many tasks, one after the other, from the file to assigned tasks; a screen beside them."""
    form, screen = _open_form(installation), ScreenClient(installation.port)
    asyncio.run(screen.watch(2.5))
    screen.latencies.clear()
    asyncio.run(screen.watch(_QUIET_SECONDS))
    quiet = percentile(screen.latencies, 0.95) * 1000
    screen.latencies.clear()
    used = cpu_seconds(installation.pids["web"])
    seconds = asyncio.run(_import_beside(screen, form, tasks))
    used = cpu_seconds(installation.pids["web"]) - used
    note = (
        f"median of {IMPORTS}, worst {max(seconds):.1f}; web process {used / IMPORTS:.1f} of the processor, screen too"
    )
    median = percentile(screen.latencies, 0.5) * 1000
    frames = f"median {median:.0f} ms of {len(screen.latencies)}; p95 before {quiet:.0f} ms"
    return [
        BenchmarkFigure(f"import of {tasks:,} tasks, with HTTP", percentile(seconds, 0.5), 10, "s", note),
        BenchmarkFigure("frame p95 during imports", percentile(screen.latencies, 0.95) * 1000, 150, "ms", frames),
    ]


def _open_form(installation: Installation) -> SheetForm:
    """The form of a new account that holds the position of the Office's leader."""
    store, now = Store(installation.store_url), utc_now()
    try:
        cookie = sign_in(store, f"http://127.0.0.1:{installation.port}", NAME)
        held = Position(POSITION, PositionKind.OFFICE_LEADER, "Văn phòng", NAME, city_date(now) - timedelta(days=1))
        with store.write() as conn:
            change_counter.bump(conn, {"directives"}, now)
            positions.put_position(conn, held)
    finally:
        store.close()
    return SheetForm(installation.port, cookie, POSITION, AGENCIES[0])


async def _import_beside(screen: ScreenClient, form: SheetForm, tasks: int) -> list[float]:
    """Seconds of each import; the screen asks for frames meanwhile."""
    seconds = list[float]()
    for number in range(IMPORTS):
        day = f"{city_date(utc_now()):%d/%m/%Y}"
        body = workbook(day, tasks, MAX_SHEET_DOCUMENTS, AGENCIES[1:], f"{number + 1}")
        importing = asyncio.ensure_future(asyncio.to_thread(_import, form, body))
        while not importing.done():
            await screen.watch(screen.interval)
        seconds.append(await importing)
    return seconds


def _import(form: SheetForm, body: bytes) -> float:
    started = time.monotonic()
    form.send(body)
    form.press(ASSIGN)
    return time.monotonic() - started
