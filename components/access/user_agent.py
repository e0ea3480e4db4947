"""User-Agent headers in words: browser and operating system."""

import re

from components.ui.i18n import t

# Patterns in order: each browser also carries the names of those below it.
_BROWSERS = (
    ("(?i)coc_coc", "Cốc Cốc"), ("Edg(e|A|iOS)?/", "Edge"), ("OPR/|Opera", "Opera"), ("Samsung", "Samsung Internet"),
    ("Firefox/|FxiOS", "Firefox"), ("Chromium", "Chromium"), ("Chrome/|CriOS", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("Windows", "Windows"), ("Android", "Android"), ("iPad", "iPad"), ("iPhone", "iPhone"), ("CrOS", "ChromeOS"),
    ("Macintosh|Mac OS", "macOS"), ("Linux|X11", "Linux"),
)  # fmt: skip


def user_agent_text(user_agent: str, lang: str) -> str:
    """Browser and operating system in words."""
    browser = _first_match(_BROWSERS, user_agent) or t("views.browser_other", lang)
    system = _first_match(_SYSTEMS, user_agent)
    return t("views.browser_on", lang, browser=browser, system=system) if system else browser


def _first_match(patterns: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for pattern, name in patterns if re.search(pattern, user_agent)), "")
