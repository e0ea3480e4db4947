"""Migration 0002: entries of an older program are found, ordered and verified as new ones are."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from ioc.auth import audit_log as auth_audit_log
from ioc.domain.access.principal import Principal, PrincipalKind
from ioc.storage.access import audit_log
from ioc.storage.access.audit_log import AuditFilter, AuditOrder
from ioc.storage.access.schema import audit_chain_end, audit_entry, audit_search
from ioc.storage.db.store import Store
from tests.storage.expected_store import START

TARGETS = ["Sở Y tế", "đường Trần Hưng Đạo", "x" * 300]


@pytest.fixture
def old_store(empty_url: str) -> Iterator[Store]:
    """An empty store of revision 0001."""
    with closing(Store(empty_url)) as store:
        store.migrate("0001")
        yield store


def test_entries_of_an_older_program_are_searchable(old_store: Store, tmp_path: Path) -> None:
    admin = Principal(PrincipalKind.USER, "quan-tri")
    with closing(Store(f"sqlite:///{tmp_path}/new.db")) as store:
        store.migrate()
        with store.write() as conn:
            for target in TARGETS:
                auth_audit_log.write(conn, auth_audit_log.entry_by(admin, "role-changed", target), START)
        with store.read() as conn:
            tables = {each: conn.execute(select(each)).mappings().all() for each in (audit_entry, audit_chain_end)}
            searched = conn.execute(select(audit_search)).all()
    with old_store.write() as conn:
        for table, rows in tables.items():
            conn.execute(insert(table), [dict(row) for row in rows])
    old_store.migrate()
    with old_store.read() as conn:
        assert conn.execute(select(audit_search).order_by(audit_search.c.id)).all() == searched
        assert audit_log.verify(conn).first_bad_id is None and audit_log.verify(conn).row_count == len(TARGETS)
        filters = AuditFilter(target="tran hung dao", order=AuditOrder.TARGET)
        assert [entry.id for entry in audit_log.page(conn, filters, 0, 9)] == [2]
