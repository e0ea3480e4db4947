"""What a browser sends to a callback, as the types that its function names: a request may hold anything.

Two rules, each applied once: `is_acceptable` to all values of a request (ioc/web/middleware/dash_guard.py), and
`typed_arguments` to the arguments of each callback (callbacks.py). What does not fit is answered with 400.
"""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, get_type_hints

import dash
import orjson
from pydantic import Field, TypeAdapter, ValidationError

from ioc.domain.base.text import clean_text

Answer = TypeVar("Answer")

MAX_TEXT_LENGTH = 20_000  # characters
# Of a request, names of members too, a form of 500 cells has 22,000; of a list or object. To check far more keeps all
# other threads waiting: an error is made for each item that is wrong.
MAX_VALUES, MAX_ITEMS = 40_000, 2_000
MAX_NUMBER = 2**53 - 1  # the largest integer that a browser holds exactly
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # what PostgreSQL stores in no text


class InputError(ValueError):
    """A value is not of the type that the callback takes."""


@dataclass(frozen=True, slots=True)
class PressedButton:
    """The button of a list that was pressed last (`pressed_button` of callbacks.py), and when (epoch ms)."""

    key: str
    at: int


@dataclass(frozen=True, slots=True)
class Clicked:
    """A button in a row of a table (the property cellRendererData). `value`: what the button's cell names."""

    value: str


@dataclass(frozen=True, slots=True)
class SortOrder:
    """`column`: field of the table. `direction`: asc or desc."""

    column: Annotated[str, Field(alias="colId")]
    direction: Annotated[str, Field(alias="sort")]


@dataclass(frozen=True, slots=True)
class RowsRequest:
    """The rows that a table reads block by block (the property getRowsRequest): from `start` up to `end`."""

    start: Annotated[int, Field(alias="startRow", ge=0)]
    end: Annotated[int, Field(alias="endRow", ge=0)]
    sorting: Annotated[tuple[SortOrder, ...], Field(alias="sortModel")] = ()


def is_acceptable(value: object) -> bool:
    """Whether a JSON value has few values, short texts that can be stored, and numbers that are exact in a browser."""
    rest, left = [value], MAX_VALUES
    while rest:
        each = rest.pop()
        left -= 1
        if left < 0 or (isinstance(each, dict | list) and len(each) > MAX_ITEMS):
            return False
        if isinstance(each, str):
            if len(each) > MAX_TEXT_LENGTH or _UNSTORABLE.search(each):
                return False
        elif isinstance(each, dict):
            rest += [*each, *each.values()]
        elif isinstance(each, list):
            rest += each
        elif isinstance(each, int | float) and not abs(each) <= MAX_NUMBER:  # NaN is refused too
            return False
    return True


def typed_text(value: str | None, max_length: int = 200) -> str:
    """What a field for a text holds, without what hides or disguises a text, stripped and cut; "" for None."""
    return clean_text((value or "").strip(), max_length)


@functools.cache
def _adapter(hint: Any) -> TypeAdapter[Any]:
    """One for each type: the arguments of all callbacks are of a few types, and to make one takes 0.3 ms."""
    return TypeAdapter(hint)


def typed_arguments(function: Callable[..., Answer], *, needs_trigger: bool) -> Callable[..., Answer]:
    """`function`, called with JSON values as the types of its annotations. InputError for any other value.

    A parameter whose name begins with "_" is not used, so it may be anything. `needs_trigger`: the function runs only
    when one of its inputs has changed.
    """
    hints = {
        name: hint for name, hint in get_type_hints(function, include_extras=True).items() if not name.startswith("_")
    }
    adapters = {name: _adapter(hint) for name, hint in hints.items() if name != "return"}

    @functools.wraps(function)
    def typed(**given: object) -> Answer:
        if needs_trigger and not dash.ctx.triggered:
            raise InputError("no input has changed")
        try:
            # As JSON, of which the strict rules take a list for a tuple and a text for a member of an enum.
            read = {name: each.validate_json(orjson.dumps(given[name]), strict=True) for name, each in adapters.items()}
        except ValidationError as error:
            raise InputError(f"{error.error_count()} wrong values for {error.title}") from None
        except orjson.JSONEncodeError as error:
            raise InputError(str(error)) from None
        return function(**{**given, **read})

    return typed
