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


def browser_name(user_agent: str) -> str:
    """ "Chrome"; "" for one that is unknown."""
    return _first_match(_BROWSERS, user_agent)


def os_name(user_agent: str) -> str:
    """ "Windows"; "" for one that is unknown."""
    return _first_match(_SYSTEMS, user_agent)


def _first_match(patterns: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for pattern, name in patterns if re.search(pattern, user_agent)), "")
