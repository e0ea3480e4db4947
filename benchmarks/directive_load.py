"""A store with a city's directives of some years: 60,000 tasks, 800,000 acts; every task lives by the table."""

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from benchmarks.installation import AGENCIES
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import to_ms
from ioc.domain.directives.acts import Act
from ioc.domain.directives.directive import Document, Task
from ioc.storage.db.dialect import bulk_write, is_postgres
from ioc.storage.db.store import Store
from ioc.storage.directives import documents, events
from ioc.storage.directives.schema import directive_event

TASKS, EVENTS, TASKS_PER_DOCUMENT = 60_000, 800_000, 30
YEARS = 5  # back to which statistics are asked for; the tasks begin a year before
_SUBJECTS = ("Nạo vét kênh", "Kết nối dữ liệu camera", "Số hóa quy hoạch ngầm", "Chuẩn hóa danh mục", "Sửa đường")
_DAY = timedelta(days=1)
_SPAN_DAYS = 365 * (YEARS + 1)
_BATCH = 20_000  # acts of one transaction: a server ends one that waits for this process


def fill(url: str, now: datetime, tasks: int = TASKS, acts: int = EVENTS) -> Store:
    """A migrated store at `url`, which was empty, with at least that many tasks and acts, as of `now`."""
    store = Store(url)
    store.migrate()
    rng = random.Random(13)
    with store.write() as conn:
        for n in range(tasks // TASKS_PER_DOCUMENT):
            documents.put_document(conn, _document(n, rng, now), now)
    lives = (row for n in range(tasks) for row in _life(n + 1, rng, now, acts // tasks))
    rows = [(n, *row, None) for n, row in enumerate(sorted(lives, key=lambda row: row[1]), 1)]
    for start in range(0, len(rows), _BATCH):
        with store.write() as conn:
            bulk_write(conn, directive_event, rows[start : start + _BATCH])
    with store.write() as conn:
        events.rebuild(conn)
        if is_postgres(conn):  # what its own service does within minutes
            conn.execute(text("SELECT setval('directive_event_id_seq', :last)"), {"last": len(rows)})
            conn.execute(text("ANALYZE"))
    return store


def _document(n: int, rng: random.Random, now: datetime) -> Document:
    day = now.date() - rng.randint(0, _SPAN_DAYS) * _DAY
    tasks = tuple(
        Task(
            f"nv-{m}", LocalizedText(f"{rng.choice(_SUBJECTS)} số {n}-{m}"), rng.choice(AGENCIES), day, day + 60 * _DAY
        )
        for m in range(TASKS_PER_DOCUMENT)
    )
    return Document(
        f"mp-{n}", f"{n}/MP-UBND", LocalizedText(f"Văn bản mô phỏng {n}"), "công văn", "ubnd", day, None, tasks,
        is_simulated=True, sphere=rng.choice(("do-thi", "moi-truong", "y-te")), source="chairman",
    )  # fmt: skip


def _life(task_id: int, rng: random.Random, now: datetime, length: int) -> Iterator[tuple[Any, ...]]:
    """Some more than `length` acts of one task: some done long ago, some open, some paused or withdrawn."""
    days = rng.randint(1, _SPAN_DAYS)
    moment, agency = now - days * _DAY, rng.choice(AGENCIES)
    due = (moment + rng.randint(10, 200) * _DAY).date()
    reports = max(length - rng.choice((4, 4, 6)), 1)
    step = days / (reports + 8) * rng.uniform(0.1, 1.0) * _DAY

    def row(act: Act, actor: str, **stated: Any) -> tuple[Any, ...]:
        nonlocal moment
        moment += step
        return (
            task_id,
            to_ms(moment),
            act.value,
            actor,
            actor,
            "",
            "",
            json.dumps({name: value for name, value in stated.items() if value is not None}),
        )

    yield row(Act.ASSIGN, "vp", agency=agency, due=due.isoformat() if rng.random() < 0.9 else None)
    yield row(Act.RECEIVE, agency)
    yield from (row(Act.REPORT, agency, text="Đã làm", percent=100 * n / reports) for n in range(reports))
    end = rng.random()
    if end < 0.1:
        yield row(Act.REQUEST_EXTENSION, agency, due=(due + 30 * _DAY).isoformat(), text="x", cause="objective")
    elif end < 0.15:
        yield row(Act.REPORT, agency, text="x", petition="Kinh phí", petition_to="chairman")
    elif end < 0.2:
        yield row(Act.TRANSFER, "vp", agency=rng.choice(AGENCIES), basis="1/QĐ")
    else:
        yield row(Act.SUBMIT_COMPLETION, agency, text="Xong")
        if end > 0.25:
            yield row(Act.RETURN_COMPLETION, "vp", return_kind="content", text="Thiếu")
            yield row(Act.SUBMIT_COMPLETION, agency, text="Xong")
            yield row(Act.CONFIRM_COMPLETION, "vp")
