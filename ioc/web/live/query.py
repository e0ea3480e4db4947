"""What a screen asks for: page, parameters, language, moment; read from an address, never trusted."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import parse_qsl

from ioc.domain.base.times import CITY_ZONE, parse_time

LANGS = ("vi", "en")
# Not the page's: they choose how a screen shows, not what.
_CLIENT_ONLY_PARAMS = frozenset({"lang", "theme"})
_MAX_PARAMS, _MAX_PARAM_LENGTH = 16, 200
_CITY_TIME = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}) (\d{1,2}):(\d{2})")


@dataclass(frozen=True, slots=True)
class FrameQuery:
    """`moment` None: now. `fault`: key of the sentence that says what is wrong with the address, "" when nothing is."""

    page: str
    params: tuple[tuple[str, str], ...] = ()
    lang: str = "vi"
    moment: datetime | None = None
    error_key: str = ""


def parse_moment(text: str) -> datetime:
    """`dd/MM/yyyy HH:mm` or ISO 8601, in the city where it names no zone; aware, UTC. ValueError."""
    found = _CITY_TIME.fullmatch(text.strip())
    if not found:
        return parse_time(text)
    day, month, year, hour, minute = map(int, found.groups())
    return datetime(year, month, day, hour, minute, tzinfo=CITY_ZONE).astimezone(UTC)


@lru_cache(maxsize=1024)
def parse_query(page: str, query: str, lang: str = "vi") -> FrameQuery:
    """What `/live/<page>?<query>` asks for; `lang` counts where the query names none."""
    try:
        pairs = dict(parse_qsl(query, keep_blank_values=True, max_num_fields=_MAX_PARAMS))
    except ValueError:
        return FrameQuery(page, (), lang, None, "connection.too_many")
    named = pairs.get("lang", lang)
    lang = named if named in LANGS else "vi"
    own = tuple(sorted((key, value) for key, value in pairs.items() if key not in _CLIENT_ONLY_PARAMS))
    if any(len(key) + len(value) > _MAX_PARAM_LENGTH for key, value in own):
        return FrameQuery(page, (), lang, None, "connection.too_many")
    try:
        moment = parse_moment(pairs["luc"]) if pairs.get("luc") else None
    except (ValueError, OverflowError):
        return FrameQuery(page, tuple(pair for pair in own if pair[0] != "luc"), lang, None, "connection.bad_moment")
    return FrameQuery(page, own, lang, moment)
