"""What an entry of the audit log is about: the kind and the keys of the object that its action and target name."""

import re
from dataclasses import dataclass
from enum import StrEnum

from ioc.domain.access.permissions import Action


class AuditObjectKind(StrEnum):
    """The kind of an object. Texts: audit_log.object_<value>."""

    ACCOUNT = "account"  # its name
    SESSION = "session"  # its number
    DISPLAY = "display"  # its key
    API_KEY = "api_key"  # its key
    FIGURES = "figures"  # key of the obligation; of the period
    DOCUMENT = "document"  # its key
    TASK = "task"  # key of the document; of the task in it
    POSITION = "position"  # its key
    MANDATE = "mandate"  # keys of the position that acts, and of the one that it acts for
    SOURCE = "source"  # its key
    EVENT = "event"  # key of the source; of the event
    UNIT = "unit"  # its code
    ENTRIES = "entries"  # the first and the last number
    FILTER = "filter"  # the parameters of an address, "" for none
    REQUEST = "request"  # what was denied: an account or agency, "" for none; the path, or page and act
    OTHER = "other"  # the target as it is


@dataclass(frozen=True, slots=True)
class AuditObject:
    """`keys`: what the kind needs; an object of the same kind and keys is the same one."""

    kind: AuditObjectKind
    keys: tuple[str, ...]


_K = AuditObjectKind
# The first prefix of an action that fits; separator of the keys in the target, "" for one key.
_KINDS: tuple[tuple[str, AuditObjectKind, str], ...] = (
    ("account-", _K.ACCOUNT, ""), ("password-", _K.ACCOUNT, ""), ("mfa-", _K.ACCOUNT, ""),
    ("recovery-codes-", _K.ACCOUNT, ""), ("session-revoked", _K.ACCOUNT, ""), ("sessions-", _K.ACCOUNT, ""),
    ("display-", _K.DISPLAY, ""), ("api-key-", _K.API_KEY, ""),
    ("submission-", _K.FIGURES, " "), ("phone-report-", _K.FIGURES, " "), ("reminder-sent", _K.FIGURES, " "),
    ("directive-document-", _K.DOCUMENT, ""), ("directive-instruction-", _K.DOCUMENT, ""),
    ("directive-due-confirmed", _K.DOCUMENT, ""), ("directive-position-", _K.POSITION, ""),
    ("directive-mandate-", _K.MANDATE, " → "), ("directive-sheet-", _K.OTHER, ""), ("directive-", _K.TASK, "/"),
    ("source-", _K.SOURCE, ""), ("schema-", _K.SOURCE, ""), ("audit-purged", _K.ENTRIES, "-"),
    ("audit-exported", _K.FILTER, ""),
)  # fmt: skip
_PAGE_ACT = re.compile(r"[a-z_]+\.[a-z_]+")  # page and act, "displays.enrol"
_SESSION_ACTIONS = ("login", "logout", "session-expired")
_UNIT_PREFIX = "don-vi/"  # of personal data: counts of people in a unit, else an event


def audit_object(action: str, target: str, *, is_done: bool) -> AuditObject:
    """The object of an entry; OTHER where the target is not what the action needs. `is_done`: it was not denied."""
    about, _, path = target.rpartition(" ")
    if not is_done and ("/" in target or (action in tuple(Action) and _PAGE_ACT.fullmatch(path))):
        return AuditObject(_K.REQUEST, (about, path))
    if action in _SESSION_ACTIONS:
        return AuditObject(_K.SESSION if is_done and target.isdigit() else _K.OTHER, (target,))
    if action == "personal-data-viewed":
        return _personal_object(target)
    if action == "directive-assign":  # the tasks of a document; the other acts are on one task
        return AuditObject(_K.DOCUMENT, (target,))
    kind, separator = next(((kind, each) for prefix, kind, each in _KINDS if action.startswith(prefix)), (_K.OTHER, ""))
    keys = tuple(target.split(separator)[:2]) if separator else (target,)
    is_whole = all(keys) and len(keys) == (2 if separator else 1)
    return AuditObject(kind, keys) if is_whole or kind is _K.FILTER else AuditObject(_K.OTHER, (target,))


def _personal_object(target: str) -> AuditObject:
    if target.startswith(_UNIT_PREFIX):
        return AuditObject(_K.UNIT, (target.removeprefix(_UNIT_PREFIX),))
    source, _, event = target.partition("/")
    return AuditObject(_K.EVENT, (source, event)) if event else AuditObject(_K.OTHER, (target,))
