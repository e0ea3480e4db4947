"""Documents and acts of any sender: what they cost and hold is bounded; ids and days keep apart what differs."""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from hashlib import sha256
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import event, func, select

from ioc.auth import audit_log
from ioc.directives import queries
from ioc.directives.act_command import ActCommand
from ioc.directives.acts import perform_act
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.text import has_forbidden_characters
from ioc.domain.base.times import to_ms
from ioc.domain.directives.act_bounds import MAX_OPEN_ITEMS, MAX_WRITTEN
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import TEXT_FIELDS, Act, ActFields, PositionKind, ReminderChannel
from ioc.domain.directives.directive import Task
from ioc.domain.directives.positions import Position
from ioc.domain.directives.statistics import AgencyView
from ioc.domain.directives.task_status import WorkState
from ioc.storage.access.schema import audit_entry
from ioc.storage.db import change_counter
from ioc.storage.directives import documents, positions
from tests.domain.directives.cases import at
from tests.storage.directives.cases import START, make_document
from tests.storage.directives.harness import DAY, READER, SYSTEM, USERS, Harness, refused


def test_ids_that_are_spelt_alike_have_documents_and_tasks_of_their_own(city: Harness) -> None:
    order = Task("", LocalizedText("x"), "a", START, is_order=True, external_id="文件")
    part = Task("", LocalizedText("x"), "b", START, part_of="文件", external_id="---")
    for external_id in ("D/1", "D-1", "文件一"):
        city.enter(make_document("", tasks=(part, order), external_id=external_id), "qlvb", assign=True)
    with city.store.read() as conn:
        keys = [documents.external_task_key(conn, "qlvb", name, "---") for name in ("D/1", "D-1", "文件一")]
        assert len(set(keys)) == 3 and documents.external_task_key(conn, "qlvb", "d 1", "---") is None
        found = documents.find_external(conn, "qlvb", "D-1")
        assert found is not None and found.tasks[0].part_of == found.tasks[1].key != ""
    for missing in (replace(part, part_of="文"), replace(part, part_of="", external_id="")):
        with pytest.RaisesExc(ActError):
            city.enter(make_document("", tasks=(missing,), external_id="E"), "qlvb")


@pytest.mark.parametrize("joint", ["-", "--"])
def test_no_system_can_take_the_key_of_a_later_document(city: Harness, joint: str) -> None:
    task = Task("", LocalizedText("x"), "a", START, external_id="1")
    digest = sha256(b"qlvb\0D/1").hexdigest()
    taken = [f"D-1{joint}{digest[:length]}" for length in (12, 32, 64)]
    for external_id in (*taken, "D-1", "D/1"):
        city.enter(make_document("", tasks=(task,), external_id=external_id), "qlvb", assign=True)
    with city.store.read() as conn:
        found = [documents.find_external(conn, "qlvb", external_id) for external_id in (*taken, "D-1", "D/1")]
    assert len({document.key for document in found if document}) == 5


def test_a_key_fits_its_column_however_long_master_and_id_are(city: Harness) -> None:
    task = Task("", LocalizedText("x"), "a", START, external_id="x" * 200)
    city.enter(make_document("", tasks=(task,), external_id="D" * 95), "qlvb", assign=True)
    city.enter(make_document("", tasks=(task,), external_id="D" * 200), "qlvb", assign=True)
    with city.store.read() as conn:
        for length in (95, 200):
            found = documents.find_external(conn, "qlvb", "D" * length)
            assert found is not None and len(found.key) <= 120 and len(found.tasks[0].key) <= 120


def test_parts_of_parts_are_stored_in_any_order(city: Harness) -> None:
    parts = [
        Task(f"p-{n}", LocalizedText("x"), "a", START, is_order=n < 3, part_of=f"p-{n - 1}" if n else "")
        for n in range(4)
    ]
    for n, tasks in enumerate(permutations(parts)):
        results = city.enter(make_document(f"t{n}", tasks=tasks), assign=True)
        assert [result.event.task for result in results] == [f"t{n}/p-{k}" for k in range(4)]


def test_a_document_costs_its_own_tasks_whatever_their_number(city: Harness) -> None:
    """Statements in the write transaction by task: none reads the whole document."""

    def statements(count: int) -> int:
        numbered = tuple(Task(f"n-{n}", LocalizedText("x"), "a", START) for n in range(count))
        with city.store.read() as conn:
            engine = conn.engine
        done = list[str]()
        listener = partial(_note_statement, done)
        event.listen(engine, "before_cursor_execute", listener)
        try:
            assert len(city.enter(make_document(f"n{count}", tasks=numbered), assign=True)) == count
        finally:
            event.remove(engine, "before_cursor_execute", listener)
        return len(done)

    small, large = statements(10), statements(40)
    assert large - small <= 30 * small / 10


def _note_statement(done: list[str], _conn: object, _cursor: object, statement: str, *_: object) -> None:
    done.append(statement)


def test_texts_are_stored_clean_and_without_personal_data(city: Harness) -> None:
    title = LocalizedText("a\0b\N{RIGHT-TO-LEFT OVERRIDE} gọi 0912 345 678")
    city.enter(make_document("z", title=title, tasks=(Task("t", title, "a", START),)))
    with city.store.read() as conn:
        stored = documents.find_document(conn, "z")
    assert stored is not None
    for text in (stored.title.vi, stored.tasks[0].title.vi):
        assert not has_forbidden_characters(text) and "0912" not in text
    city.act("gd-c", Act.ASSIGN_INSIDE, unit="Phòng A, 0912 345 678")
    assert "0912" not in queries.find_task(city.context, "d/nv-2", "gd-c", USERS["gd-c"]).history[-1].stated.unit


def test_an_order_is_withdrawn_after_its_parts(city: Harness) -> None:
    with refused(ActCode.ORDER_HAS_PARTS):
        city.act("vp", Act.WITHDRAW, "d/nv-0", basis="3/QĐ")
    city.act("vp", Act.WITHDRAW, "d/nv-1", basis="3/QĐ")
    assert city.act("vp", Act.WITHDRAW, "d/nv-0", basis="3/QĐ").state.work_state is WorkState.WITHDRAWN


def test_what_one_task_holds_is_bounded(city: Harness) -> None:
    city.act("gd-c", Act.RECEIVE)
    stated: dict[str, Any] = {"text": "x", "petition": "y", "petition_to": "ct"}
    for _ in range(MAX_OPEN_ITEMS):
        city.act("gd-c", Act.REPORT, **stated)
    with refused(ActCode.TOO_MANY_OPEN_ITEMS):
        city.act("gd-c", Act.REPORT, **stated)
    with refused(ActCode.ADDRESSEE_UNKNOWN):
        city.act("gd-c", Act.REPORT, text="x", petition="y", petition_to="ai-do")
    assert city.act("gd-c", Act.REPORT, text="x").state.items


def test_what_the_acts_of_a_task_have_written_is_bounded_also_through_links(city: Harness) -> None:
    """Each act reads all acts of its task, and a report those of the linked tasks."""
    city.enter(make_document("e"), assign=True)
    long = dict.fromkeys(TEXT_FIELDS, "x " * 2_000) | {"petition": ""}
    for task in ("d/nv-2", "e/nv-2"):
        city.act("gd-c", Act.RECEIVE, task)
    written = MAX_WRITTEN // 12_000
    for _ in range(written):
        city.act("gd-c", Act.REPORT, "e/nv-2", **long)
    with refused(ActCode.TOO_MUCH_TEXT):
        city.act("gd-c", Act.REPORT, "e/nv-2", **long)
    city.act("cv", Act.REMIND, "e/nv-2", channel=ReminderChannel.SYSTEM)
    city.act("cv", Act.LINK, linked_task="e/nv-2")
    done = city.act("gd-c", Act.REPORT, **long)
    assert {key: failure.code for key, failure in done.refused_links.items()} == {"e/nv-2": ActCode.TOO_MUCH_TEXT}
    ended = city.act("gd-c", Act.SUBMIT_COMPLETION, "e/nv-2", text="x " * 2_000)
    assert ended.state.work_state is WorkState.AWAITING_ACCEPTANCE


def test_days_beyond_the_calendar_are_refused(city: Harness) -> None:
    city.act("gd-c", Act.RECEIVE)
    with refused(ActCode.DAY_OUT_OF_RANGE):
        city.act("ct", Act.EXTEND, due=date(9999, 12, 31), basis="1")
    with refused(ActCode.DAY_OUT_OF_RANGE):
        city.act("vp", Act.PAUSE, until=date(2201, 1, 1), basis="1")


def test_after_a_clock_that_was_ahead_days_count_by_the_clock_and_all_acts_stand(city: Harness) -> None:
    city.act("gd-c", Act.RECEIVE)
    city.now = at(START + 400 * DAY)
    with city.store.write() as conn:
        change_counter.bump(conn, {"events"}, city.now)
    city.now = at(START + DAY)
    city.act("gd-c", Act.SUBMIT_COMPLETION, text="Xong")
    done = city.act("vp", Act.CONFIRM_COMPLETION)
    assert done.state.stopped_on == START + DAY and done.event.at > city.now
    found = queries.statistics(city.context, None, AgencyView.ASSIGNED, READER)
    assert found.by_state[WorkState.DONE] == 1 and found.counts.on_time == 1


def test_audit_log_dates_acts_by_the_clock(city: Harness) -> None:
    city.context = replace(city.context, write_entries=audit_log.write_acts)
    with city.store.write() as conn:
        change_counter.bump(conn, {"events"}, city.now + 400 * timedelta(days=1))
    city.act("gd-c", Act.RECEIVE)
    with city.store.read() as conn:
        assert conn.execute(select(func.max(audit_entry.c.at_ms))).scalar() == to_ms(city.now)


def test_another_system_cannot_ask_for_the_result_of_an_act_that_is_not_its_own(city: Harness) -> None:
    other = Position("qlvb-2", PositionKind.SYSTEM, "QLVB 2", "qlvb2", START, master="qlvb-2")
    with city.store.write() as conn:
        positions.put_position(conn, other)
    document = make_document("", tasks=(Task("", LocalizedText("x"), "a", START, external_id="1"),), external_id="P")
    city.enter(document, "qlvb", assign=True)
    city.act("qlvb", Act.RECEIVE, "qlvb-p/1", external_id="r1")
    with refused(ActCode.EXTERNAL_MASTER):
        command = ActCommand("qlvb-p/1", Act.RECEIVE, ActFields(), "qlvb-2", external_id="r1")
        perform_act(city.context, command, replace(SYSTEM, name="qlvb2"))
