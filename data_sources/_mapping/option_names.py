"""The names of the options of a protocol, which a reason may name."""

from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel


def option_names(options: type[BaseModel]) -> frozenset[str]:
    """The names of all options of a protocol, those within an option as "events.key"."""
    return _option_names(options)


@cache  # each row of a protocol has the same object
def _option_names(options: type[BaseModel]) -> frozenset[str]:
    names = set(options.model_fields)
    for name, description in options.model_fields.items():
        for model in _models_in(description.annotation):
            names |= {f"{name}.{inner}" for inner in model.model_fields}
    return frozenset(names)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
