"""What stands on every sheet beside the page: whose it is, of which moment, printed by which order, and its number."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from components.ui.format import format_date
from components.ui.i18n import t
from ioc.domain.base.times import CITY_ZONE
from ioc.worker.jobs import PrintJob

# Millimetres of the sheet and of its margins: the page is laid out at the width that remains. The first sheet carries
# the page's own heading, the later ones a line of it above what they hold.
PAPER_SIZE, SIDE, TOP, TOP_LATER, BOTTOM = (210, 297), 14, 13, 20, 20
_TEXT_COLOR, _MARK_COLOR, _FONT = "#3d4b54", "#8a5200", '"Be Vietnam Pro", sans-serif'
_MAX_ADDRESS = 300  # characters of an address that a foot has room for
_SAFE_CHARACTERS = " .,:·/-?=&%+"


@dataclass(frozen=True, slots=True)
class PageHeading:
    """What the page says of itself. `marks`: that it is of an exercise, simulated; "" where it is neither."""

    centre: str
    title: str
    marks: str


def content_size() -> tuple[int, int]:
    """Width and height in CSS px of what a first sheet leaves to the page."""
    px = 96 / 25.4
    return round((PAPER_SIZE[0] - 2 * SIDE) * px), round((PAPER_SIZE[1] - TOP - BOTTOM) * px)


def page_css(
    print_job: PrintJob, job_id: int, heading: PageHeading, shown_moment: datetime, now: datetime, content: str
) -> str:
    """The sheets as CSS, for a page that shows the moment `shown` and is printed `now` as job `number`."""
    lang = print_job.lang
    parts = {
        "shown": f"{shown_moment.astimezone(CITY_ZONE):%H:%M:%S} {format_date(shown_moment)}",
        "time": f"{now.astimezone(CITY_ZONE):%H:%M} {format_date(now)}",
    }
    said = t("pdf.footer", lang, hash=content[:16], **parts)
    again = t("pdf.again", lang, number=job_id, address=page_address(print_job, shown_moment), **parts)
    above = " · ".join(filter(None, (heading.centre, heading.title)))
    return f"""
@page {{ size: A4 portrait; margin: {TOP_LATER}mm {SIDE}mm {BOTTOM}mm; font: 8pt/1.35 {_FONT}; color: {_TEXT_COLOR};
  @top-left {{ content: {css_string(above)}; width: 70%; text-align: left; {_margin_line("bottom")} }}
  @top-right {{ content: {css_string(heading.marks)}; {_margin_line("bottom")} color: {_MARK_COLOR}; font-weight: 600;
    white-space: nowrap; }}
  @top-center {{ content: none; }} @bottom-center {{ content: none; }}
  @bottom-left {{ content: {css_string(said)} "\\A" {css_string(again)}; white-space: pre-wrap; overflow-wrap: anywhere;
    width: 90%; text-align: left; vertical-align: top; padding-top: 2.5mm; font-size: 7.5pt; }}
  @bottom-right {{ content: {css_string(t("pdf.pages", lang) + " ")} counter(page) "/" counter(pages);
    white-space: nowrap; vertical-align: top; padding-top: 2.5mm; }}
}}
@page :first {{ margin-top: {TOP}mm; @top-left {{ content: none; }} @top-right {{ content: none; }} }}
"""


def _margin_line(side: str) -> str:
    return f"vertical-align: {side}; padding-{side}: 3mm;"


def page_address(print_job: PrintJob, shown_moment: datetime) -> str:
    """Where the same moment of the same page is seen again."""
    here = shown_moment.astimezone(CITY_ZONE).replace(tzinfo=None)  # a time without a zone is the city's
    query = {**print_job.params, "luc": here.isoformat(timespec="milliseconds"), "lang": print_job.lang}
    whole = f"{print_job.path}?{urlencode(query, safe=':')}"
    return whole if len(whole) <= _MAX_ADDRESS else f"{whole[:_MAX_ADDRESS]}…"


def css_string(text: str) -> str:
    """`text` as a string of CSS, whatever it holds."""
    return '"' + "".join(one if one.isalnum() or one in _SAFE_CHARACTERS else f"\\{ord(one):x} " for one in text) + '"'
