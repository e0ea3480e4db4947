"""What a screen asks for: page, parameters, language, moment; read from an address, never trusted."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import parse_qsl

from ioc.domain.base.times import CITY, parse_time

LANGS = ("vi", "en")
# Not the page's: they choose how a screen shows, not what.
_SCREENS_OWN = frozenset({"lang", "theme"})
_MOST, _LONGEST = 16, 200
_CITY_TIME = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}) (\d{1,2}):(\d{2})")


@dataclass(frozen=True, slots=True)
class Ask:
    """`moment` None: now. `fault`: key of the sentence that says what is wrong with the address, "" when nothing is."""

    page: str
    params: tuple[tuple[str, str], ...] = ()
    lang: str = "vi"
    moment: datetime | None = None
    fault: str = ""


def read_moment(text: str) -> datetime:
    """`dd/MM/yyyy HH:mm` or ISO 8601, in the city where it names no zone; aware, UTC. ValueError."""
    found = _CITY_TIME.fullmatch(text.strip())
    if not found:
        return parse_time(text)
    day, month, year, hour, minute = map(int, found.groups())
    return datetime(year, month, day, hour, minute, tzinfo=CITY).astimezone(UTC)


@lru_cache(maxsize=1024)
def ask(page: str, query: str, lang: str = "vi") -> Ask:
    """What `/live/<page>?<query>` asks for; `lang` counts where the query names none."""
    try:
        pairs = dict(parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST))
    except ValueError:
        return Ask(page, (), lang, None, "link.too_many")
    named = pairs.get("lang", lang)
    lang = named if named in LANGS else "vi"
    own = tuple(sorted((key, value) for key, value in pairs.items() if key not in _SCREENS_OWN))
    if any(len(key) + len(value) > _LONGEST for key, value in own):
        return Ask(page, (), lang, None, "link.too_many")
    try:
        moment = read_moment(pairs["luc"]) if pairs.get("luc") else None
    except (ValueError, OverflowError):
        return Ask(page, tuple(pair for pair in own if pair[0] != "luc"), lang, None, "link.bad_moment")
    return Ask(page, own, lang, moment)
