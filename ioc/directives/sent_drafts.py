"""What becomes of a draft when its act is done: it is gone, and its files go with the act."""

from datetime import datetime

from ioc.directives.act_command import ActCommand
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import Act
from ioc.domain.directives.evidence import EvidenceCode, EvidenceError, EvidenceFile
from ioc.storage.db.store import Conn
from ioc.storage.directives import act_drafts
from ioc.storage.directives.act_drafts import ActDraft


class DraftChangedError(ActError):
    """`draft` was handed over since the sender looked."""

    def __init__(self, draft: ActDraft) -> None:
        super().__init__(ActCode.DRAFT_CHANGED, at=draft.at)
        self.draft = draft


def carried_files(stood: ActDraft | None, command: ActCommand) -> tuple[EvidenceFile, ...]:
    """The files of an act or a draft: those of `command.kept_contents` that the draft `stood` has, then the new ones.

    DraftChangedError where another draft than that of `command.draft_at` stands; ActError (DRAFT_GONE) for none;
    EvidenceError (FILE_GONE) for a file that it has not.
    """
    if not command.kept_contents:
        return command.evidence
    if stood is None:
        raise ActError(ActCode.DRAFT_GONE)
    if stood.at != command.draft_at:
        raise DraftChangedError(stood)
    files = {each.file.sha256: each.file for each in stood.files}
    if not files.keys() >= set(command.kept_contents):
        raise EvidenceError(EvidenceCode.FILE_GONE)
    kept = [files[content] for content in command.kept_contents]
    return tuple({file.sha256: file for file in (*kept, *command.evidence)}.values())


def end_draft(
    conn: Conn, task_id: int, act: Act, request: int, stood: ActDraft | None, read_at: datetime | None
) -> None:  # fmt: skip
    """The draft that was sent is gone. One of an answer that was not read could never be sent: it is told first.

    `stood`: the draft of the sender's agency, or those that it succeeded. `read_at`: when that was written which the
    sender saw. DraftChangedError.
    """
    if request and stood and stood.at != read_at:
        raise DraftChangedError(stood)
    if read_at:
        act_drafts.remove_draft(conn, task_id, act, request, read_at)
