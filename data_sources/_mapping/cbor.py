"""CBOR of messages as plain data."""

from typing import Any

from data_sources._mapping.errors import MappingCode
from ioc.domain.base.failure import ErrorCode
from ioc.domain.ingest.protocol import SourceError

_MAX_DEPTH = 50


def decode_cbor(body: bytes, not_cbor: ErrorCode) -> Any:
    """The data in `body`. Raises SourceError: with `not_cbor`, or for a map that has one key twice (RFC 8949, 5.6)."""
    import cbor2

    try:
        return cbor2.loads(body, max_depth=_MAX_DEPTH, allow_duplicate_keys=False)
    except cbor2.CBORDecodeError:
        raise SourceError(MappingCode.CBOR_KEY_TWICE if _is_cbor(body) else not_cbor) from None
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError, MemoryError):
        raise SourceError(not_cbor) from None


def _is_cbor(body: bytes) -> bool:
    """Whether nothing but keys that come twice is wrong with `body`."""
    import cbor2

    try:
        cbor2.loads(body, max_depth=_MAX_DEPTH)
    except (cbor2.CBORDecodeError, ValueError, TypeError, LookupError, OverflowError, RecursionError, MemoryError):
        return False
    return True
