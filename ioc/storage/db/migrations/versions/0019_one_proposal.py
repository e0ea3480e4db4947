"""What is derived from acts: of the proposals of one position on one matter the newest alone is open."""

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Forward only. No table changes; `Store.migrate` derives the rows again."""
