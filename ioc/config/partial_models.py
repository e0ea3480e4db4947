"""Rows of which a part cannot be read: the sound fields are kept, so that the rest is checked too."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, TypeVar, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from ioc.config.errors import closest_match
from ioc.config.unreadable import UNREAD

M = TypeVar("M", bound=BaseModel)


def build_partial(model: type[M], value: object) -> M:
    """A `model` with the fields of `value` that are sound. Reading another one raises UnreadableFieldError."""
    values = value if isinstance(value, Mapping) else {}
    fields: dict[str, Any] = {}
    names = {info.alias or name: name for name, info in model.model_fields.items()}
    absent = [key for key in names if key not in values]
    unread = {names.get(closest_match(key, absent), "") for key in values if key not in names}  # misspelt keys
    unread |= set() if isinstance(value, Mapping) else set(model.model_fields)
    for name, info in model.model_fields.items():
        if (key := info.alias or name) in values:
            fields[name] = _validate_field(model, name, info, values[key])
        elif info.is_required():
            fields[name] = UNREAD
    unread |= {name for name, field in fields.items() if field is UNREAD}
    partial = model.model_construct()
    partial.__dict__.update({name: field for name, field in fields.items() if name not in unread})
    for name in unread:
        partial.__dict__.pop(name, None)
    return partial


@cache
def _adapter(model: type[BaseModel], name: str) -> TypeAdapter[Any]:
    info = model.model_fields[name]
    return TypeAdapter(Annotated[info.annotation, info])  # type: ignore[arg-type]


@cache
def _item_adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _validate_field(model: type[BaseModel], name: str, info: FieldInfo, value: object) -> Any:
    """The field's value, as much of it as is sound; UNREAD for nothing."""
    if value is UNREAD:
        return UNREAD
    try:
        return _adapter(model, name).validate_python(value)
    except ValidationError:
        return _partial_value(info.annotation, value)


def _partial_value(kind: Any, value: object) -> Any:
    inner = get_args(kind)
    if isinstance(value, Mapping):
        model = find_model(kind)
        if model is not None and not _is_mapping(kind):
            return build_partial(model, value)
        return {key: _validate_item(inner[1], item) for key, item in value.items()} if _is_mapping(kind) else UNREAD
    if isinstance(value, list) and inner and (getattr(kind, "__origin__", None) is list or Ellipsis in inner):
        return [_validate_item(inner[0], item) for item in value]
    return UNREAD


def _is_mapping(kind: Any) -> bool:
    return getattr(kind, "__origin__", None) is dict


def _validate_item(kind: Any, value: object) -> Any:
    if value is not UNREAD:
        try:
            return _item_adapter(kind).validate_python(value)
        except ValidationError:
            pass
    model = find_model(kind)
    return UNREAD if model is None else build_partial(model, value)


def find_model(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation holds, None for none."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := find_model(part)) is not None), None)
