"""CBOR of messages as plain data, checked before it is decoded."""

from typing import Any

from data_sources._mapping.errors import MappingCode
from ioc.domain.base.failure import ErrorCode
from ioc.domain.ingest.protocol import SourceError

_MAX_DEPTH = 50
_NEGATIVE, _BYTES, _TEXT, _MAP, _TAG = 1, 2, 3, 5, 6  # major types (RFC 8949, 3.1); 0, 4 and 7: integer, list, other
_INDEFINITE, _BREAK = 31, 0xFF
# Values that stand for others of the message (shared values, repeated texts): a few bytes of them expand to gigabytes.
_REFERENCE_TAGS = (25, 28, 29, 256)
# Of the other tags those for times, dates, large and decimal numbers, identifiers, and CBOR itself: cbor2 compiles a
# regular expression, for which a few kilobytes take minutes, and hashes the members of a set.
_PLAIN_TAGS = (0, 1, 2, 3, 4, 5, 37, 100, 1004, 55799)
# Keys of a map: Python finds texts and bytes by a secret hash, but a sender can make other values collide on purpose,
# and then a map of a few kilobytes takes minutes. SenML has integers as keys, all of them small.
_MAX_INTEGER_KEY = 65_535
_MAX_INTEGER_BYTES = 24  # 58 digits: no number of a city has so many
_MAX_QUOTED = 60  # characters of a larger integer
_ERRORS = (ValueError, TypeError, LookupError, ArithmeticError, RecursionError, MemoryError)


def decode_cbor(body: bytes, not_cbor: ErrorCode) -> Any:
    """The data in `body`. Integers of more than 58 digits are texts, which no reader takes for a number.

    Raises SourceError: with `not_cbor`, for values that refer to others, or for a map that has one key twice (RFC 8949,
    5.6). Keys are texts, bytes and integers of up to 16 bits; tags are those of plain data.
    """
    import cbor2

    try:
        _check(body, not_cbor)
    except IndexError:
        raise SourceError(not_cbor) from None
    try:
        return _loads(body, allow_duplicate_keys=False)
    except cbor2.CBORDecodeError:
        raise SourceError(MappingCode.CBOR_KEY_TWICE if _is_cbor(body) else not_cbor) from None
    except _ERRORS:
        raise SourceError(not_cbor) from None


def _loads(body: bytes, **arguments: Any) -> Any:
    import cbor2

    return cbor2.loads(body, max_depth=_MAX_DEPTH, semantic_decoders={2: _positive, 3: _negative}, **arguments)


def _is_cbor(body: bytes) -> bool:
    """Whether nothing but keys that come twice is wrong with `body`."""
    import cbor2

    try:
        _loads(body)
    except (cbor2.CBORDecodeError, *_ERRORS):
        return False
    return True


def _positive(value: bytes, _is_immutable: bool) -> int | str:
    return int.from_bytes(value) if len(value) <= _MAX_INTEGER_BYTES else f"0x{value.hex()}"[:_MAX_QUOTED]


def _negative(value: bytes, is_immutable: bool) -> int | str:
    number = _positive(value, is_immutable)
    return -1 - number if isinstance(number, int) else f"-{number}"


def _check(body: bytes, not_cbor: ErrorCode) -> None:
    """Walks over the heads of all items. Raises SourceError for one that is refused, IndexError for a cut message."""
    at, outer = 0, list[tuple[int, bool]]()
    left, is_map = 1, False  # items to come of the open one: those of a map in pairs; negative until a break
    while True:
        if left == 0 or (left < 0 and body[at] == _BREAK):
            at += left < 0
            if not outer:
                return
            left, is_map = outer.pop()
            continue
        major, argument = body[at] >> 5, body[at] & 31
        at += 1
        if argument >= 24:
            argument, at = _argument(body, at, argument)
        if is_map and left % 2 == 0 and (major > _TEXT or (major <= _NEGATIVE and argument > _MAX_INTEGER_KEY)):
            raise SourceError(not_cbor)
        left -= 1
        if major in (_BYTES, _TEXT) and argument >= 0:
            at += argument
        elif _BYTES <= major <= _TAG:
            if len(outer) > 2 * _MAX_DEPTH:
                raise SourceError(not_cbor)
            outer.append((left, is_map))
            left, is_map = _content(major, argument, not_cbor), major == _MAP


def _argument(body: bytes, at: int, info: int) -> tuple[int, int]:
    """The argument of a head whose first byte ends with `info`, -1 for no length, and where the head ends."""
    if info == _INDEFINITE:
        return -1, at
    end = at + (1 << (info - 24))
    if info > 27 or end > len(body):
        raise IndexError
    return int.from_bytes(body[at:end]), end


def _content(major: int, argument: int, not_cbor: ErrorCode) -> int:
    """How many items an item contains; negative until a break. Raises SourceError for a tag that is refused."""
    if major == _TAG:
        if argument in _REFERENCE_TAGS:
            raise SourceError(MappingCode.CBOR_REFERENCES)
        if argument not in _PLAIN_TAGS:
            raise SourceError(not_cbor)
        return 1
    return 2 * argument if major == _MAP else argument
