"""A cache of what is computed from texts of others: bounded in their number and in their length."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

MAX_CACHED_LENGTH = 200  # characters; the texts that repeat are names, units and numbers
P = ParamSpec("P")
T = TypeVar("T")


def cache_short_texts(size: int) -> Callable[[Callable[Concatenate[str, P], T]], Callable[Concatenate[str, P], T]]:
    """Keeps the last `size` results of a function of a text; those of a text over MAX_CACHED_LENGTH are not kept.

    `lru_cache` alone bounds the number of texts: thousands of long ones would hold gigabytes.
    """

    def decorate(function: Callable[Concatenate[str, P], T]) -> Callable[Concatenate[str, P], T]:
        cached: Any = lru_cache(size)(function)

        @wraps(function)
        def bounded(text: str, /, *args: P.args, **kwargs: P.kwargs) -> T:
            call: Callable[Concatenate[str, P], T] = cached if len(text) <= MAX_CACHED_LENGTH else function
            return call(text, *args, **kwargs)

        return bounded

    return decorate
