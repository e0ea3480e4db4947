"""What stands on every sheet beside the page: whose it is, of which moment, printed by which order, and its number."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from components.ui.format import day
from components.ui.i18n import say
from ioc.domain.base.times import CITY
from ioc.worker.jobs import Order

# Millimetres of the sheet and of its margins: the page is laid out at the width that remains. The first sheet carries
# the page's own heading, the later ones a line of it above what they hold.
SHEET, SIDE, TOP, TOP_LATER, FOOT = (210, 297), 14, 13, 20, 20
_INK, _MARK, _FONT = "#3d4b54", "#8a5200", '"Be Vietnam Pro", sans-serif'
_CUT = 300  # characters of an address that a foot has room for
_PLAIN = " .,:·/-?=&%+"


@dataclass(frozen=True, slots=True)
class Heading:
    """What the page says of itself. `marks`: that it is of an exercise, simulated; "" where it is neither."""

    centre: str
    title: str
    marks: str


def inside() -> tuple[int, int]:
    """Width and height in CSS px of what a first sheet leaves to the page."""
    px = 96 / 25.4
    return round((SHEET[0] - 2 * SIDE) * px), round((SHEET[1] - TOP - FOOT) * px)


def style(order: Order, number: int, heading: Heading, shown: datetime, now: datetime, content: str) -> str:
    """The sheets as CSS, for a page that shows the moment `shown` and is printed `now` as job `number`."""
    lang = order.lang
    parts = {
        "shown": f"{shown.astimezone(CITY):%H:%M:%S} {day(shown)}",
        "time": f"{now.astimezone(CITY):%H:%M} {day(now)}",
    }
    said = say("paper.footer", lang, hash=content[:16], **parts)
    again = say("paper.again", lang, number=number, address=address(order, shown), **parts)
    above = " · ".join(filter(None, (heading.centre, heading.title)))
    return f"""
@page {{ size: A4 portrait; margin: {TOP_LATER}mm {SIDE}mm {FOOT}mm; font: 8pt/1.35 {_FONT}; color: {_INK};
  @top-left {{ content: {quoted(above)}; width: 70%; text-align: left; {_line("bottom")} }}
  @top-right {{ content: {quoted(heading.marks)}; {_line("bottom")} color: {_MARK}; font-weight: 600;
    white-space: nowrap; }}
  @top-center {{ content: none; }} @bottom-center {{ content: none; }}
  @bottom-left {{ content: {quoted(said)} "\\A" {quoted(again)}; white-space: pre-wrap; overflow-wrap: anywhere;
    width: 90%; text-align: left; vertical-align: top; padding-top: 2.5mm; font-size: 7.5pt; }}
  @bottom-right {{ content: {quoted(say("paper.pages", lang) + " ")} counter(page) "/" counter(pages);
    white-space: nowrap; vertical-align: top; padding-top: 2.5mm; }}
}}
@page :first {{ margin-top: {TOP}mm; @top-left {{ content: none; }} @top-right {{ content: none; }} }}
"""


def _line(side: str) -> str:
    return f"vertical-align: {side}; padding-{side}: 3mm;"


def address(order: Order, shown: datetime) -> str:
    """Where the same moment of the same page is seen again."""
    here = shown.astimezone(CITY).replace(tzinfo=None)  # a time without a zone is the city's
    query = {**order.params, "luc": here.isoformat(timespec="milliseconds"), "lang": order.lang}
    whole = f"{order.path}?{urlencode(query, safe=':')}"
    return whole if len(whole) <= _CUT else f"{whole[:_CUT]}…"


def quoted(text: str) -> str:
    """`text` as a string of CSS, whatever it holds."""
    return '"' + "".join(one if one.isalnum() or one in _PLAIN else f"\\{ord(one):x} " for one in text) + '"'
