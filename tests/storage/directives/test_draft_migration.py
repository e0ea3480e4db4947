"""Drafts that an older program stored are sent from this one, on both databases."""

from contextlib import closing

from sqlalchemy import select, text

from ioc.domain.directives.acts import Act, ActFields
from ioc.storage.db.store import Store
from ioc.storage.directives import act_drafts
from ioc.storage.directives.act_drafts import DraftReturn
from ioc.storage.directives.schema import directive_act_draft


def test_drafts_that_stand_are_those_of_no_request(empty_url: str) -> None:
    with closing(Store(empty_url)) as store:
        store.migrate("0014")
        with store.write() as conn:
            conn.execute(
                text(
                    "INSERT INTO directive_act_draft (task_id, act, agency, known_ms, actor, position, body)"
                    " VALUES (7, 'report', 'a', 1, 'an', 'cb-a', '{\"text\": \"Xong\"}')"
                )
            )
        store.migrate()
        with store.read() as conn:
            (found,) = act_drafts.drafts_of_task(conn, 7, ["a"])
            assert (found.act, found.refers_to, found.stated) == (Act.REPORT, 0, ActFields(text="Xong"))
            assert act_drafts.find_draft(conn, 7, Act.REPORT, 0) == found and found.returned is None
        with store.write() as conn:
            act_drafts.return_draft(conn, found, DraftReturn("gd-a", "Thiếu số liệu"), found.at)
        with store.read() as conn:
            (again,) = act_drafts.drafts_of_task(conn, 7, ["a"])
            assert (again.returned, again.stated) == (DraftReturn("gd-a", "Thiếu số liệu"), found.stated)
            assert conn.execute(select(directive_act_draft.c.body)).scalar_one() == '{"text": "Xong"}'
