"""What a server gave to ask by whether an answer has changed (ETag, Last-Modified), in the memory of a source.

Of an address it must not outlive what the source knows of its answer: the server would say "unchanged" of one that
nobody has.
"""

from collections.abc import Mapping, MutableMapping
from typing import Any

_KEY, _MAX_ANSWERS = "validators", 500
_ASKED_BY = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}


def cache_key(address: str, params: Mapping[str, str] | None) -> str:
    """What an answer is known by."""
    return f"{address} {sorted((params or {}).items())}"


def conditional_headers(memory: Mapping[str, Any], key: str) -> dict[str, str]:
    """The headers of a request that asks whether the answer has changed; none where nothing is known of it."""
    known: dict[str, str] = memory.get(_KEY, {}).get(key, {})
    return known


def remember(memory: MutableMapping[str, Any], key: str, answer_headers: Mapping[str, str]) -> None:
    """Keep what the answer says. Of addresses that are new at each poll, as links with a cursor, only the last ones."""
    kept: dict[str, dict[str, str]] = memory.setdefault(_KEY, {})
    kept.pop(key, None)
    asked = {name: answer_headers[given] for given, name in _ASKED_BY.items() if answer_headers.get(given)}
    if asked:
        kept[key] = asked
        while len(kept) > _MAX_ANSWERS:
            del kept[next(iter(kept))]


def forget(memory: Mapping[str, Any], address: str) -> None:
    """The next answer of `address` is a whole one."""
    kept: dict[str, dict[str, str]] = memory.get(_KEY, {})
    for key in [key for key in kept if key.startswith(f"{address} ")]:
        del kept[key]
