"""Numbers and times as the city writes them, in both languages: 1.234,5 · 24/11/2026 · 14:32."""

from datetime import date, datetime

from ioc.domain.base.times import CITY_ZONE

MINUS = "−"
NO_VALUE = "—"


def format_number(value: float | None, decimals: int = 0) -> str:
    """`value` with `decimals`, dot for thousands, comma for the decimals; an em dash for none."""
    if value is None:
        return NO_VALUE
    text = f"{abs(value):,.{decimals}f}".translate(str.maketrans(",.", ".,"))
    return (MINUS if value < 0 and text.strip("0,.") else "") + text


def format_signed(value: float | None, decimals: int = 0) -> str:
    """A change: always with its sign; zero has none."""
    text = format_number(value, decimals)
    return f"+{text}" if value is not None and value > 0 and text.strip("0,.") else text


def format_date(value: datetime | date) -> str:
    """24/11/2026, in the city."""
    return (value.astimezone(CITY_ZONE) if isinstance(value, datetime) else value).strftime("%d/%m/%Y")


def format_time(at: datetime) -> str:
    """14:32, in the city."""
    return at.astimezone(CITY_ZONE).strftime("%H:%M")


def format_datetime(at: datetime, now: datetime) -> str:
    """14:32 today; 14:32 23/11 otherwise; with the year when it is another one."""
    here, today = at.astimezone(CITY_ZONE), now.astimezone(CITY_ZONE)
    if here.date() == today.date():
        return here.strftime("%H:%M")
    return here.strftime("%H:%M %d/%m" if here.year == today.year else "%H:%M %d/%m/%Y")
