"""Secrets of the environment in a source's row: filled in for a request, masked in whatever comes back."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from ioc.domain.base.slug import slugify
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import SourceError

_SECRET_REF = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_MIN_SECRET_LENGTH = 4  # shorter ones would be found in any text
_LONGEST_CUT = 128  # characters of a text that is quoted, and so of a secret that it begins with
_LONGEST_WORD, _SHORTEST_TOKEN = 16, 8  # characters; a token that is shorter than a word may be has a digit


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
        return _mask_cut(text, spellings) if "…" in text else text


def _mask_cut(text: str, spellings: Iterable[tuple[str, str]]) -> str:
    """`text` without the beginnings of secrets that stand where it was shortened."""
    for spelling, name in spellings:
        lengths = range(min(len(spelling) - 1, _LONGEST_CUT), _MIN_SECRET_LENGTH - 1, -1)
        if lengths:
            beginnings = "|".join(re.escape(spelling[:length]) for length in lengths)
            text = re.sub(f"(?:{beginnings})(?=…)", f"<{name}>", text, flags=re.IGNORECASE)
    return text


def _may_be_a_word(secret: str) -> bool:
    return len(secret) < _LONGEST_WORD and not (len(secret) >= _SHORTEST_TOKEN and any(map(str.isdigit, secret)))


def _spellings(secret: str) -> list[str]:
    """How a server may echo a secret: as it is, percent-encoded, or as part of an id."""
    spellings = sorted({secret, quote(secret, safe=""), slugify(secret)})
    return [spelling for spelling in spellings if len(spelling) >= _MIN_SECRET_LENGTH]
