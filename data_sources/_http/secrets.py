"""Secrets of the environment in a source's row: filled in for a request, masked in whatever comes back."""

import re
from collections.abc import Mapping
from urllib.parse import quote

from ioc.domain.base.slug import slugify
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import SourceError

_SECRET_REF = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_MIN_SECRET_LENGTH = 4  # shorter ones would be found in any text
_LONGEST_WORD, _SHORTEST_TOKEN = 16, 8  # characters; a token that is shorter than a word may be has a digit
_SHORTEST_PART = 12  # characters of a secret that no text has by chance
_ENDS = ("", "…", "~", "”", '"')  # what follows where a text was cut: nothing, a mark of it, the end of a quotation


class SecretExpander:
    """Fills in the secrets of one poll and remembers which were used. `secrets`: values by name."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets = secrets
        self._used: dict[str, str] = {}

    def expand(self, text: str, *, quoted: bool = False) -> str:
        """`text` with each ${NAME} replaced, percent-encoded if `quoted`. Raises SourceError when one is not set."""

        def substitute(match: re.Match[str]) -> str:
            name = match[1]
            if name not in self._secrets:
                raise SourceError(IngestCode.SECRET_NOT_SET, name=name)
            secret = self._used[name] = self._secrets[name]
            return quote(secret, safe="") if quoted else secret

        return _SECRET_REF.sub(substitute, text)

    def mask(self, text: str, *, is_shown: bool = False) -> str:
        """`text` with every secret that was used replaced by its name in angle brackets; see FetchContext."""
        spellings = [
            (spelling, name)
            for name, secret in self._used.items()
            for spelling in ([] if is_shown and _may_be_a_word(secret) else _spellings(secret))
        ]
        if not spellings:
            return text
        spellings.sort(key=lambda each: len(each[0]), reverse=True)  # one may be the beginning of another
        pattern = "|".join(f"({re.escape(spelling)})" for spelling, _ in spellings)
        text = re.sub(pattern, lambda found: f"<{spellings[(found.lastindex or 1) - 1][1]}>", text, flags=re.IGNORECASE)
        for spelling, name in spellings:
            text = _mask_beginnings(text, spelling, f"<{name}>", is_shown=is_shown)
        return text


def _mask_beginnings(text: str, spelling: str, mark: str, *, is_shown: bool) -> str:
    """`text` without what is left of a secret that was cut: a long beginning of it, or one that ends where texts do."""
    lowered, wanted, parts, done = text.lower(), spelling.lower(), [], 0
    start = lowered.find(wanted[:_MIN_SECRET_LENGTH])
    while start >= 0 and len(lowered) == len(text):
        end = start + _common_length(lowered[start : start + len(wanted)], wanted)
        shortest = _MIN_SECRET_LENGTH if text[end : end + 1] == "…" else _SHORTEST_TOKEN
        if end - start >= (shortest if text[end : end + 1] in _ENDS else _LONGEST_WORD if is_shown else _SHORTEST_PART):
            parts += [text[done:start], mark]
            done = end
        start = lowered.find(wanted[:_MIN_SECRET_LENGTH], end)
    return "".join([*parts, text[done:]])


def _common_length(text: str, wanted: str) -> int:
    """How many characters both begin with."""
    low, high = 0, min(len(text), len(wanted))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if text[low:middle] == wanted[low:middle] else (low, middle - 1)
    return low


def _may_be_a_word(secret: str) -> bool:
    return len(secret) < _LONGEST_WORD and not (len(secret) >= _SHORTEST_TOKEN and any(map(str.isdigit, secret)))


def _spellings(secret: str) -> list[str]:
    """How a server may echo a secret: as it is, percent-encoded, or as part of an id."""
    spellings = sorted({secret, quote(secret, safe=""), slugify(secret)})
    return [spelling for spelling in spellings if len(spelling) >= _MIN_SECRET_LENGTH]
