"""What lists filter by: inferred due dates, pages of instructions, drafts that were returned, what is proposed."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Forward only. All stand in the bodies of older rows, except that no older draft was returned."""
    op.add_column("directive_task", sa.Column("is_due_inferred", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("directive_document", sa.Column("origin_page", sa.Text, nullable=True))
    op.add_column("directive_act_draft", sa.Column("returned_by", sa.String(120), nullable=True))
    op.add_column("directive_act_draft", sa.Column("returned_text", sa.Text, nullable=True))
    op.add_column("directive_open_item", sa.Column("proposed", sa.String(40), nullable=True))
    _fill_inferred()
    _fill_pages()
    _fill_proposed()
    op.create_index(
        "directive_task_inferred", "directive_task", ["id"], sqlite_where=sa.text("is_due_inferred = 1"),
        postgresql_where=sa.text("is_due_inferred"),
    )  # fmt: skip
    where = sa.text("origin_page IS NOT NULL")
    op.create_index(
        "directive_document_origin", "directive_document", ["origin_page"], sqlite_where=where, postgresql_where=where
    )


def _fill_inferred() -> None:
    conn = op.get_bind()
    bodies = sa.table("directive_task_body", sa.column("task_id"), sa.column("body"))
    tasks = sa.table("directive_task", sa.column("id"), sa.column("is_due_inferred", sa.Boolean))
    stated = sa.select(bodies).where(bodies.c.body.not_like('%"due_words":""%'))
    inferred = [{"stored": row.task_id} for row in conn.execute(stated) if _is_inferred(json.loads(row.body))]
    if inferred:
        conn.execute(tasks.update().where(tasks.c.id == sa.bindparam("stored")).values(is_due_inferred=True), inferred)


def _is_inferred(task: dict[str, object]) -> bool:
    return task["due"] is not None and bool(task.get("due_words")) and not task.get("is_due_confirmed")


def _fill_pages() -> None:
    conn = op.get_bind()
    documents = sa.table(
        "directive_document", sa.column("id"), sa.column("body"), sa.column("origin_given_ms"), sa.column("origin_page")
    )
    given = sa.select(documents.c.id, documents.c.body).where(documents.c.origin_given_ms.is_not(None))
    pages = [{"stored": row.id, "page": json.loads(row.body)["origin"]["page"]} for row in conn.execute(given)]
    if pages:
        change = documents.update().where(documents.c.id == sa.bindparam("stored"))
        conn.execute(change.values(origin_page=sa.bindparam("page")), pages)


def _fill_proposed() -> None:
    conn = op.get_bind()
    items = sa.table("directive_open_item", sa.column("event_id"), sa.column("kind"), sa.column("proposed"))
    events = sa.table("directive_event", sa.column("id"), sa.column("body"))
    asked = sa.select(events).join(items, items.c.event_id == events.c.id).where(items.c.kind == "proposal")
    stated = [{"stored": row.id, "act": json.loads(row.body)["proposed"]} for row in conn.execute(asked)]
    if stated:
        change = items.update().where(items.c.event_id == sa.bindparam("stored"))
        conn.execute(change.values(proposed=sa.bindparam("act")), stated)
