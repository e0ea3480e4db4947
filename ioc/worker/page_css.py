"""Headers and footers of printed sheets: the centre, the moment shown, the print job, page numbers."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from components.ui.format import format_date
from components.ui.i18n import t
from ioc.domain.base.times import CITY_ZONE
from ioc.worker.jobs import PrintJob

# Millimetres: the sheet and its margins; the page is laid out at the width that remains. The first sheet has the page's
# own heading, later ones repeat it in one line.
PAPER_SIZE, SIDE, TOP, TOP_LATER, BOTTOM = (210, 297), 14, 13, 20, 20
_TEXT_COLOR, _MARK_COLOR, _FONT = "#3d4b54", "#8a5200", '"Be Vietnam Pro", sans-serif'
_MAX_ADDRESS = 300  # characters of an address that fit into a footer
_SAFE_CHARACTERS = " .,:·/-?=&%+"


@dataclass(frozen=True, slots=True)
class PageHeading:
    """The heading of the page. `marks`: "exercise", "simulated" in the reader's words; "" for neither."""

    centre: str
    title: str
    marks: str


def content_size() -> tuple[int, int]:
    """Width and height in CSS px that the first sheet leaves to the page."""
    px = 96 / 25.4
    return round((PAPER_SIZE[0] - 2 * SIDE) * px), round((PAPER_SIZE[1] - TOP - BOTTOM) * px)


def page_css(
    print_job: PrintJob, job_id: int, heading: PageHeading, shown_moment: datetime, now: datetime, content: str
) -> str:
    """@page rules for a page that shows `shown_moment`, printed `now` as job `job_id`. `content`: its content hash."""
    lang = print_job.lang
    parts = {
        "shown": f"{shown_moment.astimezone(CITY_ZONE):%H:%M:%S} {format_date(shown_moment)}",
        "time": f"{now.astimezone(CITY_ZONE):%H:%M} {format_date(now)}",
    }
    footer = t("pdf.footer", lang, hash=content[:16], **parts)
    reprint = t("pdf.again", lang, number=job_id, address=page_address(print_job, shown_moment), **parts)
    header = " · ".join(filter(None, (heading.centre, heading.title)))
    return f"""
@page {{ size: A4 portrait; margin: {TOP_LATER}mm {SIDE}mm {BOTTOM}mm; font: 8pt/1.35 {_FONT}; color: {_TEXT_COLOR};
  @top-left {{ content: {css_string(header)}; width: 70%; text-align: left; {_margin_line("bottom")} }}
  @top-right {{ content: {css_string(heading.marks)}; {_margin_line("bottom")} color: {_MARK_COLOR}; font-weight: 600;
    white-space: nowrap; }}
  @top-center {{ content: none; }} @bottom-center {{ content: none; }}
  @bottom-left {{ content: {css_string(footer)} "\\A" {css_string(reprint)}; white-space: pre-wrap;
    overflow-wrap: anywhere; width: 90%; text-align: left; vertical-align: top; padding-top: 2.5mm; font-size: 7.5pt; }}
  @bottom-right {{ content: {css_string(t("pdf.pages", lang) + " ")} counter(page) "/" counter(pages);
    white-space: nowrap; vertical-align: top; padding-top: 2.5mm; }}
}}
@page :first {{ margin-top: {TOP}mm; @top-left {{ content: none; }} @top-right {{ content: none; }} }}
"""


def _margin_line(side: str) -> str:
    return f"vertical-align: {side}; padding-{side}: 3mm;"


def page_address(print_job: PrintJob, shown_moment: datetime) -> str:
    """The address of the same page at the same moment; cut to what a footer holds."""
    local_time = shown_moment.astimezone(CITY_ZONE).replace(tzinfo=None)  # a time without a zone is the city's
    query = {**print_job.params, "luc": local_time.isoformat(timespec="milliseconds"), "lang": print_job.lang}
    address = f"{print_job.origin}{print_job.path}?{urlencode(query, safe=':')}"
    return address if len(address) <= _MAX_ADDRESS else f"{address[:_MAX_ADDRESS]}…"


def css_string(text: str) -> str:
    """`text` as a CSS string literal; everything but letters, digits and safe characters is escaped."""
    return '"' + "".join(c if c.isalnum() or c in _SAFE_CHARACTERS else f"\\{ord(c):x} " for c in text) + '"'
