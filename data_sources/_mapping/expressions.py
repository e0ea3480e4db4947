"""JMESPath over one item of an answer."""

from functools import lru_cache
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from ioc.domain.base.option_errors import ConfigValueError, OptionCode

# What an expression of the row may raise over an answer of the wrong shape.
_SEARCH_ERRORS = (JMESPathError, TypeError, ValueError, LookupError, ArithmeticError, RecursionError)


def validate_expression(text: str) -> str:
    """`text`, which is JMESPath or empty. ValueError when it is neither."""
    try:
        if text:
            jmespath.compile(text)
    except JMESPathError as error:
        external = str(error).splitlines()[0]
        raise ConfigValueError(OptionCode.INVALID_EXPRESSION, expression=text, external=external) from None
    return text


@lru_cache(4096)
def _compile(path: str) -> Any:
    return jmespath.compile(path)


def find(item: Any, path: str) -> Any:
    """What lies at `path` in `item`, None for nothing. ValueError when the item is of another shape."""
    # Most paths are one name: looking it up costs a tenth of what the general way does.
    if path == "@":
        return item
    if type(item) is dict and path.isidentifier() and path.isascii():
        return item.get(path)
    try:
        return _compile(path).search(item)
    except _SEARCH_ERRORS as error:
        raise ValueError(f"{path} cannot be read here: {str(error)[:80]}") from None


def sample(item: Any) -> str:
    """The beginning of `item`, for people to see what was refused."""
    if isinstance(item, dict):
        item = {key: value for key, value in item.items() if key != "parent"}
    try:
        return str(item)[:120]
    except (RecursionError, ValueError):
        return ""
