"""The import of a sheet is all or nothing, whatever ends it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select
from sqlalchemy.event import listen, remove

from ioc.directives import context, sheet_import
from ioc.directives.instructions import Instruction, give_instruction, issue_document
from ioc.directives.sheet_import import ImportResult, SheetImport, check_sheet, import_sheet, imported
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import PositionKind
from ioc.domain.directives.directive import Document
from ioc.domain.directives.parsed_sheet import Change
from ioc.domain.directives.positions import Position
from ioc.domain.directives.sheet_errors import SheetCode, SheetError
from ioc.domain.directives.sheet_fields import SheetField
from ioc.domain.directives.task_sheet import SheetDefaults, TaskTable, document_key
from ioc.storage.db.schema import metadata
from ioc.storage.db.store import Conn, Store
from ioc.storage.directives import documents, events, positions
from tests.storage.directives.cases import DAY, START, make_document
from tests.storage.directives.harness import USERS, Harness, refused

FIELDS = dict(enumerate((SheetField.NUMBER, SheetField.TITLE, SheetField.LEAD, SheetField.DUE, SheetField.EXTERNAL_ID)))
WRONG = ((1, ""), (2, ""), (2, "Sở Lạ"), (3, "không rõ"), (4, "N0"))
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


def test_the_audit_log_has_the_name_of_the_file_without_personal_data(city: Harness) -> None:
    sheet = replace(order_of(make_rows()), file="so 0100 345 678.xlsx")
    import_sheet(city.context, sheet, USERS["vp"], quiet)
    assert ("directive-sheet-imported", "so •••.xlsx") in city.audited


@PROPERTY
@given(stop_at=st.integers(0, 6 + ROWS // 4))
def test_import_that_ends_at_any_moment_leaves_nothing(
    city: Harness, monkeypatch: pytest.MonkeyPatch, stop_at: int
) -> None:  # fmt: skip
    monkeypatch.setattr(sheet_import, "_TASKS_AT_ONCE", 4)
    before, calls = content(city.store), list[int]()

    def stop(done: int, _total: int) -> None:
        calls.append(done)
        if len(calls) > stop_at:
            raise SheetError(SheetCode.CANCELLED)

    with pytest.raises(SheetError):
        import_sheet(city.context, order_of(make_rows()), USERS["vp"], stop)
    assert len(calls) == stop_at + 1 and content(city.store) == before


def test_documents_of_an_import_are_stored_together(city: Harness) -> None:
    """Nobody else writes meanwhile, and each statement takes its time, however little it writes."""
    counted = [statements_of(city, number) for number in (3, 20)]
    assert counted[1] <= counted[0] + (20 - 3)


def statements_of(city: Harness, number: int) -> int:
    """The statements of an import of as many documents, of a task each."""
    rows, seen = [[f"{n}/KH{number}", "Việc", "a", "", f"M{n}"] for n in range(number)], list[str]()

    def note(_conn: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    listen(Engine, "before_cursor_execute", note)
    try:
        import_sheet(city.context, order_of(rows), USERS["vp"], quiet)
    finally:
        remove(Engine, "before_cursor_execute", note)
    return len(seen)


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
    assert (result.new, result.assigned) == (ROWS, (ROWS, 2 * (ROWS - ROWS // 3)))
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


@pytest.mark.parametrize("gets_ids", [True, False])
def test_the_same_sheet_again_makes_and_assigns_no_task_twice(city: Harness, gets_ids: bool) -> None:
    """Also of texts that are masked when they are stored, and where the first sheet had no ids."""
    rows = make_rows()
    rows[0][1] = "Gọi 0912 345 678"
    bare = [[*row[:4], ""] for row in rows]
    import_sheet(city.context, order_of(bare), USERS["vp"], quiet)
    before = content(city.store)
    again = import_sheet(city.context, order_of(rows if gets_ids else bare), USERS["vp"], quiet)
    changed = ROWS if gets_ids else 0
    assert (again.new, again.changed, again.unchanged, again.assigned.tasks) == (0, changed, ROWS - changed, 0)
    after = content(city.store)
    grown = {name for name, n in after.items() if n != before[name]}
    assert "directive_event" not in grown and "directive_task" not in grown, grown
    assert (
        check_sheet(city.context, order_of(rows if gets_ids else bare), USERS["vp"]).number_of(Change.UNCHANGED) == ROWS
    )


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

    with pytest.raises(SheetError) as error:
        import_sheet(city.context, order_of(rows), USERS["vp"], meanwhile)
    assert error.value.failure.code == SheetCode.STORED_CHANGED
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
    assert ids == {"N0", "N1", "N2", "N4", "N5"} and len(assigned) == sum(result.assigned)
    assert all(each is not None and len(each.tasks) > 3 for each in found)


def give_two(city: Harness, agency: str) -> list[str]:
    """The keys of two instructions of the chairman, whose position has that agency."""
    with city.store.write() as conn:
        chairman = positions.load_positions(conn).by_key["ct"]
        positions.put_position(conn, replace(chairman, agency=agency))
    return [
        give_instruction(city.context, Instruction("ct", text, "a", "/", city.now, "x", "1"), USERS["ct"]).key
        for text in ("Một", "Hai")
    ]


def issue(city: Harness, key: str, number: str, day: date = START) -> None:
    issue_document(city.context, key, number, day, "vp", USERS["vp"], is_number_meant=True)


def stored(city: Harness, key: str) -> Document:
    with city.store.read() as conn:
        found = documents.find_document(conn, key)
    assert found is not None
    return found


def enter_of(city: Harness, issuer: str, number: str) -> str:
    key = document_key(issuer, number, START)
    city.enter(make_document(key, number=number, issuer=issuer), is_new=True)
    return key


@pytest.mark.parametrize("agency", ["", "a"])
def test_number_of_an_issued_instruction_becomes_no_second_document(city: Harness, agency: str) -> None:
    """However it is spelt; also for the sheet, which adds tasks to the instruction by their ids."""
    first, second = give_two(city, agency)
    issue(city, first, "1/KH")
    for number in ("1/KH", "1 / kh"):
        with refused(ActCode.KEY_TAKEN):
            enter_of(city, "a", number)
    for day in (START, START - DAY):
        with refused(ActCode.KEY_TAKEN):
            issue(city, second, "1/kh", day)
    rows = make_rows()[:2]
    parsed = check_sheet(city.context, order_of([[*row[:4], ""] for row in rows]), USERS["vp"])
    assert [fault.failure.code for fault in parsed.faults] == [SheetCode.STORED_BEFORE] * 2
    result = import_sheet(city.context, order_of(rows), USERS["vp"], quiet)
    assert result.documents == ((first, "1/KH"),) and result.new == 2
    assert stored(city, first).issuer == "a"


def test_instruction_without_issuer_is_the_document_of_its_number_and_day(city: Harness) -> None:
    _, second = give_two(city, "")
    enter_of(city, "b", "2/KH")
    with refused(ActCode.KEY_TAKEN):
        issue(city, second, "2 /KH")


@pytest.mark.parametrize("agency", ["", "a"])
@pytest.mark.parametrize("is_sheet", [True, False])
def test_number_of_another_issuer_is_another_document(city: Harness, agency: str, is_sheet: bool) -> None:
    """Numbers such as 1/KH-UBND repeat over communes: entering, importing and issuing keep them apart."""
    first, second = give_two(city, agency)
    issue(city, first, "1/KH", START - DAY)
    before = stored(city, first)
    if is_sheet:
        sheet = order_of(make_rows()[:8])
        sheet = replace(sheet, defaults=replace(sheet.defaults, issuer="b"))
        result = import_sheet(city.context, sheet, USERS["vp"], quiet)
        assert [key for key, _ in result.documents] == ["b-1-kh-2025", "b-2-kh-2025"]
    else:
        assert [enter_of(city, "b", number) for number in ("1/KH", "2/KH")] == ["b-1-kh-2025", "b-2-kh-2025"]
    assert stored(city, first) == before and before.issuer == agency
    issue(city, second, "2/KH", START - DAY)
    assert [stored(city, key).number for key in (second, "b-2-kh-2025")] == ["2/KH"] * 2
    with refused(ActCode.KEY_TAKEN):
        enter_of(city, "b", "1/kh")


def test_import_reads_the_instructions_of_a_year_once_in_its_transaction(
    city: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_two(city, "")
    read, years = documents.numbered_later, list[int]()

    def counted(conn: Conn, year: int) -> list[Document]:
        years.append(year)
        return read(conn, year)

    monkeypatch.setattr(documents, "numbered_later", counted)
    result = import_sheet(city.context, order_of(make_rows()), USERS["vp"], quiet)
    assert len(result.documents) == 6 and years == [START.year] * 2  # to check, and to store
