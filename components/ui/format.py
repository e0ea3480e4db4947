"""Numbers and times in the Vietnamese format, in both languages: 1.234,5 · 24/11/2026 · 14:32."""

from datetime import date, datetime
from decimal import Decimal

from components.ui.i18n import t
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.ingest.reading import MAX_CLOCK_LEAD
from ioc.domain.kpis.judgement import round_half_away

MINUS = "−"
NO_VALUE = "—"


def format_number(value: float | None, decimals: int = 0) -> str:
    """`value` with `decimals`, rounded as it is judged, dot for thousands, comma for decimals; an em dash for none."""
    return NO_VALUE if value is None else _with_decimals(round_half_away(value, decimals), decimals)


def _with_decimals(value: float, decimals: int) -> str:
    text = f"{abs(value):,.{decimals}f}".translate(str.maketrans(",.", ".,"))
    return (MINUS if value < 0 and text.strip("0,.") else "") + text


def format_exact(value: float, decimals: int = 0) -> str:
    """`value` with `decimals`, or with as many more as it has: never rounded."""
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return _with_decimals(value, max(decimals, -exponent if isinstance(exponent, int) else 0))


def format_plain(value: float, lang: str) -> str:
    """`value` with at most 12 significant digits, so without the noise of binary fractions; thousands not separated."""
    return f"{value + 0.0:.12g}".replace(".", "," if lang == "vi" else ".")


def format_signed(value: float | None, decimals: int = 0) -> str:
    """A change with its sign; zero without one."""
    text = format_number(value, decimals)
    return f"+{text}" if value is not None and value > 0 and text.strip("0,.") else text


def format_date(value: datetime | date) -> str:
    """ "24/11/2026", local date."""
    return (value.astimezone(CITY_ZONE) if isinstance(value, datetime) else value).strftime("%d/%m/%Y")


def format_time(at: datetime) -> str:
    """ "14:32", local time."""
    return at.astimezone(CITY_ZONE).strftime("%H:%M")


def format_moment(at: datetime | None) -> str:
    """ "14:32 24/11/2026", local time; "–" for None and for the epoch."""
    return f"{format_time(at)} {format_date(at)}" if at and at.timestamp() > 0 else "–"


def format_datetime(at: datetime, now: datetime) -> str:
    """ "14:32" today, else "14:32 23/11", with the year if it is not the current one; local time."""
    local, today = at.astimezone(CITY_ZONE), now.astimezone(CITY_ZONE)
    if local.date() == today.date():
        return local.strftime("%H:%M")
    return local.strftime("%H:%M %d/%m" if local.year == today.year else "%H:%M %d/%m/%Y")


def format_age(seconds: float, lang: str) -> str:
    """4 s, 12 phút, 3 giờ, 2 ngày, or that the time lies ahead: the same text as assets/21-link-status.js writes."""
    if -seconds > MAX_CLOCK_LEAD.total_seconds():
        return t("connection.ahead", lang)
    steps = (("seconds", 60, 1), ("minutes", 3600, 60), ("hours", 86400, 3600), ("days", float("inf"), 86400))
    word, _, size = next(step for step in steps if seconds < step[1])
    return t(f"connection.{word}", lang, n=max(0, int(seconds // size)))
