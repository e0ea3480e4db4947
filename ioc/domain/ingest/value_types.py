"""The types of values in answers, in words: a reason names none of the programming language."""

from datetime import date, time
from decimal import Decimal
from typing import Any

from ioc.domain.base.failure import ErrorCode, Failure


class TypeCode(ErrorCode):
    """What kind of value stands in an answer, as part of a reason. Texts: components/messages/errors/types.toml."""

    OBJECT = "types.object"
    LIST = "types.list"
    TEXT = "types.text"
    NUMBER = "types.number"
    BOOLEAN = "types.boolean"
    TIME = "types.time"
    NOTHING = "types.nothing"
    OTHER = "types.other"


_TYPES: tuple[tuple[type | tuple[type, ...], TypeCode], ...] = (
    (type(None), TypeCode.NOTHING), (bool, TypeCode.BOOLEAN), ((int, float, Decimal), TypeCode.NUMBER),
    (str, TypeCode.TEXT), (dict, TypeCode.OBJECT), ((list, tuple), TypeCode.LIST), ((date, time), TypeCode.TIME),
)  # fmt: skip


def type_of(value: Any) -> Failure:
    """The type of `value`, as a parameter of a failure."""
    return Failure(next((code for types, code in _TYPES if isinstance(value, types)), TypeCode.OTHER))
