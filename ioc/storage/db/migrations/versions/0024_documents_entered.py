"""When a document was entered: until then past moments count the tasks that the configuration has of it."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

_ENTERED = """
    UPDATE directive_document SET entered_ms = coalesce(
        (
            SELECT min(valid_from_ms) FROM directive_interval JOIN directive_task ON directive_task.id = task_id
            WHERE document_id = directive_document.id
        ),
        changed_ms
    ) WHERE number <> ''
"""


def upgrade() -> None:
    """Forward only. Of stored documents the first act on a task tells it, else their last change."""
    op.add_column("directive_document", sa.Column("entered_ms", sa.BigInteger))
    op.execute(_ENTERED)
