"""A browser as people know it: what it calls itself (User-Agent), in two words."""

import re

# The first that fits is the one: each also carries the names of those below it.
_BROWSERS = (
    ("(?i)coc_coc", "Cốc Cốc"), ("Edg(e|A|iOS)?/", "Edge"), ("OPR/|Opera", "Opera"), ("Samsung", "Samsung Internet"),
    ("Firefox/|FxiOS", "Firefox"), ("Chromium", "Chromium"), ("Chrome/|CriOS", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("Windows", "Windows"), ("Android", "Android"), ("iPad", "iPad"), ("iPhone", "iPhone"), ("CrOS", "ChromeOS"),
    ("Macintosh|Mac OS", "macOS"), ("Linux|X11", "Linux"),
)  # fmt: skip


def browser(agent: str) -> str:
    """ "Chrome"; "" for one that is unknown."""
    return _first(_BROWSERS, agent)


def system(agent: str) -> str:
    """ "Windows"; "" for one that is unknown."""
    return _first(_SYSTEMS, agent)


def _first(known: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((name for pattern, name in known if re.search(pattern, agent)), "")
