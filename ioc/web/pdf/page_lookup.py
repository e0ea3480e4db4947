"""Which page is meant by a name or a path that someone asks for on paper."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple
from urllib.parse import quote

_VARIABLE = re.compile(r"<([a-z_]+)>")


class PageEntry(NamedTuple):
    """A page: its name, its path or the template of it, and the parameters that it knows."""

    name: str
    path: str
    params: Collection[str] = ()


def find_page(
    name_or_path: str, params: Mapping[str, str], entries: Iterable[PageEntry]
) -> tuple[str, dict[str, str]] | None:
    """(path, the parameters that the page knows) of the page called `asked` or standing at it; None when there is none.

    The path is put together from the table's own, never taken from outside as it is.
    """
    rows = list(entries)
    for one in rows:
        wanted = _VARIABLE.findall(one.path)
        if one.name == name_or_path and all(params.get(key) for key in wanted):
            return _VARIABLE.sub(lambda match: quote(params[match[1]], safe=""), one.path), _known_params(one, params)
    for one in rows:
        found = _pattern(one.path).fullmatch("/" + name_or_path.strip("/"))
        if found:
            filled = _VARIABLE.sub(lambda match, found=found: quote(found[match[1]], safe=""), one.path)  # type: ignore[misc]
            return filled, _known_params(one, params)
    return None


def _known_params(one: PageEntry, params: Mapping[str, str]) -> dict[str, str]:
    """In one order and without empty ones, so that the same page has one address."""
    return {key: params[key] for key in sorted(one.params) if params.get(key)}


def _pattern(path: str) -> re.Pattern[str]:
    parts = _VARIABLE.split("/" + path.strip("/"))
    return re.compile("".join(f"(?P<{part}>[^/]+)" if n % 2 else re.escape(part) for n, part in enumerate(parts)))
