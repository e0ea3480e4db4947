"""What becomes of a draft: its files go with the act that is sent from it; one that nobody can send keeps its text."""

from collections.abc import Sequence
from datetime import date, datetime

from ioc.directives.act_command import ActCommand
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import Act
from ioc.domain.directives.agency import Agencies, predecessors
from ioc.domain.directives.evidence import EvidenceCode, EvidenceError, EvidenceFile
from ioc.domain.directives.positions import TaskSubject
from ioc.domain.directives.task_status import WorkState
from ioc.storage.db.store import Conn
from ioc.storage.directives import act_drafts, draft_evidence
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


def check_read(stood: ActDraft | None, read_at: datetime | None) -> None:
    """Who sends has read the draft that stands: it goes with the act, and nobody could send it afterwards.

    `stood`: of the sender's agency, or those that it succeeded. `read_at`: when that was written which the sender saw.
    DraftChangedError for another one; ActError (DRAFT_GONE) where that was taken back and none stands.
    """
    if stood and stood.at != read_at:
        raise DraftChangedError(stood)
    if read_at and stood is None:
        raise ActError(ActCode.DRAFT_GONE)


def split_ended(
    drafts: Sequence[ActDraft], subject: TaskSubject, agencies: Agencies, day: date
) -> tuple[tuple[ActDraft, ...], tuple[ActDraft, ...]]:  # fmt: skip
    """Those that can be sent, and those that nobody can send any more.

    Of these the request or the task has ended, or it went to an agency that did not write the draft.
    """
    ended = tuple(each for each in drafts if _is_ended(each, subject, agencies, day))
    return tuple(each for each in drafts if each not in ended), ended


def _is_ended(draft: ActDraft, subject: TaskSubject, agencies: Agencies, day: date) -> bool:
    state, agency = subject.state, subject.holder
    if draft.refers_to:
        item = state.find_item(draft.refers_to) if state else None
        agency = item.agency if item else ""
    elif state is None or state.work_state in (WorkState.DONE, WorkState.WITHDRAWN):
        agency = ""
    elif draft.act is Act.REQUEST_ADJUSTMENT and state.received_at is not None:
        agency = ""  # what was received is adjusted no more
    return draft.agency not in predecessors(agencies, agency, day)


def free_ended_files(conn: Conn, task_id: int, subject: TaskSubject, agencies: Agencies, day: date) -> None:
    """Drafts on the task that have ended keep their text, and no files: these would fill their writer's share."""
    for draft in act_drafts.drafts_with_files(conn, task_id):
        if _is_ended(draft, subject, agencies, day):
            draft_evidence.remove_files(conn, (task_id, draft.act, draft.refers_to))
