"""What servers gave to ask by whether an answer has changed (ETag, Last-Modified), in the memory of a source.

Kept are those of the last poll only, as what a source knows of its pages: else the server would say "unchanged" of an
answer that nobody has, and links with a cursor, which are new at each poll, would pile up. `hold` keeps those of an
address that is asked for at some polls only, while the source keeps what it read there.
"""

from collections.abc import Mapping, MutableMapping
from typing import Any, NamedTuple

from data_sources._http.errors import HttpCode
from ioc.domain.ingest.protocol import SourceError

_KEY, _HELD_KEY = "validators", "held"
_ASKED_BY = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}


class _StoredValidators(NamedTuple):
    url: str  # that answered: another one to which a redirect leads may have the same ETag
    headers: Mapping[str, str]


_NO_VALIDATORS = _StoredValidators("", {})


class Validators:
    """Those of one poll. `memory`: of its source. Keys: see `cache_key`."""

    def __init__(self, memory: MutableMapping[str, Any]) -> None:
        self._earlier: dict[str, _StoredValidators] = memory.get(_KEY, {})
        held: frozenset[str] = memory.get(_HELD_KEY, frozenset())
        self._of_poll = {key: kept for key, kept in self._earlier.items() if key in held}
        memory[_KEY] = self._of_poll

    def headers(self, key: str, url: str) -> Mapping[str, str]:
        """The headers of a request that asks whether the answer of `url` has changed; none where it is not known."""
        stored = self._earlier.get(key, _NO_VALIDATORS)
        return stored.headers if stored.url == url else {}

    def keep(self, key: str, url: str) -> None:
        """The answer is unchanged. Raises SourceError where nothing is known of it: nobody has that answer."""
        if not self.headers(key, url):
            raise SourceError(HttpCode.UNCHANGED_UNASKED)
        self._of_poll[key] = self._earlier[key]

    def replace(self, key: str, url: str, answer_headers: Mapping[str, str]) -> None:
        """The answer of `url` is another one, with these headers."""
        given = ((asked, answer_headers.get(name, "")) for name, asked in _ASKED_BY.items())
        self._of_poll[key] = _StoredValidators(url, {asked: value for asked, value in given if value})


def cache_key(address: str, params: Mapping[str, str] | None) -> str:
    """What an answer is known by."""
    return f"{address} {sorted((params or {}).items())}"


def hold(memory: MutableMapping[str, Any], address: str, params: Mapping[str, str] | None = None) -> None:
    """Keep what was given with the last answer of `address` until it is asked for again, or its source forgets it.

    Only for addresses that are the same at each poll, while `memory` has what was read of the answer.
    """
    memory[_HELD_KEY] = memory.get(_HELD_KEY, frozenset()) | {cache_key(address, params)}


def forget(memory: Mapping[str, Any], address: str) -> None:
    """The next answer of `address` is a whole one: the last one could not be read."""
    kept: dict[str, _StoredValidators] = memory.get(_KEY, {})
    for key in [key for key in kept if key.startswith(f"{address} ")]:
        del kept[key]
