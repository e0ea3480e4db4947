"""What an earlier program derived from acts is derived again when its store is upgraded, and only then."""

from contextlib import closing

from sqlalchemy import delete, select, update

from ioc.storage.db.store import Store
from ioc.storage.directives.schema import directive_document, directive_interval, directive_open_item, directive_task
from tests.storage.directives.cases import fill

TABLES = (directive_interval, directive_open_item, directive_task)


def rows(store: Store) -> list[list[str]]:
    with store.read() as conn:
        return [sorted(map(repr, conn.execute(select(table)))) for table in TABLES]


def entries(store: Store) -> list[int | None]:
    with store.read() as conn:
        return list(conn.execute(select(directive_document.c.entered_ms).order_by(directive_document.c.id)).scalars())


def derive_otherwise(store: Store) -> None:
    with store.write() as conn:
        conn.execute(update(directive_interval).values(holder="b", work_state=2))
        conn.execute(delete(directive_open_item))
        conn.execute(update(directive_task).values(extensions=7))


def make_earlier(store: Store) -> None:
    """Makes it a store of revision 0018: what it holds was written by this program."""
    with store.write() as conn:
        conn.exec_driver_sql("DROP TABLE clock_step")
        conn.exec_driver_sql("DROP TABLE webhook_receipt")
        conn.exec_driver_sql("ALTER TABLE writer DROP COLUMN commits")
        for name in ("last_step", "entered_ms"):
            conn.exec_driver_sql(f"ALTER TABLE directive_document DROP COLUMN {name}")
        for name in ("directive_interval_begin", "directive_interval_end"):
            conn.exec_driver_sql(f"DROP INDEX {name}")
        for name in ("received_s", "returns", "open_petitions"):
            conn.exec_driver_sql(f"ALTER TABLE directive_interval DROP COLUMN {name}")
        for name in ("directive_interval_begin", "directive_interval_end"):
            conn.exec_driver_sql(f"CREATE INDEX {name} ON directive_interval (valid_to_ms)")
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '0018'")


def test_derived_rows_of_an_earlier_store_are_derived_again(empty_url: str) -> None:
    with closing(Store(empty_url)) as store:
        store.migrate()
        fill(store)
        right = rows(store)
        assert all(right) and all(entered := entries(store))
        derive_otherwise(store)
        assert rows(store) != right
        make_earlier(store)
        store.migrate()
        assert rows(store) == right
        assert entries(store) == entered
        derive_otherwise(store)
        changed = rows(store)
        store.migrate()
        assert rows(store) == changed
