"""The SELECT of a row: that it is one, and which parameters it names. What else it may do the database forbids."""

import re
from collections.abc import Iterator

from ioc.domain.base.option_errors import ConfigValueError, OptionCode

# What may hold a colon or a semicolon without meaning one; then casts, parameters and the end of a statement.
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
    """`text`, which is one SELECT, without a semicolon at its end. ValueError when it is not."""
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
    """`text` from where its first word stands."""
    while match := _COMMENT.match(text):
        text = text[match.end() :]
    return text


def parameter_names(query: str) -> Iterator[str]:
    """The parameters that it names, in the order in which they stand."""
    return (match["name"] for match in _TOKENS.finditer(query) if match["name"])


def with_numbered_parameters(query: str) -> tuple[str, list[str]]:
    """The query with $1, $2, … in the place of its parameters, and their names by number."""
    order = list(dict.fromkeys(parameter_names(query)))

    def number(match: re.Match[str]) -> str:
        return f"${order.index(match['name']) + 1}" if match["name"] else match[0]

    return _TOKENS.sub(number, query), order
