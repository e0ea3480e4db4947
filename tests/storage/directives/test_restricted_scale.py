"""Restricted documents are found quickly in a store that was just filled: PostgreSQL does not know its tables yet."""

import time

from sqlalchemy import Connection, text

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.directive import Task, Visibility
from ioc.storage.db.store import Store
from ioc.storage.directives.visibility import concerned_documents
from tests.storage.directives.cases import START, make_document
from tests.storage.directives.harness import DAY, Harness

COPIES = 2_000
TASKS = 30
_NEW = {
    "directive_document": {"id": "id + n * 10", "key": "key || '#' || n", "number": "number || '#' || n"},
    "directive_task": {"id": "id + n * 100", "key": "key || '#' || n", "document_id": "document_id + n * 10"},
    "directive_task_body": {"task_id": "task_id + n * 100"},
    "directive_interval": {"task_id": "task_id + n * 100"},
}


def copy_rows(conn: Connection, table: str) -> None:
    """Each row of `table` COPIES times more."""
    columns = list(conn.execute(text(f"SELECT * FROM {table} LIMIT 1")).keys())
    values = ", ".join(_NEW[table].get(column, column) for column in columns)
    conn.execute(
        text(
            f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {COPIES})"
            f" INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table}, numbers"
        )
    )


def test_restricted_documents_of_a_store_that_was_just_filled(store: Store) -> None:
    """They took more than the 30 s that a statement has, until the tables were analysed."""
    city = Harness(store)
    tasks = tuple(
        Task(f"nv-{n}", LocalizedText("Nhiệm vụ"), "a", START, START + 30 * DAY, coordinating=("c",))
        for n in range(TASKS)
    )
    document = make_document("g", tasks=tasks, visibility=Visibility.AGENCIES_CONCERNED)
    city.enter(document, assign=True)
    with store.write() as conn:
        for table in _NEW:
            copy_rows(conn, table)
    begin = time.monotonic()
    with store.read() as conn:
        found = [len(concerned_documents(conn, [agency], [])) for agency in ("a", "b", "c")]
        assert concerned_documents(conn, ["a"], [], ["g", "none"]) == concerned_documents(conn, ["c"], [], ["g"])
    assert found == [COPIES + 1, 0, COPIES + 1]
    assert time.monotonic() - begin < 10
