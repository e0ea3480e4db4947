"""Evidence files: kept with the act that carries them, and read by whoever may see its task."""

import json
import logging
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

from ioc.directives.act_command import ActCommand
from ioc.directives.act_drafts import drafts_of_principal, save_draft, withdraw_draft
from ioc.directives.acts import ActResult, perform_act
from ioc.directives.context import DirectiveContext, load_positions, load_task, stored_text
from ioc.directives.evidence_type import require_type
from ioc.directives.visibility import is_visible
from ioc.domain.access.permissions import Action, PermissionDeniedError, require
from ioc.domain.access.principal import Principal
from ioc.domain.base.system_errors import system_failure
from ioc.domain.base.times import Clock
from ioc.domain.directives.act_errors import ActError
from ioc.domain.directives.evidence import (
    EvidenceCode,
    EvidenceError,
    EvidenceFile,
    EvidenceType,
    check_evidence,
)
from ioc.storage.db.commands import CommandError
from ioc.storage.db.store import Conn, Store, StoreError
from ioc.storage.directives import draft_evidence, evidence
from ioc.storage.directives.act_drafts import ActDraft
from ioc.storage.evidence_files import FOLDER, EvidenceFiles

log = logging.getLogger("ioc.directives")

_MAX_STEM = 110  # characters of a name before its ending
_NO_NAME = "minh-chung"
_Result = TypeVar("_Result")
_REFUSALS = (ActError, EvidenceError, CommandError, PermissionDeniedError)


class SentFileView(Protocol):
    """A file as somebody sent it."""

    @property
    def name(self) -> str: ...
    @property
    def body(self) -> bytes: ...


# Gives each file by its handle; None for one that there is not, or no more. One is read at a time: they are large.
ReadSent = Callable[[str], SentFileView | None]


@dataclass(frozen=True, slots=True)
class OpenedEvidence:
    """A file with its content, which was compared with its hash. Whoever gets it closes `content`."""

    number: int
    file: EvidenceFile
    content: BinaryIO


@dataclass(frozen=True, slots=True)
class EvidenceService:
    """Acts with files, and the files for who may see them."""

    context: DirectiveContext
    files: EvidenceFiles

    def perform(self, command: ActCommand, handles: Sequence[str], read: ReadSent, principal: Principal) -> ActResult:
        """Does an act with the files of these handles. Errors: of `perform_act`; EvidenceError.

        The contents are on the disk before the act is in the store. Nothing is kept of files whose act is refused.
        """
        require(principal, Action.ACT_ON_DIRECTIVES)
        if not handles:
            return perform_act(self.context, command, principal)
        check_evidence(command.act, len(handles) + len(command.kept_contents))
        carrying = replace(command, evidence=_described(handles, read))  # nothing is kept where one of them is wrong
        perform_act(self.context, carrying, principal, preview=True)  # nor where the act is refused
        result = self._keeping(carrying, handles, read, lambda: perform_act(self.context, carrying, principal))
        if result.is_repeated:
            self._discard(_contents(carrying))
        return result

    def save_draft(
        self, command: ActCommand, handles: Sequence[str], read: ReadSent, principal: Principal
    ) -> ActDraft:  # fmt: skip
        """Hands a draft over with the files of these handles, as `perform` does an act. Errors: of `save_draft` too."""
        require(principal, Action.ACT_ON_DIRECTIVES)
        if not handles:
            return save_draft(self.context, command, principal)
        check_evidence(command.act, len(handles) + len(command.kept_contents))
        carrying = replace(command, evidence=_described(handles, read))
        return self._keeping(carrying, handles, read, lambda: save_draft(self.context, carrying, principal))

    def withdraw_draft(self, command: ActCommand, principal: Principal) -> None:
        """Takes a draft back, with its files. Errors: of `withdraw_draft`."""
        withdrawn = withdraw_draft(self.context, command, principal)
        self._discard([each.file.sha256 for each in withdrawn.files])

    def _keeping(
        self, carrying: ActCommand, handles: Sequence[str], read: ReadSent, do: Callable[[], _Result]
    ) -> _Result:  # fmt: skip
        """`do`, once the contents are on the disk; where it is refused, those are not kept."""
        self._refuse_lost_folder()
        with ExitStack() as hold:
            try:
                for handle in handles:
                    self.files.keep(_require_sent(read, handle)[0].body, hold)
                return do()
            except _REFUSALS:  # not StoreError: the act may be stored all the same
                hold.close()
                self._discard(_contents(carrying))
                raise

    def _refuse_lost_folder(self) -> None:
        """EvidenceError (FOLDER_LOST): a folder that is made anew is hidden once the disk of the former one is back."""
        if self.files.is_lost():
            with self.context.store.read() as conn:
                if evidence.has_contents(conn):
                    raise EvidenceError(EvidenceCode.FOLDER_LOST)

    def _discard(self, contents: Collection[str]) -> None:
        """Removes those of the contents that no act has: they would count for everybody until they are old."""
        with suppress(OSError, StoreError):  # `prune_unused` removes them later
            self.files.discard(contents, partial(_used_contents, self.context.store))

    def open(self, number: int, principal: Principal) -> OpenedEvidence:
        """A file for who may see its task; it is an entry of the audit log.

        PermissionDeniedError; EvidenceError (UNKNOWN_FILE): none, or not for this principal; CONTENT_LOST.
        """
        require(principal, Action.ACT_ON_DIRECTIVES)
        context = self.context
        with context.store.read() as conn:
            stored = evidence.find(conn, number)
            if stored is None or not _is_visible(conn, context, stored.task, principal):
                raise EvidenceError(EvidenceCode.UNKNOWN_FILE)
        return self._opened(stored.id, stored.task, stored.file, principal)

    def open_of_draft(self, number: int, principal: Principal) -> OpenedEvidence:
        """A file of a draft for who may see that; it is an entry of the audit log. Errors: of `open`."""
        require(principal, Action.ACT_ON_DIRECTIVES)
        with self.context.store.read() as conn:
            found = draft_evidence.find(conn, number)
            drafts = drafts_of_principal(conn, self.context, found[0], principal) if found else ()
        file = next((each.file for draft in drafts for each in draft.files if each.id == number), None)
        if found is None or file is None:
            raise EvidenceError(EvidenceCode.UNKNOWN_FILE)
        return self._opened(number, found[0], file, principal)

    def _opened(self, number: int, task: str, file: EvidenceFile, principal: Principal) -> OpenedEvidence:
        context, content = self.context, self.files.open(file.sha256)
        what = json.dumps({"name": file.name, "sha256": file.sha256}, ensure_ascii=False)
        with context.store.write() as conn:
            action = "directive-evidence-downloaded"
            context.write_entry(conn, principal, action, task, what, "")
        return OpenedEvidence(number, file, content)


def _described(handles: Sequence[str], read: ReadSent) -> tuple[EvidenceFile, ...]:
    """The files of these handles, each content once. EvidenceError where one of them is wrong."""
    by_content = dict[str, EvidenceFile]()
    for handle in handles:
        file, file_type = _require_sent(read, handle)
        content, name = sha256(file.body).hexdigest(), stored_name(file.name, file_type)
        by_content.setdefault(content, EvidenceFile(name, file_type, len(file.body), content))
    return tuple(by_content.values())


def _contents(command: ActCommand) -> list[str]:
    return [file.sha256 for file in command.evidence]


def _require_sent(read: ReadSent, handle: str) -> tuple[SentFileView, EvidenceType]:
    file = read(handle)
    if file is None:
        raise EvidenceError(EvidenceCode.FILE_GONE)
    return file, require_type(file.name, file.body)


def stored_name(name: str, file_type: EvidenceType) -> str:
    """The name of a file as it is stored and shown, with the ending of its type."""
    stem = name.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]
    return f"{stored_text(stem, _MAX_STEM) or _NO_NAME}.{file_type.value}"


def _is_visible(conn: Conn, context: DirectiveContext, task: str, principal: Principal) -> bool:
    day, loaded = context.today(), load_task(conn, task)
    seeing = load_positions(conn).seeing(principal, day)
    if loaded is None or not seeing:
        return False
    return is_visible(conn, context, seeing, loaded.document, loaded.subject(context.agencies, day).asked_agencies)


def _used_contents(store: Store, names: Collection[str]) -> set[str]:
    with store.read() as conn:
        return evidence.used_contents(conn, names)


def prune_unused(store: Store, data: Path, clock: Clock) -> None:
    """Removes old contents in the data folder that no act has. StoreError."""

    try:
        files = EvidenceFiles(data / FOLDER, 0, lambda: clock().timestamp())
        if count := files.prune(partial(_used_contents, store)):
            log.info("%d files that no act has were removed", count)
    except OSError as error:
        log.warning("files that no act has could not be removed: %s", system_failure(error))
