"""Which page is meant by a name or a path that someone asks for on paper."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

_VARIABLE = re.compile(r"<([a-z_]+)>")


def place(asked: str, params: Mapping[str, str], table: Iterable[tuple[str, str]]) -> tuple[str, dict[str, str]] | None:
    """(path, the parameters that remain) of the page called `asked` or standing at it; None when there is none.

    The path is put together from the table's own, never taken from outside as it is.
    """
    rows = list(table)
    for name, path in rows:
        wanted = _VARIABLE.findall(path)
        if name == asked and all(params.get(one) for one in wanted):
            filled = _VARIABLE.sub(lambda match: quote(params[match[1]], safe=""), path)
            return filled, {key: value for key, value in params.items() if key not in wanted}
    for _, path in rows:
        found = _pattern(path).fullmatch("/" + asked.strip("/"))
        if found:
            filled = _VARIABLE.sub(lambda match, found=found: quote(found[match[1]], safe=""), path)  # type: ignore[misc]
            return filled, dict(params)
    return None


def _pattern(path: str) -> re.Pattern[str]:
    parts = _VARIABLE.split("/" + path.strip("/"))
    return re.compile("".join(f"(?P<{part}>[^/]+)" if n % 2 else re.escape(part) for n, part in enumerate(parts)))
