"""What is derived from acts: after an adjustment to another agency, and of proposals, it is no longer what it was."""

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Forward only. No table changes; `Store.migrate` derives the rows again."""
