"""A row of which a part cannot be read, with all the rest of it: so that the rest is judged too."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, TypeVar, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from ioc.config.errors import closest_match
from ioc.config.unreadable import UNREAD

M = TypeVar("M", bound=BaseModel)


def build_partial(model: type[M], value: object) -> M:
    """A `model` with the fields of `value` that are sound. Asking for another one raises Unread."""
    given = value if isinstance(value, Mapping) else {}
    read: dict[str, Any] = {}
    names = {info.alias or name: name for name, info in model.model_fields.items()}
    absent = [key for key in names if key not in given]
    lost = {names.get(closest_match(key, absent), "") for key in given if key not in names}  # what was misspelt
    lost |= set() if isinstance(value, Mapping) else set(model.model_fields)
    for name, info in model.model_fields.items():
        if (key := info.alias or name) in given:
            read[name] = _validate_field(model, name, info, given[key])
        elif info.is_required():
            read[name] = UNREAD
    lost |= {name for name, one in read.items() if one is UNREAD}
    made = model.model_construct()
    made.__dict__.update({name: one for name, one in read.items() if name not in lost})
    for name in lost:
        made.__dict__.pop(name, None)
    return made


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
        found = find_model(kind)
        if found is not None and not _is_mapping(kind):
            return build_partial(found, value)
        return {key: _validate_item(inner[1], one) for key, one in value.items()} if _is_mapping(kind) else UNREAD
    if isinstance(value, list) and inner and getattr(kind, "__origin__", None) in (list, tuple):
        return [_validate_item(inner[0], one) for one in value]
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
    return next((found for one in get_args(annotation) if (found := find_model(one)) is not None), None)
