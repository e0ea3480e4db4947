"""What was done last to an instruction that is not issued: whom it waits for."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Forward only. Nothing was done to older instructions: they wait for the Office."""
    op.add_column(
        "directive_document", sa.Column("last_step", sa.String(20), nullable=False, server_default=sa.text("''"))
    )
