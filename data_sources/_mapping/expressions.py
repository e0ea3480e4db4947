"""JMESPath over one item of an answer."""

import re
from functools import lru_cache
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions, signature

from data_sources._mapping.damaged_texts import computes_of_damaged
from data_sources._mapping.errors import MappingCode
from data_sources._mapping.sensor_fields import quoted
from ioc.domain.base.failure import Failure
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.base.text import shorten
from ioc.domain.ingest.parsing import ParseError

# Paths of names and positions only, such as "mqtt.levels[1]": a lookup takes a tenth of the time of the library.
_PLAIN_PATH = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[[0-9]{1,9}\])*", re.ASCII)
_STEP = re.compile(r"\w+", re.ASCII)
_WORD = re.compile(r"\w+")
# Names with what JMESPath allows in quotes only: other letters than those of ASCII, blanks, hyphens, "@".
_NAMES = re.compile(r"@?[\w -]*\w(?:\.[\w -]*\w)*")
_MAX_LEVELS = 100  # of an expression: far below what ends the recursion of those who read it
# What the library raises for an answer of another form than the expression expects.
SEARCH_ERRORS = (JMESPathError, TypeError, ValueError, LookupError, ArithmeticError, RecursionError)


class ItemFunctions(Functions):  # type: ignore[misc]
    """The functions of JMESPath and `items`, of its community edition: the members of an object with their names."""

    @signature({"types": ["object"]})  # type: ignore[untyped-decorator]
    def _func_items(self, members: dict[str, Any]) -> list[list[Any]]:
        return [[name, value] for name, value in members.items()]


OPTIONS = jmespath.Options(custom_functions=ItemFunctions())


def validate_expression(text: str) -> str:
    """`text`, when it is empty or JMESPath whose functions exist and have their arguments. Raises ConfigValueError."""
    try:
        if text:
            _validate_functions(jmespath.compile(text).parsed)
    except JMESPathError as error:
        if _NAMES.fullmatch(text):
            path = quoted(text) if "@" in text else ".".join(map(quoted, text.split(".")))
            raise ConfigValueError(OptionCode.NAME_NOT_QUOTED, expression=text, path=path) from None
        external = str(error).splitlines()[0]
        raise ConfigValueError(OptionCode.INVALID_EXPRESSION, expression=text, external=external) from None
    except RecursionError:
        expression, external = shorten(text, 80), f"more than {_MAX_LEVELS} levels"
        raise ConfigValueError(OptionCode.INVALID_EXPRESSION, expression=expression, external=external) from None
    return text


def _validate_functions(node: Any, level: int = 0) -> None:
    """The library itself looks at functions only when an expression is evaluated. ConfigValueError, RecursionError."""
    if level > _MAX_LEVELS:
        raise RecursionError
    if not isinstance(node, dict):
        return
    children = node["children"]
    if node["type"] == "function_expression":
        name, known = node["value"], ItemFunctions.FUNCTION_TABLE
        if name not in known:
            raise ConfigValueError(OptionCode.UNKNOWN_FUNCTION, function=name, known=", ".join(sorted(known)))
        arguments = known[name]["signature"]
        has_right_count = len(children) == len(arguments) or (children and arguments[-1].get("variadic"))
        if not has_right_count or any(map(_is_wrong_argument, children, arguments)):
            raise ConfigValueError(OptionCode.WRONG_ARGUMENTS, function=name, usage=_usage(name, arguments))
    for child in children:
        _validate_functions(child, level + 1)


def _is_wrong_argument(child: Any, argument: Any) -> bool:
    """Whether exactly one of both is an expression to be evaluated for each item (&x)."""
    return bool((child["type"] == "expref") != ("expref" in argument["types"]))


def _usage(name: str, arguments: Any) -> str:
    """How a function is called, such as "sort_by(a, &b)"."""
    words = ["&" * ("expref" in argument["types"]) + "ab"[n] for n, argument in enumerate(arguments)]
    return f"{name}({', '.join(words)}{', …' if arguments[-1].get('variadic') else ''})"


@lru_cache(4096)
def _compile(path: str) -> Any:
    return jmespath.compile(path)


@lru_cache(4096)
def plain_steps(path: str) -> tuple[str | int, ...] | None:
    """The names and positions of a path that has nothing else, None for any other expression."""
    if not _PLAIN_PATH.fullmatch(path):
        return None
    return tuple(int(step) if step.isdigit() else step for step in _STEP.findall(path))


def is_plain_path(path: str) -> bool:
    """Whether `path` has names and positions only: it computes nothing."""
    return path == "@" or plain_steps(path) is not None


def _follow(item: Any, steps: tuple[str | int, ...]) -> Any:
    for step in steps:
        if isinstance(step, str):
            item = item.get(step) if isinstance(item, dict) else None
        else:
            item = item[step] if isinstance(item, list) and step < len(item) else None
    return item


def is_null(item: Any, path: str) -> bool:
    """Whether `item` says at `path`, a path of names and positions, that it has no value: null, not nothing."""
    steps = plain_steps(path) or ()
    for step in steps:
        has_step = step in item if isinstance(item, dict) else isinstance(item, list) and step in range(len(item))
        if not has_step:
            return False
        item = item[step]
        if item is None:
            return True
    return False


def find(item: Any, path: str) -> Any:
    """The value at `path` in `item`, None for none. Raises ParseError when the expression does not fit the item.

    Also where a Failure stands, a value that its protocol could not decode, and where it computes from damaged text.
    """
    if path == "@":
        return item
    if (steps := plain_steps(path)) is not None:
        return _readable(_follow(item, steps))
    if computes_of_damaged(item, path):
        raise ParseError(MappingCode.DAMAGED_TEXT_IN_FILTER, path=path)
    try:
        value = _compile(path).search(item, options=OPTIONS)
    except SEARCH_ERRORS as error:
        if failure := _failure_in(item, path):
            raise ParseError(failure) from None
        raise ParseError(MappingCode.EXPRESSION_FAILED, path=path, external=shorten(str(error), 80)) from None
    return _readable(value)


def _readable(value: Any) -> Any:
    if isinstance(value, Failure):
        raise ParseError(value)
    return value


def _failure_in(item: Any, path: str) -> Failure | None:
    """The first value of an object that could not be decoded, and that an expression names; None for none."""
    names = set(_WORD.findall(path))
    fields = item.items() if isinstance(item, dict) else ()
    return next((value for name, value in fields if isinstance(value, Failure) and name in names), None)


def sample(item: Any) -> str:
    """The beginning of `item` as text, which is shown with a rejected item."""
    if isinstance(item, dict):
        item = {key: value for key, value in item.items() if key != "parent" and not isinstance(value, Failure)}
    try:
        return shorten(str(item), 120)
    except (RecursionError, ValueError):
        return ""
