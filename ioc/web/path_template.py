"""Path templates of pages: "/chi-so/<key>"."""

import re
from collections.abc import Mapping
from urllib.parse import quote

_VARIABLE = re.compile(r"<([a-z_]+)>")


def variables(template: str) -> list[str]:
    """The names of its variables, in order."""
    return _VARIABLE.findall(template)


def fill(template: str, values: Mapping[str, str]) -> str:
    """The path with its variables percent-encoded. KeyError when one has no value."""
    return _VARIABLE.sub(lambda match: quote(values[match[1]], safe=""), template)


def pattern(template: str) -> re.Pattern[str]:
    """Matches a whole path, with or without the outer slashes, and names its variables: segments of one line."""
    parts = _VARIABLE.split(template.strip("/"))
    groups = (f"(?P<{part}>[^/\n]+)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
    return re.compile(f"/?{''.join(groups)}/?")
