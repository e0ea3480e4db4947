"""Numbers and times as the city writes them, in both languages: 1.234,5 · 24/11/2026 · 14:32."""

from datetime import date, datetime

from ioc.domain.base.times import CITY

MINUS = "−"
NONE = "—"


def number(value: float | None, decimals: int = 0) -> str:
    """`value` with `decimals`, dot for thousands, comma for the decimals; an em dash for none."""
    if value is None:
        return NONE
    text = f"{abs(value):,.{decimals}f}".translate(str.maketrans(",.", ".,"))
    return (MINUS if value < 0 and text.strip("0,.") else "") + text


def signed(value: float | None, decimals: int = 0) -> str:
    """A change: always with its sign; zero has none."""
    text = number(value, decimals)
    return f"+{text}" if value is not None and value > 0 and text.strip("0,.") else text


def day(moment: datetime | date) -> str:
    """24/11/2026, in the city."""
    return (moment.astimezone(CITY) if isinstance(moment, datetime) else moment).strftime("%d/%m/%Y")


def clock(moment: datetime) -> str:
    """14:32, in the city."""
    return moment.astimezone(CITY).strftime("%H:%M")


def moment(at: datetime, now: datetime) -> str:
    """14:32 today; 14:32 23/11 otherwise; with the year when it is another one."""
    here, today = at.astimezone(CITY), now.astimezone(CITY)
    if here.date() == today.date():
        return here.strftime("%H:%M")
    return here.strftime("%H:%M %d/%m" if here.year == today.year else "%H:%M %d/%m/%Y")
