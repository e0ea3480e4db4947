"""Documents and random lives of tasks in a store."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.acts import Act, ActFields, TaskEvent, possible_acts
from ioc.domain.directives.directive import Document, Task
from ioc.domain.directives.task_fold import fold
from ioc.storage.db.store import Conn, Store
from ioc.storage.directives import documents, events
from tests.domain.directives.cases import at

START = date(2025, 1, 6)
DAY = timedelta(days=1)


def make_document(key: str = "d", count: int = 3, **more: object) -> Document:
    """A document with `count` tasks, the first an order and the second a part of it."""
    tasks = tuple(
        Task(
            f"nv-{n}", LocalizedText(f"Nhiệm vụ Đầm Dơi {n}"), "abc"[n % 3], START, START + 30 * DAY,
            is_order=n == 0, part_of="nv-0" if n == 1 else "", coordinating=("c",) if n % 3 != 2 else (),
        )
        for n in range(count)
    )  # fmt: skip
    fields = {
        "key": key, "number": f"{key}/MP-UBND", "title": LocalizedText("Văn bản Cần Thơ"), "kind": "công văn",
        "issuer": "a", "issued_on": START, "published_on": None, "tasks": tasks, "sphere": "do-thi",
        "source": "chairman",
    } | more  # fmt: skip
    return Document(**fields)  # type: ignore[arg-type]


def append(
    conn: Conn, key: str, act: Act, moment: datetime, *, actor: str = "x", position: str = "vp", **stated: object
) -> TaskEvent:
    """Appends an act without the checks of a command."""
    task = events.find_task(conn, key)
    assert task is not None
    event = TaskEvent(0, key, act, moment, actor, position, stated=ActFields(**stated))  # type: ignore[arg-type]
    return events.append(conn, task, events.task_events(conn, task.id), event)


def live(store: Store, key: str, seed: int, steps: int = 12) -> None:
    """A random life of one task, each act in a transaction of its own, some at the same moment."""
    for act, moment, stated in _acts(random.Random(seed), steps):
        with store.write() as conn:
            task = events.find_task(conn, key)
            assert task is not None
            before = events.task_events(conn, task.id)
            state = fold(before)
            if act is None or act not in possible_acts(state.work_state if state else None):
                options = possible_acts(state.work_state if state else None)
                if not options:
                    return
                act = options[seed % len(options)]
            stated["refers_to"] = state.items[0].event if state and state.items else None
            events.append(conn, task, before, TaskEvent(0, key, act, moment, "x", stated=ActFields(**stated)))  # type: ignore[arg-type]


def _acts(rng: random.Random, steps: int) -> Iterator[tuple[Act | None, datetime, dict[str, object]]]:
    day = START
    for n in range(steps):
        day += rng.choice((0, 0, 1, 5, 20)) * DAY
        act = Act.ASSIGN if n == 0 else rng.choice([act for act in Act if act is not Act.ASSIGN])
        due = START + rng.randint(0, 90) * DAY if rng.random() < 0.8 else None
        yield act, at(day), {
            "agency": rng.choice("abc"), "due": due, "percent": rng.choice((None, 10, 90)), "until": due,
            "is_granted": rng.random() < 0.5, "petition": rng.choice(("", "x")), "petition_to": "ct",
        }  # fmt: skip


def fill(store: Store, count: int = 4, size: int = 6) -> list[str]:
    """Some documents whose tasks live; the keys of all tasks."""
    keys = []
    for n in range(count):
        document = make_document(f"d{n}", size)
        with store.write() as conn:
            documents.put_document(conn, document, at(START))
        keys += [f"d{n}/{task.key}" for task in document.tasks]
    for seed, key in enumerate(keys):
        live(store, key, seed)
    return keys
