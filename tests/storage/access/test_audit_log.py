"""The trail: whatever is done to its rows by hand is found, and the first wrong row is named."""

from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, delete, func, insert, select, update

from ioc.auth import audit_log as written
from ioc.auth.audit_log import NewAuditEntry
from ioc.auth.principal import Principal, PrincipalKind
from ioc.storage.access import audit_log
from ioc.storage.access.schema import audit_chain_end, audit_detail
from ioc.storage.access.schema import audit_entry as rows
from ioc.storage.db.store import Conn, Store
from tests.storage.truth import START

DAY = timedelta(days=1)
WHO = Principal(PrincipalKind.USER, "quan-tri", address="10.0.0.9")


def fill(store: Store, count: int = 6, detail: str = "") -> None:
    with store.write() as conn:
        for n in range(count):
            written.write(conn, written.entry_by(WHO, "role-changed", f"người-{n}", detail=detail), START + n * DAY)


def broken(store: Store) -> tuple[int | None, str]:
    with store.read() as conn:
        found = audit_log.verify(conn)
        return found.first_bad_id, found.fault


def row(conn: Conn, number: int) -> dict[str, Any]:
    return dict(conn.execute(select(rows).where(rows.c.id == number)).mappings().one())


def test_an_untouched_trail_is_whole(store: Store) -> None:
    assert broken(store) == (None, "")
    fill(store)
    with store.read() as conn:
        found = audit_log.verify(conn)
        assert (found.row_count, found.first_bad_id, found.head) == (6, None, audit_log.head(conn))


@pytest.mark.parametrize(
    "field", ["actor", "action", "target", "before", "after", "address", "result", "reason", "hash"]
)
def test_a_changed_row_is_found(store: Store, field: str) -> None:
    fill(store)
    with store.write() as conn:
        conn.execute(update(rows).where(rows.c.id == 3).values({field: "x"}))
    assert broken(store) == (3, "changed")


def test_a_changed_time_is_found(store: Store) -> None:
    fill(store)
    with store.write() as conn:
        conn.execute(update(rows).where(rows.c.id == 4).values(at_ms=rows.c.at_ms - 1))
    assert broken(store) == (4, "changed")


@pytest.mark.parametrize(("gone", "first"), [((3,), 3), ((1,), 1), ((6,), 6), ((5, 6), 5), ((1, 2, 3, 4, 5, 6), 1)])
def test_a_missing_row_is_found(store: Store, gone: tuple[int, ...], first: int) -> None:
    fill(store)
    with store.write() as conn:
        conn.execute(delete(rows).where(rows.c.id.in_(gone)))
    assert broken(store) == (first, "missing")


def test_reordered_rows_are_found(store: Store) -> None:
    fill(store)
    with store.write() as conn:
        for old, new in ((2, 99), (4, 2), (99, 4)):
            conn.execute(update(rows).where(rows.c.id == old).values(id=new))
    assert broken(store) == (2, "changed")


@pytest.mark.parametrize("number", [7, 0, -5])
def test_an_inserted_row_is_found(store: Store, number: int) -> None:
    fill(store)
    with store.write() as conn:
        conn.execute(insert(rows).values(row(conn, 6) | {"id": number}))
    assert broken(store) == (number, "inserted")


def test_a_row_put_between_others_is_found(store: Store) -> None:
    fill(store)
    with store.write() as conn:
        for number in (6, 5, 4):
            conn.execute(update(rows).where(rows.c.id == number).values(id=number + 1))
        conn.execute(insert(rows).values(row(conn, 3) | {"id": 4, "target": "chèn vào"}))
    assert broken(store) == (4, "changed")


def test_an_end_moved_back_is_found_by_a_noted_head(store: Store) -> None:
    fill(store)
    with store.read() as conn:
        noted = audit_log.head(conn)
    with store.write() as conn:
        conn.execute(delete(rows).where(rows.c.id == 6))
        end = {"id": 5, "hash": row(conn, 5)["hash"]}
        conn.execute(update(audit_chain_end).where(audit_chain_end.c.position == "last").values(end))
    with store.read() as conn:
        assert audit_log.verify(conn).first_bad_id is None
        assert (audit_log.verify(conn, noted).first_bad_id, audit_log.verify(conn, noted).fault) == (6, "missing")
    fill(store, 2)  # a new row 6, which is not the one that was noted
    with store.read() as conn:
        assert (audit_log.verify(conn, noted).first_bad_id, audit_log.verify(conn, noted).fault) == (6, "head_mismatch")


def test_what_is_swept_leaves_an_anchor_and_a_row(store: Store) -> None:
    fill(store)
    with store.write() as conn:
        assert written.sweep(conn, START + 3 * DAY, START + 9 * DAY) == 3
        assert written.sweep(conn, START + 3 * DAY, START + 9 * DAY) == 0
    with store.read() as conn:
        found = audit_log.verify(conn)
        assert (found.row_count, found.first_bad_id) == (4, None)
        assert [one.id for one in audit_log.oldest(conn, audit_log.AuditFilter(), 9)] == [4, 5, 6, 7]
        assert audit_log.newest(conn, audit_log.AuditFilter(), 1)[0].target == "1-3"


def test_a_beginning_cut_off_by_hand_is_found(store: Store) -> None:
    fill(store)
    with store.write() as conn:
        written.sweep(conn, START + 2 * DAY, START + 9 * DAY)
        conn.execute(delete(rows).where(rows.c.id == 3))
        conn.execute(audit_chain_end.update().where(audit_chain_end.c.position == "first").values(id=3, hash="0"))
    assert broken(store)[0] == 4
    with store.write() as conn:
        conn.execute(delete(rows).where(rows.c.id == 4))
        before = row(conn, 5)
        conn.execute(delete(rows).where(rows.c.id == 5))
        conn.execute(
            audit_chain_end.update().where(audit_chain_end.c.position == "first").values(id=5, hash=before["hash"])
        )
    assert broken(store) == (6, "swept")


def test_all_may_be_swept(store: Store) -> None:
    fill(store)
    with store.write() as conn:
        assert written.sweep(conn, START + 99 * DAY, START + 99 * DAY) == 6
    assert broken(store) == (None, "")


def test_what_is_erasable_can_be_erased_but_not_changed(store: Store) -> None:
    fill(store, 3, detail="gọi lại cho người báo tin")
    with store.write() as conn:
        assert written.erase_detail(conn, 2, WHO, "hết hạn lưu", START) and not written.erase_detail(
            conn, 2, WHO, "", START
        )
    assert broken(store) == (None, "")
    with store.read() as conn:
        assert [one.detail for one in audit_log.oldest(conn, audit_log.AuditFilter(), 3)][1] is None
    with store.write() as conn:
        conn.execute(audit_detail.update().where(audit_detail.c.id == 3).values(body="khác"))
    assert broken(store) == (3, "detail")


def test_a_detail_without_its_row_is_found(store: Store) -> None:
    fill(store, 2)
    with store.write() as conn:
        conn.execute(insert(audit_detail).values(id=9, salt="", body=""))
    assert broken(store) == (9, "detail")
    with store.write() as conn:
        conn.execute(update(audit_detail).values(id=1))
    assert broken(store) == (1, "detail")


def test_a_row_goes_with_its_transaction(store: Store) -> None:
    fill(store, 1)
    with pytest.raises(RuntimeError), store.write() as conn:
        written.write(conn, written.entry_by(WHO, "enabled"), START)
        raise RuntimeError
    fill(store, 1)
    with store.read() as conn:
        assert (audit_log.verify(conn).row_count, audit_log.verify(conn).first_bad_id) == (2, None)


@pytest.mark.parametrize("text", ["\x00một\x00", "\ud800", "x" * 50_000, "\u2028\n\r", "Cần Thơ"])
def test_any_text_can_be_kept(store: Store, text: str) -> None:
    with store.write() as conn:
        written.write(
            conn, NewAuditEntry(text, PrincipalKind.USER, text, text, text, text, text, reason=text, detail=text), START
        )
    assert broken(store) == (None, "")


def test_writers_take_turns(store: Store, url: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def work(_: int) -> None:
        with closing(Store(url)) as own:
            for _ in range(8):
                with own.write() as conn:
                    written.write(conn, written.entry_by(WHO, "login"), START)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    with store.read() as conn:
        assert (audit_log.verify(conn).row_count, audit_log.verify(conn).first_bad_id) == (32, None)


def test_refusals_are_counted_beyond_a_few_a_minute(store: Store) -> None:
    for n in range(40):
        written.record_denial(store, WHO, "view", f"/trang-{n}", START)
    for n in range(200):
        written.record_denial(store, Principal(address=f"10.1.0.{n}"), "view", "/", START)
    with store.read() as conn:
        assert len(audit_log.newest(conn, audit_log.AuditFilter(), 999)) == 65  # strangers drown nobody who is known
    written.record_denial(store, WHO, "view", "/x", START + timedelta(minutes=1))
    with store.read() as conn:
        told = audit_log.oldest(conn, audit_log.AuditFilter(after_id=65), 999)
        assert [(one.actor, one.action, one.after, one.reason) for one in told] == [
            ("quan-tri", "view", "35", "aggregated"), ("", "view", "140", "aggregated_others"),
            ("quan-tri", "view", "", ""),
        ]  # fmt: skip
    assert broken(store) == (None, "")


def test_noise_of_one_costs_nobody_else_their_line(store: Store) -> None:
    other, door = Principal(PrincipalKind.USER, "bao-cao"), Principal(address="10.1.0.9")
    for n in range(140):
        written.record_denial(store, WHO, f"act-{n % 14}", "/x", START)
        written.record_denial(store, Principal(address=f"2001:db8::{n + 1:x}"), f"act-{n % 14}", "/x", START)
    for n in range(90):
        written.record_denial(store, Principal(address=f"10.2.0.{n}"), "view", "/x", START)
    written.record_denial(store, other, "approve_submission", "dengue", START)
    written.record_denial(store, door, "login", "lanh-dao", START)
    with store.read() as conn:
        told = audit_log.newest(conn, audit_log.AuditFilter(), 999)
    assert (told[0].target, told[1].target) == ("lanh-dao", "dengue")
    assert sum(one.actor == WHO.name for one in told) == 15
    assert sum(one.address.startswith("2001:") for one in told) == 15 and len(told) == 15 + 60 + 2
    written.flush_denials(store, START + timedelta(minutes=1))
    with store.read() as conn:
        more = audit_log.oldest(conn, audit_log.AuditFilter(after_id=77), 999)
    assert sum(int(one.after) for one in more) == 2 * 125 + 45
    assert [(one.target, one.after) for one in more if one.reason == "aggregated_others"] == [("/x", "45")]


def test_what_was_only_counted_is_told_when_the_minute_is_over_whoever_is_refused_then(store: Store) -> None:
    for n in range(9):
        written.record_denial(store, WHO, "view", f"/trang-{n}", START)
    written.flush_denials(store, START + timedelta(seconds=9))
    with store.read() as conn:
        assert len(audit_log.newest(conn, audit_log.AuditFilter(), 999)) == 5
    for seconds in (60, 61, 120):
        written.flush_denials(store, START + timedelta(seconds=seconds))
    with store.read() as conn:
        (told,) = audit_log.oldest(conn, audit_log.AuditFilter(after_id=5), 999)
    assert (told.actor, told.target, told.after, told.reason) == ("quan-tri", "/trang-8", "4", "aggregated")


def test_rows_can_be_looked_for(store: Store) -> None:
    fill(store)
    written.record_denial(store, WHO, "administer", "người-2", START + 2 * DAY)
    with store.read() as conn:

        def found(**wanted: Any) -> list[int]:
            return [one.id for one in audit_log.newest(conn, audit_log.AuditFilter(**wanted), 99)]

        assert found(actor="ai-khac") == [] and found(target="người-2") == [7, 3] and found(result="denied") == [7]
        assert found(since=START + 2 * DAY, until=START + 4 * DAY) == [7, 4, 3] and found(before_id=3) == [2, 1]


_TEXT = st.text(max_size=20)


@given(
    acts=st.lists(st.tuples(_TEXT, _TEXT, _TEXT), min_size=2, max_size=8),
    harm=st.sampled_from(["change", "delete", "swap", "copy"]),
    data=st.data(),
)
def test_any_harm_is_found_and_the_first_wrong_row_named(
    acts: list[tuple[str, str, str]], harm: str, data: st.DataObject
) -> None:
    with create_engine("sqlite://").connect() as conn:
        for table in (rows, audit_detail, audit_chain_end):
            table.create(conn)
        for who, about, detail in acts:
            written.write(conn, NewAuditEntry(who, PrincipalKind.USER, "act", about, detail=detail), START)
        assert audit_log.verify(conn).first_bad_id is None
        one = data.draw(st.integers(1, len(acts)))
        if harm == "change":
            conn.execute(update(rows).where(rows.c.id == one).values(target=rows.c.target + "x"))
        elif harm == "delete":
            conn.execute(delete(rows).where(rows.c.id == one))
        elif harm == "copy":
            top = conn.execute(select(func.max(rows.c.id))).scalar_one()
            conn.execute(insert(rows).values(row(conn, one) | {"id": top + 1}))
            one = top + 1
        else:
            one = data.draw(st.integers(1, len(acts) - 1))
            for old, new in ((one, 99), (one + 1, one), (99, one + 1)):
                conn.execute(update(rows).where(rows.c.id == old).values(id=new))
        assert audit_log.verify(conn).first_bad_id == one
