"""Base of the models of the yaml files: a number, a whole number and a truth value are what is written, and no other.

pydantic takes true for 1, "1" for 1 and 2.0 for 2, so that a value of another meaning would pass without a word. A
library's strict mode as a whole would refuse lists where tuples are meant, which yaml has no form for.
"""

import re
from collections.abc import Callable, Mapping
from datetime import time
from typing import Any

from pydantic import BaseModel, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

_WITH_EXPONENT = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)[eE][+-]?\d+", re.ASCII)
_TIME_OF_DAY = re.compile(r"\d{2}:\d{2}(?::\d{2})?", re.ASCII)
_WORDS = {"yes": True, "on": True, "no": False, "off": False}
_NOT_TYPES = frozenset({"metadata", "default", "serialization"})  # of a schema: hold no schemas of values


def _read_word(value: object) -> object:
    """A truth value may be one of these words too, which yaml 1.2 reads as texts."""
    return _WORDS.get(value.lower(), value) if isinstance(value, str) else value


def _read_exponent(value: object) -> object:
    """yaml 1.1 reads 1e3 and 1.5e-4, which have no point or no sign, as texts where 1.2 has numbers."""
    return float(value) if isinstance(value, str) and _WITH_EXPONENT.fullmatch(value) else value


def _check_time_of_day(value: object) -> object:
    """pydantic takes a number for seconds since midnight, and a time with a zone, which no row means."""
    if isinstance(value, time) or (isinstance(value, str) and _TIME_OF_DAY.fullmatch(value)):
        return value
    raise PydanticCustomError("time_type", "hours and minutes are meant")


# What each kind of value goes through before its own check.
_BEFORE: Mapping[str, Callable[[object], object]] = {
    "bool": _read_word, "float": _read_exponent, "time": _check_time_of_day,
}  # fmt: skip


def _strict(schema: Any) -> Any:
    if isinstance(schema, list | tuple):
        return type(schema)(map(_strict, schema))
    if not isinstance(schema, dict):
        return schema
    kind = schema.get("type")
    if not isinstance(kind, str):  # the fields of a model by name, any of which may be called "type" or "default"
        return {name: _strict(each) for name, each in schema.items()}
    inner = {name: each if name in _NOT_TYPES else _strict(each) for name, each in schema.items()}
    if kind in ("int", "float", "bool"):
        inner["strict"] = True
    if before := _BEFORE.get(kind):
        return core_schema.no_info_before_validator_function(before, inner)
    return inner


class StrictModel(BaseModel):
    """A model whose fields are read strictly, those within lists and choices too."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The schema of the model, each of its plain types strict."""
        strict: CoreSchema = _strict(handler(source))
        return strict
