"""The query of a frame: page, parameters, language and moment, parsed from an untrusted address."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl

from components.ui.i18n import LANGS
from ioc.domain.base.text_cache import cache_short_texts
from ioc.domain.base.times import parse_moment

# Presentation only: the page does not depend on them.
_CLIENT_ONLY_PARAMS = frozenset({"lang", "theme"})
_MAX_PARAMS, _MAX_PARAM_LENGTH = 16, 200


@dataclass(frozen=True, slots=True)
class FrameQuery:
    """A frame that a display asks for; the key of the frame cache.

    `moment`: aware, None for the present. `error_key`: message that says what is wrong with the address, "" for none.
    """

    page: str
    params: tuple[tuple[str, str], ...] = ()
    lang: str = "vi"
    moment: datetime | None = None
    error_key: str = ""


@cache_short_texts(1024)
def parse_query(page: str, query: str, lang: str = "vi") -> FrameQuery:
    """The query of /live/<page>?<query>. `lang` applies where the query names none. Never raises: see `error_key`."""
    try:
        pairs = dict(parse_qsl(query, keep_blank_values=True, max_num_fields=_MAX_PARAMS))
    except ValueError:
        return FrameQuery(page, (), lang, None, "connection.too_many")
    requested_lang = pairs.get("lang", lang)
    lang = requested_lang if requested_lang in LANGS else "vi"
    page_params = tuple(sorted((key, value) for key, value in pairs.items() if key not in _CLIENT_ONLY_PARAMS))
    if any(len(key) + len(value) > _MAX_PARAM_LENGTH for key, value in page_params):
        return FrameQuery(page, (), lang, None, "connection.too_many")
    try:
        moment = parse_moment(pairs.get("luc", ""))
    except ValueError:
        without_moment = tuple(pair for pair in page_params if pair[0] != "luc")
        return FrameQuery(page, without_moment, lang, None, "connection.bad_moment")
    return FrameQuery(page, page_params, lang, moment)
