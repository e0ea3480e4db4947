"""The audit log: any manipulation is found, at the first wrong entry."""

from contextlib import closing
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, delete, func, insert, select, update

from ioc.auth import audit_log as auth_audit_log
from ioc.auth.audit_log import NewAuditEntry
from ioc.domain.access.principal import Principal, PrincipalKind
from ioc.storage.access import audit_log
from ioc.storage.access.audit_log import AuditFilter, AuditOrder
from ioc.storage.access.schema import audit_chain_end, audit_detail, audit_search
from ioc.storage.access.schema import audit_entry as rows
from ioc.storage.db.store import Conn, Store
from tests.storage.expected_store import START

DAY = timedelta(days=1)
ADMIN = Principal(PrincipalKind.USER, "quan-tri", address="10.0.0.9")


def write_entries(store: Store, count: int = 6, detail: str = "") -> None:
    with store.write() as conn:
        for n in range(count):
            auth_audit_log.write(
                conn, auth_audit_log.entry_by(ADMIN, "role-changed", f"người-{n}", detail=detail), START + n * DAY
            )


def first_fault(store: Store) -> tuple[int | None, str]:
    with store.read() as conn:
        verification = audit_log.verify(conn)
        return verification.first_bad_id, verification.fault


def row(conn: Conn, number: int) -> dict[str, Any]:
    return dict(conn.execute(select(rows).where(rows.c.id == number)).mappings().one())


def test_untouched_log_is_valid(store: Store) -> None:
    assert first_fault(store) == (None, "")
    write_entries(store)
    with store.read() as conn:
        verification = audit_log.verify(conn)
        assert (verification.row_count, verification.first_bad_id, verification.head) == (6, None, audit_log.head(conn))


@pytest.mark.parametrize(
    "field", ["actor", "action", "target", "before", "after", "address", "result", "reason", "hash"]
)
def test_changed_entry_is_found(store: Store, field: str) -> None:
    write_entries(store)
    with store.write() as conn:
        conn.execute(update(rows).where(rows.c.id == 3).values({field: "x"}))
    assert first_fault(store) == (3, "changed")


@pytest.mark.parametrize("field", ["actor", "target", "target_order"])
def test_entry_hidden_from_the_search_is_found(store: Store, field: str) -> None:
    write_entries(store)
    with store.write() as conn:
        conn.execute(update(audit_search).where(audit_search.c.id == 3).values({field: "x"}))
    assert first_fault(store) == (3, "changed")
    with store.write() as conn:
        conn.execute(delete(audit_search).where(audit_search.c.id == 2))
    assert first_fault(store) == (2, "changed")


def test_changed_time_is_found(store: Store) -> None:
    write_entries(store)
    with store.write() as conn:
        conn.execute(update(rows).where(rows.c.id == 4).values(at_ms=rows.c.at_ms - 1))
    assert first_fault(store) == (4, "changed")


@pytest.mark.parametrize(("missing", "first"), [((3,), 3), ((1,), 1), ((6,), 6), ((5, 6), 5), ((1, 2, 3, 4, 5, 6), 1)])
def test_missing_entry_is_found(store: Store, missing: tuple[int, ...], first: int) -> None:
    write_entries(store)
    with store.write() as conn:
        conn.execute(delete(rows).where(rows.c.id.in_(missing)))
    assert first_fault(store) == (first, "missing")


def test_reordered_entries_are_found(store: Store) -> None:
    write_entries(store)
    with store.write() as conn:
        for old, new in ((2, 99), (4, 2), (99, 4)):
            conn.execute(update(rows).where(rows.c.id == old).values(id=new))
    assert first_fault(store) == (2, "changed")


@pytest.mark.parametrize("number", [7, 0, -5])
def test_entry_inserted_at_an_end_is_found(store: Store, number: int) -> None:
    write_entries(store)
    with store.write() as conn:
        conn.execute(insert(rows).values(row(conn, 6) | {"id": number}))
    assert first_fault(store) == (number, "inserted")


def test_entry_inserted_between_others_is_found(store: Store) -> None:
    write_entries(store)
    with store.write() as conn:
        for number in (6, 5, 4):
            conn.execute(update(rows).where(rows.c.id == number).values(id=number + 1))
        conn.execute(insert(rows).values(row(conn, 3) | {"id": 4, "target": "chèn vào"}))
    assert first_fault(store) == (4, "changed")


def test_truncated_end_is_found_by_a_noted_head(store: Store) -> None:
    write_entries(store)
    with store.read() as conn:
        noted_head = audit_log.head(conn)
    with store.write() as conn:
        conn.execute(delete(rows).where(rows.c.id == 6))
        end = {"id": 5, "hash": row(conn, 5)["hash"]}
        conn.execute(update(audit_chain_end).where(audit_chain_end.c.position == "last").values(end))
    with store.read() as conn:
        assert audit_log.verify(conn).first_bad_id is None
        assert (audit_log.verify(conn, noted_head).first_bad_id, audit_log.verify(conn, noted_head).fault) == (
            6,
            "missing",
        )
    write_entries(store, 2)  # a new row 6, which is not the one that was noted_head
    with store.read() as conn:
        assert (audit_log.verify(conn, noted_head).first_bad_id, audit_log.verify(conn, noted_head).fault) == (
            6,
            "head_mismatch",
        )


def test_purge_leaves_an_anchor_and_an_entry(store: Store) -> None:
    write_entries(store)
    with store.write() as conn:
        assert auth_audit_log.sweep(conn, START + 3 * DAY, START + 9 * DAY) == 3
        assert auth_audit_log.sweep(conn, START + 3 * DAY, START + 9 * DAY) == 0
    with store.read() as conn:
        verification = audit_log.verify(conn)
        assert (verification.row_count, verification.first_bad_id) == (4, None)
        assert [entry.id for entry in audit_log.oldest(conn, audit_log.AuditFilter(), 9)] == [4, 5, 6, 7]
        assert audit_log.newest(conn, audit_log.AuditFilter(), 1)[0].target == "1-3"
        assert list(conn.execute(select(audit_search.c.id).order_by(audit_search.c.id)).scalars()) == [4, 5, 6, 7]


def test_beginning_cut_off_without_purge_is_found(store: Store) -> None:
    write_entries(store)
    with store.write() as conn:
        auth_audit_log.sweep(conn, START + 2 * DAY, START + 9 * DAY)
        conn.execute(delete(rows).where(rows.c.id == 3))
        conn.execute(audit_chain_end.update().where(audit_chain_end.c.position == "first").values(id=3, hash="0"))
    assert first_fault(store)[0] == 4
    with store.write() as conn:
        conn.execute(delete(rows).where(rows.c.id == 4))
        before = row(conn, 5)
        conn.execute(delete(rows).where(rows.c.id == 5))
        conn.execute(
            audit_chain_end.update().where(audit_chain_end.c.position == "first").values(id=5, hash=before["hash"])
        )
    assert first_fault(store) == (6, "swept")


@pytest.mark.parametrize("after", ["", "1", "[]", "[1]", '["1", "a"]', "{", "[" * 100_000])
def test_entry_of_a_purge_that_names_no_head_is_found(store: Store, after: str) -> None:
    with store.write() as conn:
        purged = NewAuditEntry("", PrincipalKind.LOCAL, audit_log.SWEEP_ACTION, "", after=after)
        auth_audit_log.write(conn, purged, START)
    assert first_fault(store) == (1, "swept")


def test_all_entries_may_be_purged(store: Store) -> None:
    write_entries(store)
    with store.write() as conn:
        assert auth_audit_log.sweep(conn, START + 99 * DAY, START + 99 * DAY) == 6
    assert first_fault(store) == (None, "")


def test_changed_or_removed_detail_is_found(store: Store) -> None:
    write_entries(store, 3, detail="gọi lại cho người báo tin")
    assert first_fault(store) == (None, "")
    with store.write() as conn:
        conn.execute(update(audit_detail).where(audit_detail.c.id == 3).values(body="khác"))
    assert first_fault(store) == (3, "detail")
    with store.write() as conn:
        conn.execute(delete(audit_detail).where(audit_detail.c.id == 2))
    assert first_fault(store) == (2, "detail")


def test_detail_without_its_entry_is_found(store: Store) -> None:
    write_entries(store, 2)
    with store.write() as conn:
        conn.execute(insert(audit_detail).values(id=9, salt="", body=""))
    assert first_fault(store) == (9, "detail")
    with store.write() as conn:
        conn.execute(update(audit_detail).values(id=1))
    assert first_fault(store) == (1, "detail")


def test_entry_is_rolled_back_with_its_transaction(store: Store) -> None:
    write_entries(store, 1)
    with pytest.raises(RuntimeError), store.write() as conn:
        auth_audit_log.write(conn, auth_audit_log.entry_by(ADMIN, "enabled"), START)
        raise RuntimeError
    write_entries(store, 1)
    with store.read() as conn:
        assert (audit_log.verify(conn).row_count, audit_log.verify(conn).first_bad_id) == (2, None)


@pytest.mark.parametrize("text", ["\x00một\x00", "\ud800", "x" * 50_000, "\u2028\n\r", "Cần Thơ"])
def test_any_text_can_be_stored(store: Store, text: str) -> None:
    with store.write() as conn:
        auth_audit_log.write(
            conn, NewAuditEntry(text, PrincipalKind.USER, text, text, text, text, text, reason=text, detail=text), START
        )
    assert first_fault(store) == (None, "")


def test_concurrent_writers_make_one_chain(store: Store, url: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def work(_: int) -> None:
        with closing(Store(url)) as own:
            for _ in range(8):
                with own.write() as conn:
                    auth_audit_log.write(conn, auth_audit_log.entry_by(ADMIN, "login"), START)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    with store.read() as conn:
        assert (audit_log.verify(conn).row_count, audit_log.verify(conn).first_bad_id) == (32, None)


def test_denials_are_aggregated_beyond_a_few_a_minute(store: Store) -> None:
    for n in range(40):
        auth_audit_log.record_denial(store, ADMIN, "view", f"/trang-{n}", START)
    for n in range(200):
        auth_audit_log.record_denial(store, Principal(address=f"10.1.0.{n}"), "view", "/", START)
    with store.read() as conn:
        # Anonymous requests do not displace those of users.
        assert len(audit_log.newest(conn, audit_log.AuditFilter(), 999)) == 65
    auth_audit_log.record_denial(store, ADMIN, "view", "/x", START + timedelta(minutes=1))
    with store.read() as conn:
        entries = audit_log.oldest(conn, audit_log.AuditFilter(after_id=65), 999)
        assert [(entry.actor, entry.action, entry.after, entry.reason) for entry in entries] == [
            ("quan-tri", "view", "35", "aggregated"), ("", "view", "140", "aggregated_others"),
            ("quan-tri", "view", "", ""),
        ]  # fmt: skip
    assert first_fault(store) == (None, "")


def test_many_logins_from_one_network_hide_none_of_others(store: Store) -> None:
    for n in range(90):
        auth_audit_log.record_denial(store, Principal(address="10.1.0.9"), "login", f"nguoi-{n}", START)
    auth_audit_log.record_denial(store, Principal(PrincipalKind.LOCAL), "login", "/dang-nhap", START)
    with store.read() as conn:
        entries = audit_log.newest(conn, audit_log.AuditFilter(), 999)
    assert (entries[0].actor, entries[0].actor_kind) == ("", PrincipalKind.ANONYMOUS)
    assert len(entries) == 5 + 1


def test_many_denials_of_one_principal_hide_none_of_others(store: Store) -> None:
    other, anonymous = Principal(PrincipalKind.USER, "bao-cao"), Principal(address="10.1.0.9")
    for n in range(140):
        auth_audit_log.record_denial(store, ADMIN, f"act-{n % 14}", "/x", START)
        auth_audit_log.record_denial(store, Principal(address=f"2001:db8::{n + 1:x}"), f"act-{n % 14}", "/x", START)
    for n in range(90):
        auth_audit_log.record_denial(store, Principal(address=f"10.2.0.{n}"), "view", "/x", START)
    auth_audit_log.record_denial(store, other, "approve_submission", "dengue", START)
    auth_audit_log.record_denial(store, anonymous, "login", "lanh-dao", START)
    with store.read() as conn:
        entries = audit_log.newest(conn, audit_log.AuditFilter(), 999)
    assert (entries[0].target, entries[1].target) == ("lanh-dao", "dengue")
    assert (entries[0].actor, entries[0].actor_kind) == ("lanh-dao", PrincipalKind.ANONYMOUS)
    assert sum(entry.actor == ADMIN.name for entry in entries) == 15
    assert sum(entry.address.startswith("2001:") for entry in entries) == 15 and len(entries) == 15 + 60 + 2
    auth_audit_log.flush_denials(store, START + timedelta(minutes=1))
    with store.read() as conn:
        later = audit_log.oldest(conn, audit_log.AuditFilter(after_id=77), 999)
    assert sum(int(entry.after) for entry in later) == 2 * 125 + 45
    assert [(entry.target, entry.after) for entry in later if entry.reason == "aggregated_others"] == [("/x", "45")]


def test_aggregated_denials_are_written_when_the_minute_is_over(store: Store) -> None:
    for n in range(9):
        auth_audit_log.record_denial(store, ADMIN, "view", f"/trang-{n}", START)
    auth_audit_log.flush_denials(store, START + timedelta(seconds=9))
    with store.read() as conn:
        assert len(audit_log.newest(conn, audit_log.AuditFilter(), 999)) == 5
    for seconds in (60, 61, 120):
        auth_audit_log.flush_denials(store, START + timedelta(seconds=seconds))
    with store.read() as conn:
        (entry,) = audit_log.oldest(conn, audit_log.AuditFilter(after_id=5), 999)
    assert (entry.actor, entry.target, entry.after, entry.reason) == ("quan-tri", "/trang-8", "4", "aggregated")


def test_each_filter_returns_its_entries_newest_first(store: Store) -> None:
    write_entries(store)
    auth_audit_log.record_denial(store, ADMIN, "administer", "người-2", START + 2 * DAY)
    with store.read() as conn:

        def ids(**criteria: Any) -> list[int]:
            return [entry.id for entry in audit_log.newest(conn, audit_log.AuditFilter(**criteria), 99)]

        assert ids(actor="ai-khac") == [] and ids(target="người-2") == [7, 3] and ids(result="denied") == [7]
        assert ids(since=START + 2 * DAY, until=START + 4 * DAY) == [7, 4, 3] and ids(before_id=3) == [2, 1]


_TEXT = st.text(max_size=20)


@given(
    contents=st.lists(st.tuples(_TEXT, _TEXT, _TEXT), min_size=2, max_size=8),
    manipulation=st.sampled_from(["change", "delete", "swap", "copy"]),
    data=st.data(),
)
def test_any_manipulation_is_found_at_the_first_wrong_entry(
    contents: list[tuple[str, str, str]], manipulation: str, data: st.DataObject
) -> None:
    with create_engine("sqlite://").connect() as conn:
        for table in (rows, audit_detail, audit_search, audit_chain_end):
            table.create(conn)
        for actor, target, detail in contents:
            auth_audit_log.write(conn, NewAuditEntry(actor, PrincipalKind.USER, "act", target, detail=detail), START)
        assert audit_log.verify(conn).first_bad_id is None
        number = data.draw(st.integers(1, len(contents)))
        if manipulation == "change":
            conn.execute(update(rows).where(rows.c.id == number).values(target=rows.c.target + "x"))
        elif manipulation == "delete":
            conn.execute(delete(rows).where(rows.c.id == number))
        elif manipulation == "copy":
            top = conn.execute(select(func.max(rows.c.id))).scalar_one()
            conn.execute(insert(rows).values(row(conn, number) | {"id": top + 1}))
            number = top + 1
        else:
            number = data.draw(st.integers(1, len(contents) - 1))
            for old, new in ((number, 99), (number + 1, number), (99, number + 1)):
                conn.execute(update(rows).where(rows.c.id == old).values(id=new))
        assert audit_log.verify(conn).first_bad_id == number


def test_pages_in_an_order_name_every_entry_once(store: Store) -> None:
    with store.write() as conn:
        for n in range(10):
            auth_audit_log.write(conn, auth_audit_log.entry_by(ADMIN, "role-changed", f"xa-{n % 2}"), START)
    filters = AuditFilter(order=AuditOrder.TARGET, is_descending=False)
    with store.read() as conn:
        pages = [audit_log.page(conn, filters, offset, 3) for offset in range(0, 12, 3)]
        assert audit_log.count(conn, filters) == 10
    entries = [entry for page in pages for entry in page]
    assert [(entry.target, entry.id) for entry in entries] == sorted((f"xa-{n % 2}", n + 1) for n in range(10))


def test_order_by_object_is_without_case_and_accents(store: Store) -> None:
    with store.write() as conn:
        for target in ("Đông", "dương", "Ê", "đa", "f"):
            auth_audit_log.write(conn, auth_audit_log.entry_by(ADMIN, "role-changed", target), START)
    with store.read() as conn:
        entries = audit_log.page(conn, AuditFilter(order=AuditOrder.TARGET, is_descending=False), 0, 9)
    assert [entry.target for entry in entries] == ["đa", "Đông", "dương", "Ê", "f"]


def test_each_order_with_each_filter_has_the_same_entries(store: Store) -> None:
    write_entries(store, 5)
    criteria: tuple[dict[str, str], ...] = ({}, {"target": "ngươi"}, {"target": "ngươi", "action": "role-changed"})
    with store.read() as conn:
        for order, words in product(AuditOrder, criteria):
            filters = AuditFilter(order=order, before_id=5, after_id=1, **words)  # type: ignore[arg-type]
            assert sorted(entry.id for entry in audit_log.page(conn, filters, 0, 9)) == [2, 3, 4], filters
            assert audit_log.count(conn, filters) == 3, filters


def test_words_are_searched_without_case_and_accents(store: Store) -> None:
    with store.write() as conn:
        for name in ("Sở Y tế", "Đông Hải"):
            entry = NewAuditEntry(name, PrincipalKind.USER, "role-changed", f"về {name}")
            auth_audit_log.write(conn, entry, START)
    counts = {"so y te": 1, "SỞ Y TẾ": 1, "so\u031b\u0309 y": 1, "dong": 1, "ĐÔNG": 1, "so x": 0}
    with store.read() as conn:
        for words, count in counts.items():
            for filters in (AuditFilter(target=words), AuditFilter(actor=words)):
                assert audit_log.count(conn, filters) == len(audit_log.newest(conn, filters, 9)) == count, filters


def test_object_contains_the_words_as_they_are(store: Store) -> None:
    with store.write() as conn:
        for target in ("xa-1", "x_a"):
            auth_audit_log.write(conn, auth_audit_log.entry_by(ADMIN, "role-changed", target), START)
    with store.read() as conn:
        for words, count in {"Xa-1": 1, "xa%": 0, "x_": 1, "\\": 0, "": 2}.items():
            filters = AuditFilter(target=words)
            assert audit_log.count(conn, filters) == len(audit_log.newest(conn, filters, 9)) == count, words
