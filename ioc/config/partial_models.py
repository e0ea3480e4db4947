"""A row of which a part cannot be read, with all the rest of it: so that the rest is judged too."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, TypeVar, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from ioc.config.errors import nearest
from ioc.config.unreadable import UNREAD

M = TypeVar("M", bound=BaseModel)


def partial(model: type[M], value: object) -> M:
    """A `model` with the fields of `value` that are sound. Asking for another one raises Unread."""
    given = value if isinstance(value, Mapping) else {}
    read: dict[str, Any] = {}
    names = {info.alias or name: name for name, info in model.model_fields.items()}
    absent = [key for key in names if key not in given]
    lost = {names.get(nearest(key, absent), "") for key in given if key not in names}  # what was misspelt
    lost |= set() if isinstance(value, Mapping) else set(model.model_fields)
    for name, info in model.model_fields.items():
        if (key := info.alias or name) in given:
            read[name] = _field(model, name, info, given[key])
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
def _items(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _field(model: type[BaseModel], name: str, info: FieldInfo, value: object) -> Any:
    """The field's value, as much of it as is sound; UNREAD for nothing."""
    if value is UNREAD:
        return UNREAD
    try:
        return _adapter(model, name).validate_python(value)
    except ValidationError:
        return _rest(info.annotation, value)


def _rest(kind: Any, value: object) -> Any:
    inner = get_args(kind)
    if isinstance(value, Mapping):
        found = model_in(kind)
        if found is not None and not _is_mapping(kind):
            return partial(found, value)
        return {key: _item(inner[1], one) for key, one in value.items()} if _is_mapping(kind) else UNREAD
    if isinstance(value, list) and inner and getattr(kind, "__origin__", None) in (list, tuple):
        return [_item(inner[0], one) for one in value]
    return UNREAD


def _is_mapping(kind: Any) -> bool:
    return getattr(kind, "__origin__", None) is dict


def _item(kind: Any, value: object) -> Any:
    if value is not UNREAD:
        try:
            return _items(kind).validate_python(value)
        except ValidationError:
            pass
    model = model_in(kind)
    return UNREAD if model is None else partial(model, value)


def model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation holds, None for none."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for one in get_args(annotation) if (found := model_in(one)) is not None), None)
