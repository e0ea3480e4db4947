"""Files that an act carries as evidence: their types, bounds and errors."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ioc.domain.base.failure import ErrorCode
from ioc.domain.directives.act_errors import ActError
from ioc.domain.directives.acts import ACT_RULES, Act

MAX_FILES = 5  # of an act
MAX_KB = 10 * 1024  # of a file
MAX_CONTENTS = 100_000  # of all acts; a backup has each as a member
SHARE = 0.1  # of the quota, and of MAX_CONTENTS, that one person may use


class EvidenceType(StrEnum):
    """The type of a file, by its content; the value is the ending of its name."""

    PDF = "pdf"
    PNG = "png"
    JPEG = "jpg"
    XLSX = "xlsx"
    DOCX = "docx"
    ODS = "ods"
    ODT = "odt"
    CSV = "csv"
    TXT = "txt"


class EvidenceCode(ErrorCode):
    """Why a file is not taken or not given. Texts: components/messages/errors/evidence.toml."""

    FILE_TYPE = "evidence.file_type"
    FILE_CONTENT = "evidence.file_content"  # extension
    FILE_MACROS = "evidence.file_macros"
    FILE_TOO_LARGE = "evidence.file_too_large"  # limit: KiB
    FILE_UNREADABLE = "evidence.file_unreadable"  # cause
    FILE_GONE = "evidence.file_gone"  # it was sent too long ago, or by another session
    NOT_TAKEN = "evidence.not_taken"  # act
    TOO_MANY_FILES = "evidence.too_many_files"  # limit
    QUOTA_USED_UP = "evidence.quota_used_up"  # limit: GB, files: the limit
    SHARE_USED_UP = "evidence.share_used_up"  # limit: GB, files: the limit of one person
    NOT_STORED = "evidence.not_stored"  # cause: of the operating system
    FOLDER_LOST = "evidence.folder_lost"  # of all contents
    UNKNOWN_FILE = "evidence.unknown_file"
    CONTENT_LOST = "evidence.content_lost"  # missing, or not what was stored


class EvidenceError(ActError):
    """A file that is not taken or not given."""


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A file as it is stored. `name`: as its sender called it, without personal data. `sha256`: of its content."""

    name: str
    file_type: EvidenceType
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class StoredEvidence:
    """A file of an act. `task`: "document/task". `actor`: who did the act, at `at` (aware)."""

    id: int
    task: str
    event: int
    file: EvidenceFile
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DraftEvidence:
    """A file of a draft, which `actor` handed over at `at` (aware)."""

    id: int
    file: EvidenceFile
    actor: str
    at: datetime


def logged_files(files: Iterable[EvidenceFile]) -> dict[str, object]:
    """What the audit log says of the files of an act; nothing without any."""
    named = [{"name": file.name, "sha256": file.sha256} for file in files]
    return {"evidence": named} if named else {}


def check_share(used: Mapping[str, int], files: Collection[EvidenceFile], quota_gb: float) -> None:
    """EvidenceError (SHARE_USED_UP) where one person would use more than their share of all evidence.

    `used`: bytes of the contents that acts of the person carry, by SHA-256.
    """
    sizes = {**used, **{file.sha256: file.size_bytes for file in files}}
    limit = quota_gb * SHARE
    if len(sizes) > MAX_CONTENTS * SHARE or sum(sizes.values()) > limit * 10**9:
        raise EvidenceError(EvidenceCode.SHARE_USED_UP, limit=round(limit, 3), files=round(MAX_CONTENTS * SHARE))


def check_evidence(act: Act, count: int) -> None:
    """EvidenceError where the act carries no files, or not so many."""
    if count and not ACT_RULES[act].takes_files:
        raise EvidenceError(EvidenceCode.NOT_TAKEN, act=act.value)
    if count > MAX_FILES:
        raise EvidenceError(EvidenceCode.TOO_MANY_FILES, limit=MAX_FILES)
