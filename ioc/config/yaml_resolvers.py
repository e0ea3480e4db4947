"""Which words of a yaml file are booleans and numbers: those of yaml 1.2, where PyYAML follows 1.1.

1.1 makes booleans of yes, no, on and off, and numbers of a time of day (12:30 as 750), of a code that begins with 0
(0123 as 83) and of 1_000. A number with an exponent needs a point and a sign, as in 1.1: other words may be ids.
"""

import re
from collections.abc import Mapping
from typing import Final

import yaml

TAG: Final = "tag:yaml.org,2002:"
_OWN: Mapping[str, tuple[str, str]] = {  # tag -> pattern, first letters
    f"{TAG}bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    f"{TAG}int": (r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    f"{TAG}float": (
        r"[-+]?(?:(?:0|[1-9][0-9]*)\.[0-9]*|\.[0-9]+)(?:[eE][-+][0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+0123456789.",
    ),
}


def _resolvers() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    """By the first letter of a word: the tag of each pattern that it may match."""
    of_yaml = yaml.SafeLoader.yaml_implicit_resolvers.items()
    found = {first: [each for each in pairs if each[0] not in _OWN] for first, pairs in of_yaml}
    for tag, (pattern, letters) in _OWN.items():
        for first in letters:
            found.setdefault(first, []).append((tag, re.compile(rf"(?:{pattern})\Z")))
    return found


RESOLVERS: Final = _resolvers()
