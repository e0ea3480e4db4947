"""The import of a sheet is all or nothing, whatever ends it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from ioc.directives import context
from ioc.directives.documents import Instruction, give_instruction, issue_document
from ioc.directives.sheet_import import ImportResult, SheetImport, check_sheet, import_sheet, imported
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import PositionKind
from ioc.domain.directives.positions import Position
from ioc.domain.directives.sheet_errors import SheetCode, SheetError
from ioc.domain.directives.sheet_fields import SheetField
from ioc.domain.directives.task_sheet import SheetDefaults, TaskTable, document_key
from ioc.storage.db.schema import metadata
from ioc.storage.db.store import Conn, Store
from ioc.storage.directives import documents, events, positions
from tests.storage.directives.cases import START, make_document
from tests.storage.directives.harness import USERS, Harness, refused

FIELDS = dict(enumerate((SheetField.NUMBER, SheetField.TITLE, SheetField.LEAD, SheetField.DUE, SheetField.EXTERNAL_ID)))
WRONG = ((0, ""), (1, ""), (2, ""), (2, "Sở Lạ"), (3, "không rõ"), (4, "N0"))
ROWS = 24
PROPERTY = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def make_rows() -> list[list[str]]:
    return [[f"{n // 4 + 1}/KH", f"Việc {n}", "a; b" if n % 3 else "b", "Quý IV/2100", f"N{n}"] for n in range(ROWS)]


def order_of(rows: list[list[str]], position: str = "vp") -> SheetImport:
    defaults = SheetDefaults("", START, "Kế hoạch", "a")
    table = TaskTable("", ("",) * 5, tuple(map(tuple, rows)), 1)
    return SheetImport("so.xlsx", table, FIELDS, defaults, position, assign=True)


def content(store: Store) -> dict[str, int]:
    """How many rows each table has; the change counters too stay as they are."""
    with store.read() as conn:
        return {
            table.name: conn.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


def quiet(_done: int, _total: int) -> None:
    """Nobody watches."""


@PROPERTY
@given(place=st.integers(1, ROWS - 1), wrong=st.sampled_from(WRONG))
def test_row_that_fails_leaves_nothing(city: Harness, place: int, wrong: tuple[int, str]) -> None:
    before, rows = content(city.store), make_rows()
    column, text = wrong
    if (column, text) == (4, "N0") and place >= 4:
        place %= 3  # an id is repeated within its document
        place += 1
    rows[place][column] = text
    with pytest.raises(SheetError) as error:
        import_sheet(city.context, order_of(rows), USERS["vp"], quiet)
    assert error.value.failure.code == SheetCode.HAS_FAULTS
    assert content(city.store) == before


@PROPERTY
@given(stop_at=st.integers(0, 6))
def test_import_that_ends_at_any_moment_leaves_nothing(city: Harness, stop_at: int) -> None:
    before, calls = content(city.store), list[int]()

    def stop(done: int, _total: int) -> None:
        calls.append(done)
        if len(calls) > stop_at:
            raise SheetError(SheetCode.CANCELLED)

    with pytest.raises(SheetError):
        import_sheet(city.context, order_of(make_rows()), USERS["vp"], stop)
    assert len(calls) == stop_at + 1 and content(city.store) == before


def test_position_that_may_enter_but_not_assign_leaves_nothing(city: Harness) -> None:
    with city.store.write() as conn:
        clerk = Position("vt", PositionKind.DOCUMENT_CLERK, "Văn thư", USERS["cv"].name, START)
        positions.put_position(conn, clerk)
    before = content(city.store)
    with pytest.raises(ActError) as error:
        import_sheet(city.context, order_of(make_rows(), "vt"), USERS["cv"], quiet)
    assert error.value.failure.code == ActCode.NOT_PERMITTED and content(city.store) == before


def test_imported_tasks_follow_from_their_events_alone(city: Harness) -> None:
    """What is written for many first events at once is what is derived from each of them."""
    result = import_sheet(city.context, order_of(make_rows()), USERS["vp"], quiet)
    assert (result.new, result.assigned) == (ROWS, ROWS + 2 * (ROWS - ROWS // 3))
    tables = [metadata.tables[name] for name in ("directive_interval", "directive_open_item", "directive_task")]
    with city.store.write() as conn:
        before = [sorted(map(tuple, conn.execute(select(table)))) for table in tables]
        events.rebuild(conn)
        assert [sorted(map(tuple, conn.execute(select(table)))) for table in tables] == before


def test_texts_are_masked_before_the_transaction(city: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Masking takes its time, and nobody else writes while a transaction is open."""
    is_open, masked = list[bool](), list[bool]()
    write, clean = type(city.store).write, context.stored_text

    @contextmanager
    def watched(store: Store) -> Iterator[Conn]:
        with write(store) as conn:
            is_open.append(True)
            yield conn
            is_open.pop()

    def cleaned(text: str, max_length: int) -> str:
        masked.append(bool(is_open))
        return clean(text, max_length)

    monkeypatch.setattr(type(city.store), "write", watched)
    monkeypatch.setattr(context, "stored_text", cleaned)
    import_sheet(city.context, order_of(make_rows()), USERS["vp"], quiet)
    assert len(masked) >= ROWS and not any(masked)


@pytest.mark.parametrize("is_new", [True, False])
def test_document_that_changes_while_the_sheet_is_prepared_is_not_overwritten(city: Harness, is_new: bool) -> None:
    rows = make_rows()
    if not is_new:
        import_sheet(city.context, order_of(rows), USERS["vp"], quiet)
    rows[0][1] = "Việc khác"
    before = list[dict[str, int]]()

    def meanwhile(_done: int, _total: int) -> None:
        if not before:
            before.append({})
            import_sheet(city.context, order_of([[*rows[0][:1], "Việc trước", *rows[0][2:]]]), USERS["vp"], quiet)
            before[0] = content(city.store)

    with pytest.raises((SheetError, ActError)) as error:
        import_sheet(city.context, order_of(rows), USERS["vp"], meanwhile)
    assert error.value.failure.code == (ActCode.KEY_TAKEN if is_new else SheetCode.STORED_CHANGED)
    assert content(city.store) == before[0]


@pytest.mark.parametrize("is_update", [False, True])
def test_second_press_of_an_import_at_once_is_answered_with_the_result_of_the_first(
    city: Harness, is_update: bool
) -> None:
    """The first is stored while the second reads, and while it prepares what it would store."""
    rows = make_rows() if is_update else [[*row[:4], ""] for row in make_rows()]
    if is_update:
        import_sheet(city.context, order_of(make_rows()), USERS["vp"], quiet)
        rows[0][1] = "Việc khác"
    order, first = replace(order_of(rows), key="a"), list[ImportResult]()

    def meanwhile(_done: int, _total: int) -> None:
        if not first:
            first.append(import_sheet(city.context, order, USERS["vp"], quiet))

    second = import_sheet(city.context, order, USERS["vp"], meanwhile)
    assert second == first[0] == import_sheet(city.context, order, USERS["vp"], quiet)
    assert second == imported(city.context, "a", USERS["vp"]) and imported(city.context, "a", USERS["cv"]) is None
    assert (second.new, second.changed) == ((0, 1) if is_update else (ROWS, 0))


def test_import_assigns_only_the_tasks_that_its_sheet_has(city: Harness) -> None:
    """Tasks of its documents that an earlier sheet brought, and this one no longer has, are not assigned by it."""
    rows = make_rows()
    import_sheet(city.context, replace(order_of(rows), assign=False), USERS["vp"], quiet)
    kept, changed = rows[4:6], [rows[0][0], "Việc khác", *rows[0][2:]]
    result = import_sheet(city.context, order_of([changed, *rows[1:3], *kept]), USERS["vp"], quiet)
    assert (result.changed, result.unchanged) == (1, 4)
    with city.store.read() as conn:
        found = [documents.find_document(conn, f"a-{n}-kh-2025") for n in (1, 2, 3)]
        assigned = {task.key for each in found if each for task in events.tasks_of(conn, each.key) if task.version}
        ids = {
            task.external_id
            for each in found if each
            for task in each.tasks if f"{each.key}/{task.key}" in assigned and not task.part_of
        }  # fmt: skip
    assert ids == {"N0", "N1", "N2", "N4", "N5"} and len(assigned) == result.assigned
    assert all(each is not None and len(each.tasks) > 3 for each in found)


@pytest.mark.parametrize("agency", ["", "a"])
def test_number_of_an_issued_instruction_becomes_no_second_document(city: Harness, agency: str) -> None:
    """However it is spelt; also for the sheet, which adds tasks to the instruction by their ids."""
    with city.store.write() as conn:
        chairman = positions.load_positions(conn).by_key["ct"]
        positions.put_position(conn, replace(chairman, agency=agency))
    given = [
        give_instruction(city.context, Instruction("ct", text, "a", "/", city.now, "x", "1"), USERS["ct"])
        for text in ("Một", "Hai")
    ]
    issue_document(city.context, given[0].key, "1/KH", START, "vp", USERS["vp"])
    for issuer, number in (("a", "1/KH"), ("a", "1 / kh")):
        key = document_key(issuer, number, START)
        with refused(ActCode.KEY_TAKEN):
            city.enter(make_document(key, number=number, issuer=issuer), is_new=True)
    with refused(ActCode.KEY_TAKEN):
        issue_document(city.context, given[1].key, "1/kh", START, "vp", USERS["vp"])
    rows = make_rows()[:2]
    parsed = check_sheet(city.context, order_of([[*row[:4], ""] for row in rows]), USERS["vp"])
    assert [fault.failure.code for fault in parsed.faults] == [ActCode.KEY_TAKEN] * 2
    result = import_sheet(city.context, order_of(rows), USERS["vp"], quiet)
    assert result.documents == ((given[0].key, "1/KH"),) and result.new == 2
    city.enter(make_document(document_key("b", "2/KH", START), number="2/KH", issuer="b"), is_new=True)
    with refused(ActCode.KEY_TAKEN):
        issue_document(city.context, given[1].key, "2 /KH", START, "vp", USERS["vp"])
