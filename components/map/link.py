"""A link to the map's own page with one of its parameters changed."""

from collections.abc import Mapping
from urllib.parse import urlencode

import htpy as h


def map_link(key: str, value: str, params: Mapping[str, str], **attributes: str) -> h.Element:
    """A link to the map's page with one parameter changed; "" takes it away."""
    query = {**params, key: value}
    href = "?" + urlencode({name: text for name, text in query.items() if text})
    return h.a(href=href, data_map_go=urlencode({key: value}), **attributes)
