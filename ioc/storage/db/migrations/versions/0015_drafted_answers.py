"""Drafts of answers, and files of drafts: a draft belongs to a task, an act and the request that is answered."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Forward only. The drafts that stand are of acts that answer nothing: request 0."""
    earlier = sa.table(
        "directive_act_draft", sa.column("task_id"), sa.column("act"), sa.column("agency"), sa.column("known_ms"),
        sa.column("actor"), sa.column("position"), sa.column("body"),
    )  # fmt: skip
    rows = [dict(row) | {"refers_to": 0} for row in op.get_bind().execute(sa.select(earlier)).mappings()]
    op.drop_table("directive_act_draft")
    drafts = op.create_table(
        "directive_act_draft",
        sa.Column("task_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("act", sa.String(40), primary_key=True),
        sa.Column("refers_to", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("agency", sa.String(120), nullable=False),
        sa.Column("known_ms", sa.BigInteger, nullable=False), sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("position", sa.String(120), nullable=False), sa.Column("body", sa.Text, nullable=False),
    )  # fmt: skip
    op.create_index("directive_act_draft_agency", "directive_act_draft", ["agency"])
    if rows:
        op.bulk_insert(drafts, rows)
    op.create_table(
        "directive_draft_evidence",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("task_id", sa.BigInteger, nullable=False), sa.Column("act", sa.String(40), nullable=False),
        sa.Column("refers_to", sa.BigInteger, nullable=False), sa.Column("name", sa.String(120), nullable=False),
        sa.Column("file_type", sa.String(10), nullable=False), sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False), sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("known_ms", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )  # fmt: skip
    for name, column in (("task", "task_id"), ("content", "sha256")):
        op.create_index(f"directive_draft_evidence_{name}", "directive_draft_evidence", [column])
