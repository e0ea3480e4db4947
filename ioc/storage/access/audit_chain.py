"""What is known of the hash chain of the audit log: its newest entry, and the result of a verification."""

import json
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The newest entry: noted outside the store it proves later that no entry was taken away."""

    id: int
    hash: str


def encode_head(head: ChainHead) -> str:
    """A head as text: JSON of [id, hash]."""
    return json.dumps([head.id, head.hash])


def decode_head(text: str) -> ChainHead | None:
    """The head that `encode_head` wrote; None for any other text."""
    try:
        match json.loads(text):
            case [int(number), str(digest)]:
                return ChainHead(number, digest)
    except (ValueError, RecursionError):
        pass
    return None


class ChainFault(StrEnum):
    """What is wrong with an entry of the audit log. Texts: components/messages/audit_log.toml and commands.toml."""

    NONE = ""
    CHANGED = "changed"
    MISSING = "missing"
    INSERTED = "inserted"
    DETAIL = "detail"  # its detail was changed or removed
    SWEPT = "swept"  # the chain does not begin where the newest purge says
    HEAD_MISMATCH = "head_mismatch"  # it is not the entry that was noted outside


@dataclass(frozen=True, slots=True)
class ChainVerification:
    """Result of `verify`. `first_bad_id`: the first wrong entry, None for none; `fault`: what is wrong with it."""

    row_count: int
    head: ChainHead
    first_bad_id: int | None = None
    fault: ChainFault = ChainFault.NONE
