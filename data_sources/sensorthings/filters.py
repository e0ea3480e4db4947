"""Which filters (OData, $filter) choose the observations of one Datastream."""

import re

_TOKEN = re.compile(r"'(?:[^']|'')*'|[()]|[^\s()']+")
_STREAM = re.compile(r"(?:Multi)?Datastreams?/(?:id|@iot\.id|name)")
_LITERAL = re.compile(r"'(?:[^']|'')*'|-?\d+(?:\.\d+)?|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def chooses_one_stream(text: str) -> bool:
    """Whether a filter demands the id or the name of a Datastream: an equality that every observation must meet.

    Anything that is not understood chooses none.
    """
    return _demands_stream(_TOKEN.findall(text))


def _demands_stream(tokens: list[str]) -> bool:
    tokens = _without_parentheses(tokens)
    if any(word.casefold() == "or" for word in _at_top(tokens)):
        return False
    parts = _split_at_and(tokens)
    return _is_equality(tokens) if len(parts) == 1 else any(map(_demands_stream, parts))


def _is_equality(tokens: list[str]) -> bool:
    if len(tokens) != 3 or tokens[1].casefold() != "eq":
        return False
    sides = tokens[0], tokens[2]
    return any(_STREAM.fullmatch(one) and _LITERAL.fullmatch(other) for one, other in (sides, sides[::-1]))


def _depths(tokens: list[str]) -> list[int]:
    """The number of parentheses open after each token."""
    depths, depth = list[int](), 0
    for token in tokens:
        depth += (token == "(") - (token == ")")
        depths.append(depth)
    return depths


def _at_top(tokens: list[str]) -> list[str]:
    return [token for token, depth in zip(tokens, _depths(tokens), strict=True) if depth == 0]


def _without_parentheses(tokens: list[str]) -> list[str]:
    """`tokens` without parentheses around all of them."""
    while len(tokens) > 1 and tokens[0] == "(" and tokens[-1] == ")" and 0 not in _depths(tokens)[:-1]:
        tokens = tokens[1:-1]
    return tokens


def _split_at_and(tokens: list[str]) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for token, depth in zip(tokens, _depths(tokens), strict=True):
        if depth == 0 and token.casefold() == "and":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts
