"""Checks of a query: that it is one SELECT, and its parameters. Everything else the database itself forbids."""

import re
from collections.abc import Iterator

from ioc.domain.base.option_errors import ConfigValueError, OptionCode

# Strings, names and comments, in which colons and semicolons mean nothing; then casts, parameters, the end.
_TOKENS = re.compile(
    r"""
    [eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*" | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$
    | --[^\n]* | /\*.*?\*/
    | :: | (?<![\w:]):(?P<name>[A-Za-z_]\w*)
    | (?P<end>;)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT = re.compile(r"\s+|--[^\n]*(?:\n|$)|/\*.*?\*/", re.DOTALL)


def validate_select(text: str) -> str:
    """`text` without the semicolon at its end. Raises ConfigValueError when it is not one SELECT."""
    for match in _TOKENS.finditer(text):
        if match["end"]:
            if _skip_comments(text[match.end() :]):
                raise ConfigValueError(OptionCode.SEVERAL_STATEMENTS)
            text = text[: match.start()]
            break
    if not re.match(r"(select|with)\b", _skip_comments(text), re.IGNORECASE):
        raise ConfigValueError(OptionCode.NOT_A_SELECT)
    return text


def _skip_comments(text: str) -> str:
    """`text` without the spaces and comments at its start."""
    while match := _COMMENT.match(text):
        text = text[match.end() :]
    return text


def parameter_names(query: str) -> Iterator[str]:
    """The names of the :parameters of `query` in their order, repeated ones too."""
    return (match["name"] for match in _TOKENS.finditer(query) if match["name"])


def columns_compared_with(query: str, parameter: str) -> Iterator[str]:
    """The columns that `query` compares as they are with `:parameter`, and does not compute under their own names."""
    pattern = re.compile(rf"(?<![\w.])(?:\w+\.)*\"?(\w+)\"?\s*(?:[<>]=?|=)\s*(?:cast\s*\(\s*)?:{parameter}\b", re.I)
    for match in pattern.finditer(query):
        if not re.search(rf"\bas\s+\"?{match[1]}\b", query, re.I):
            yield match[1]


def with_numbered_parameters(query: str) -> tuple[str, list[str]]:
    """`query` with $1, $2, … for its :parameters, and their names in the order of the numbers."""
    names = list(dict.fromkeys(parameter_names(query)))

    def number(match: re.Match[str]) -> str:
        return f"${names.index(match['name']) + 1}" if match["name"] else match[0]

    return _TOKENS.sub(number, query), names
