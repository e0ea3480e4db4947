"""JMESPath over one item of an answer."""

from functools import lru_cache
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from data_sources._mapping.errors import MappingCode
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.ingest.parsing import ParseError

# What the library raises for an answer of another form than the expression expects.
_SEARCH_ERRORS = (JMESPathError, TypeError, ValueError, LookupError, ArithmeticError, RecursionError)


def validate_expression(text: str) -> str:
    """`text`, when it is JMESPath or empty. Raises ConfigValueError otherwise."""
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
    """The value at `path` in `item`, None for none. Raises ParseError when the expression does not fit the item."""
    # Most paths are one name: a lookup takes a tenth of the time of the library.
    if path == "@":
        return item
    if type(item) is dict and path.isidentifier() and path.isascii():
        return item.get(path)
    try:
        return _compile(path).search(item)
    except _SEARCH_ERRORS as error:
        raise ParseError(MappingCode.EXPRESSION_FAILED, path=path, external=str(error)[:80]) from None


def sample(item: Any) -> str:
    """The beginning of `item` as text, which is shown with a rejected item."""
    if isinstance(item, dict):
        item = {key: value for key, value in item.items() if key != "parent"}
    try:
        return str(item)[:120]
    except (RecursionError, ValueError):
        return ""
