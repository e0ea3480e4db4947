"""What lists filter by is filled from the bodies that an older program stored, and kept equal to them."""

import json
import random
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import Connection, select, text

from ioc.domain.directives.directive import InstructionOrigin, Task
from ioc.storage.db.store import Store
from ioc.storage.directives import documents
from ioc.storage.directives.document_body import read_task
from ioc.storage.directives.schema import (
    directive_document,
    directive_open_item,
    directive_task,
    directive_task_body,
)
from tests.domain.directives.cases import at
from tests.storage.directives.cases import DAY, START, make_document

ORIGIN = InstructionOrigin("/chi-so/x", at(START), "x", "1", "a", None, "Kiểm tra", "ct", at(START))
_TASK = (
    "INSERT INTO directive_task (id, key, document_id, order_id, kind, position, external_id, horizon, place,"
    " search_text, version, last_act, extensions) VALUES (:id, :key, 1, 0, 0, 0, '', '', '', '', 0, '', 0)"
)
_DOCUMENT = (
    "INSERT INTO directive_document (id, key, number, source, sphere, visibility, is_simulated, master, external_id,"
    " changed_ms, origin_given_ms, origin_position, body)"
    " VALUES (:id, :key, '', '', '', 'internal', false, '', '', 1, :given, '', :body)"
)
_EVENT = (
    "INSERT INTO directive_event (id, task_id, known_ms, act, actor, position, on_behalf_of, external_id, body)"
    " VALUES (:id, 1, 1, '', '', '', '', '', :body)"
)
_ITEM = (
    "INSERT INTO directive_open_item (task_id, event_id, kind, agency, since_ms, is_late, actor)"
    " VALUES (1, :id, :kind, '', 1, false, '')"
)


def inferred(conn: Connection) -> dict[str, bool]:
    query = select(directive_task.c.key, directive_task.c.is_due_inferred)
    return {row.key: row.is_due_inferred for row in conn.execute(query)}


def test_columns_are_filled_from_the_bodies_that_stand(empty_url: str) -> None:
    bodies: dict[str, Mapping[str, object]] = {
        "inferred": {"due": "2026-12-31", "due_words": "Quý IV/2026", "is_due_confirmed": False},
        "confirmed": {"due": "2026-12-31", "due_words": "Quý IV/2026", "is_due_confirmed": True},
        "open": {"due": None, "due_words": "thường xuyên", "is_due_confirmed": False},
        "day": {"due": "2026-12-31", "due_words": "", "is_due_confirmed": False},
    }
    with closing(Store(empty_url)) as store:
        store.migrate("0015")
        with store.write() as conn:
            for number, (key, body) in enumerate(bodies.items(), 1):
                stored = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
                conn.execute(text(_TASK), {"id": number, "key": key})
                conn.execute(
                    text("INSERT INTO directive_task_body (task_id, body) VALUES (:id, :body)"),
                    {"id": number, "body": stored},
                )
            for number, (key, page) in enumerate((("given", "/chi-so/x"), ("entered", "")), 1):
                origin = {"page": page} if page else None
                given = {"id": number, "key": key, "given": 1 if page else None, "body": json.dumps({"origin": origin})}
                conn.execute(text(_DOCUMENT), given)
            for number, kind in enumerate(("proposal", "extension"), 1):
                conn.execute(text(_EVENT), {"id": number, "body": '{"proposed": "remind"}' if number == 1 else "{}"})
                conn.execute(text(_ITEM), {"id": number, "kind": kind})
        store.migrate("0016")
        with store.read() as conn:
            assert [key for key, is_inferred in inferred(conn).items() if is_inferred] == ["inferred"]
            items = conn.execute(select(directive_open_item.c.kind, directive_open_item.c.proposed))
            assert {row.kind: row.proposed for row in items} == {"proposal": "remind", "extension": None}
            pages = conn.execute(select(directive_document.c.key, directive_document.c.origin_page))
            assert {row.key: row.origin_page for row in pages} == {"given": "/chi-so/x", "entered": None}


@pytest.mark.parametrize("seed", range(5))
def test_column_follows_the_task_whatever_is_stored(store: Store, seed: int) -> None:
    chance = random.Random(seed)

    def changed(task: Task) -> Task:
        words = chance.choice(["", "Quý IV/2026", "thường xuyên"])
        due = chance.choice([None, START + chance.randrange(90) * DAY])
        return replace(task, due=due, due_words=words, is_due_confirmed=chance.random() < 0.5)

    document = make_document(count=8)
    for _ in range(6):
        document = replace(document, tasks=tuple(map(changed, document.tasks)), origin=chance.choice([None, ORIGIN]))
        with store.write() as conn:
            documents.put_document(conn, document, at(START))
        with store.read() as conn:
            bodies = select(directive_task.c.key, directive_task_body.c.body).join(
                directive_task_body, directive_task_body.c.task_id == directive_task.c.id
            )
            assert inferred(conn) == {row.key: read_task(row.body).is_due_inferred for row in conn.execute(bodies)}
            page = conn.execute(select(directive_document.c.origin_page)).scalar_one()
            assert page == (document.origin.page if document.origin else None)
