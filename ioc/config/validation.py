"""A yaml value as a pydantic model, and pydantic's errors as faults of the configuration."""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from ioc.config.errors import ConfigCode, ConfigFault, closest_match, suggest, suggest_unit
from ioc.config.row_codes import ID_PATTERN, TEMPLATE_PATTERN, RowCode
from ioc.config.rows import LocatedRow, R
from ioc.config.yaml_file import UNREAD, LocatedValue, YamlPath, as_written, fault_at, find_node
from ioc.domain.base.failure import Failure, FailureError
from ioc.domain.base.units import UnknownUnitError

_UNKNOWN_KEY, _MISSING_KEY, _PATTERN = "extra_forbidden", "missing", "string_pattern_mismatch"
_ID_FORMS = {ID_PATTERN: ConfigCode.ID_FORM, TEMPLATE_PATTERN: ConfigCode.TEMPLATE_FORM}
_Location = tuple[str | int, ...]  # in a value, as pydantic gives it
_MAX_KEY = 100  # characters that are compared
_HIDDEN = "…"  # of what may be a secret
_SECRET = re.compile(r"(token|secret|password|headers|authorization)$", re.IGNORECASE)
# pydantic's type of error, as its documentation lists them -> our code.
_CODES = {
    **dict.fromkeys(("bool_type", "bool_parsing"), ConfigCode.NOT_A_BOOLEAN),
    **dict.fromkeys(
        ("int_type", "int_parsing", "int_parsing_size", "int_from_float"), ConfigCode.NOT_AN_INTEGER
    ),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), ConfigCode.NOT_A_NUMBER),
    **dict.fromkeys(("string_type", "string_sub_type"), ConfigCode.NOT_A_TEXT),
    **dict.fromkeys(("list_type", "tuple_type", "set_type"), ConfigCode.NOT_A_LIST),
    **dict.fromkeys(("dict_type", "mapping_type", "model_type", "model_attributes_type"), ConfigCode.NOT_A_MAPPING),
    **dict.fromkeys(
        (
            "date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact",
        ),
        ConfigCode.NOT_A_DATE,
    ),
    **dict.fromkeys(
        ("datetime_type", "datetime_parsing", "datetime_object_invalid", "datetime_from_date_parsing"),
        ConfigCode.NOT_A_MOMENT,
    ),
    **dict.fromkeys(("time_type", "time_parsing"), ConfigCode.NOT_A_TIME),
}  # fmt: skip
# Type of error -> our code and the key of the bound in pydantic's `ctx`.
_BOUNDS = {
    "greater_than": (ConfigCode.NOT_ABOVE, "gt"),
    "greater_than_equal": (ConfigCode.BELOW_MINIMUM, "ge"),
    "less_than": (ConfigCode.NOT_BELOW, "lt"),
    "less_than_equal": (ConfigCode.ABOVE_MAXIMUM, "le"),
    "string_too_short": (ConfigCode.TOO_SHORT, "min_length"),
    "string_too_long": (ConfigCode.TOO_LONG, "max_length"),
    "too_short": (ConfigCode.TOO_SHORT, "min_length"),
    "too_long": (ConfigCode.TOO_LONG, "max_length"),
}


def validate_row(faults: list[ConfigFault], located: LocatedValue, model: type[R]) -> LocatedRow[R] | None:
    """The value as a row. None where something is wrong: `faults` grows by that, unless it is reported already."""
    if located.value is UNREAD:
        return None
    try:
        row = LocatedRow(model.model_validate(located.value), located.node)
        return row if located.is_whole else None
    except ValidationError as error:
        faults += validation_faults(located.node, (), error, model)
        return None


def validation_faults(
    node: yaml.Node, path: YamlPath, error: ValidationError, model: type[BaseModel]
) -> list[ConfigFault]:
    """pydantic's errors of what lies at `path` in `node`, without those that only follow from another one."""
    errors = [details for details in error.errors(include_url=False) if not _follows_from_unread(details)]
    unknown = [tuple(details["loc"]) for details in errors if details["type"] == _UNKNOWN_KEY]
    missing = {tuple(details["loc"]) for details in errors if details["type"] == _MISSING_KEY}
    meant = {loc: close for loc in unknown if (close := _meant_key(loc, missing, model))}
    misspelt = {(*loc[:-1], close) for loc, close in meant.items()}
    # A list is too short for pydantic, too, when its items are wrong.
    holders = {tuple(details["loc"][:n]) for details in errors for n in range(len(details["loc"]))}
    consequences = {_MISSING_KEY: misspelt, "too_short": holders}
    return [
        _fault(node, path, details, model, meant.get(tuple(details["loc"]), ""))
        for details in errors
        if tuple(details["loc"]) not in consequences.get(details["type"], ())
    ]


def _follows_from_unread(details: Mapping[str, Any]) -> bool:
    """Whether a value is refused that could not be read, or that holds one: that is a fault already."""
    return details["type"] != _MISSING_KEY and _holds_unread(details["input"])


def _holds_unread(value: object) -> bool:
    if isinstance(value, dict | list):
        return any(map(_holds_unread, value.values() if isinstance(value, dict) else value))
    return value is UNREAD


def _meant_key(loc: _Location, missing: Collection[_Location], model: type[BaseModel]) -> str:
    """The key that an unknown one was meant to be, "" if unclear. One that is missing need not be as near."""
    beside = [str(other[-1]) for other in missing if other[:-1] == loc[:-1]]
    alike = get_close_matches(str(loc[-1])[:_MAX_KEY], beside, n=1)
    return alike[0] if alike else closest_match(str(loc[-1]), fields_at(model, loc[:-1]))


def fields_at(model: type[BaseModel], loc: Iterable[str | int]) -> list[str]:
    """The keys that may stand at `loc` within `model`."""
    current: type[BaseModel] | None = model
    for part in loc:
        fields = current.model_fields if current is not None else {}
        info = next((info for name, info in fields.items() if (info.alias or name) == part), None)
        if info is not None:
            current = _find_model(info.annotation)
    return [info.alias or name for name, info in current.model_fields.items()] if current is not None else []


def _find_model(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation holds, None for none."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := _find_model(part)) is not None), None)


def _own_error(details: Mapping[str, Any]) -> object:
    """The exception with which a validator of ours refused the value, None when pydantic itself did."""
    return details.get("ctx", {}).get("error")


def _fault(
    node: yaml.Node, path: YamlPath, details: Mapping[str, Any], model: type[BaseModel], meant: str
) -> ConfigFault:
    loc = tuple(part for part in details["loc"] if part != "[key]")
    key, whole = str(loc[-1]) if loc else "", (*path, *loc)
    if details["type"] == _UNKNOWN_KEY:
        known = suggest(key, fields_at(model, loc[:-1]))
        suggestion = Failure(ConfigCode.DID_YOU_MEAN, {"name": meant}) if meant else known
        return fault_at(node, Failure(ConfigCode.KEY_UNKNOWN, {"key": key}), suggestion, whole, whole[:-1])
    if details["type"] == _MISSING_KEY and isinstance(loc[-1], int):  # of a pair
        failure = Failure(ConfigCode.TOO_SHORT, {"limit": str(loc[-1] + 1)})
        return fault_at(node, failure, None, whole[:-1], whole[:-1])
    if details["type"] == _MISSING_KEY:
        return fault_at(node, Failure(ConfigCode.KEY_MISSING, {"key": key}), None, whole, whole[:-1])
    found = find_node(node, whole).node if loc == details["loc"] else None
    written = _HIDDEN if any(map(_is_secret, loc)) else as_written(found or _to_node(details["input"]))
    return fault_at(node, *_value_failure(details, written), whole, whole)


def _is_secret(part: str | int) -> bool:
    return isinstance(part, str) and _SECRET.search(part) is not None


def _to_node(value: object) -> yaml.Node:
    """The node of a value that no file holds in this form: of a key, or of a row that the program made."""
    if isinstance(value, dict | list):
        return yaml.MappingNode("", []) if isinstance(value, dict) else yaml.SequenceNode("", [])
    return yaml.ScalarNode("", str(value))


def _value_failure(details: Mapping[str, Any], written: str) -> tuple[Failure, Failure | None]:
    """What is wrong with a value, and what would be right."""
    kind, context = details["type"], details.get("ctx", {})
    own = _own_error(details)
    if isinstance(own, UnknownUnitError):
        unit = str(details["input"])[:60]
        return Failure(RowCode.UNKNOWN_UNIT, {"unit": unit}), suggest_unit(unit)
    if isinstance(own, FailureError):
        return own.failure, None
    value = {"value": written}
    if kind == _PATTERN:
        return _pattern_failure(written, str(context["pattern"]))
    if kind in ("literal_error", "enum"):
        known = _known_words(str(context["expected"]))
        close = closest_match(written, known)
        suggestion = Failure(ConfigCode.DID_YOU_MEAN, {"name": close}) if close else None
        return Failure(ConfigCode.NOT_ONE_OF, value | {"known": ", ".join(known)}), suggestion
    if kind in _BOUNDS:
        code, bound = _BOUNDS[kind]
        is_length = code in (ConfigCode.TOO_SHORT, ConfigCode.TOO_LONG)
        return Failure(code, ({} if is_length else value) | {"limit": _as_typed(context[bound])}), None
    if kind in _CODES:
        is_unquoted = _CODES[kind] is ConfigCode.NOT_A_TEXT and isinstance(details["input"], int | float | date)
        return Failure(_CODES[kind], value), Failure(ConfigCode.PUT_IN_QUOTES, value) if is_unquoted else None
    return Failure(ConfigCode.INVALID_VALUE, value, external=str(details["msg"])), None


def _pattern_failure(written: str, pattern: str) -> tuple[Failure, Failure | None]:
    form = _ID_FORMS.get(pattern)
    if form:
        return Failure(ConfigCode.NOT_AN_ID, {"value": written}), Failure(form)
    return Failure(ConfigCode.PATTERN_MISMATCH, {"value": written, "pattern": pattern}), None


def _known_words(expected: str) -> list[str]:
    """The words that pydantic lists as 'a', 'b' or 'c'."""
    return [word.strip("'") for word in re.split(r", | or ", expected)]


def _as_typed(bound: object) -> str:
    """A bound as one would type it: 100 for 100.0."""
    return str(int(bound)) if isinstance(bound, float) and bound.is_integer() else str(bound)
