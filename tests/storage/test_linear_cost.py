"""The cost of an answer grows with its items, not with their square: four times as many cost about four times as much.

The processor time of this thread is compared with itself, so that other load on the machine does not matter.
"""

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from time import thread_time

from ioc.domain.events.deduplication import conflicting_fields
from ioc.domain.events.event import Event
from ioc.domain.events.validation import without_superseded
from ioc.storage.db.store import Store
from ioc.storage.events import events
from tests.city import NOW

Work = Callable[[int], Callable[[], object]]
MAX_GROWTH = 8.0  # 4 is linear, 16 quadratic


def growth(prepare: Work, n: int) -> float:
    """How many times as long the work on 4n items takes as that on n; the least of three tries of each."""

    def seconds(count: int) -> float:
        work = prepare(count)
        started = thread_time()
        work()
        return thread_time() - started

    return min(seconds(4 * n) for _ in range(3)) / min(seconds(n) for _ in range(3))


def report(key: int, title: str = "Ngập", seconds: int = 0) -> Event:
    return Event("report", f"{key}", NOW + timedelta(seconds=seconds), title)


def recording(folder: Path, stored: Callable[[int], list[Event]], reported: Callable[[int], list[Event]]) -> Work:
    """Work that records the events of an answer into a store that holds others of the source."""
    numbers = iter(range(100))

    def prepare(n: int) -> Callable[[], object]:
        store = Store(f"sqlite:///{folder / f'{next(numbers)}.db'}")
        store.migrate()
        with store.write() as conn:
            events.record(conn, "a", stored(n), NOW)
        answer = reported(n)

        def record() -> None:
            with closing(store), store.write() as conn:
                events.record(conn, "a", answer, NOW)

        return record

    return prepare


def test_comparing_the_reports_of_one_event_is_linear() -> None:
    def prepare(n: int) -> Callable[[], object]:
        reports = [report(key) for key in range(n)]
        return lambda: [conflicting_fields(reports) for _ in range(20)]

    assert growth(prepare, 250) < MAX_GROWTH


def test_recording_new_events_is_linear(tmp_path: Path) -> None:
    work = recording(tmp_path, lambda n: [], lambda n: [report(key) for key in range(n)])
    assert growth(work, 1_000) < MAX_GROWTH


def test_recording_repeated_and_changed_events_is_linear(tmp_path: Path) -> None:
    work = recording(
        tmp_path,
        lambda n: [report(key) for key in range(n)],
        lambda n: [report(key, "Sạt lở" if key % 2 else "Ngập", 1) for key in range(n)],
    )
    assert growth(work, 1_000) < MAX_GROWTH


def test_comparing_many_states_of_one_event_in_messages_is_linear() -> None:
    def prepare(n: int) -> Callable[[], object]:
        answers = [[report(0, f"{title} {number}") for number in range(n)] for title in "ab"]
        return lambda: without_superseded(answers)

    assert growth(prepare, 500) < MAX_GROWTH
