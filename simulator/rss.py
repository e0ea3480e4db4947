"""The newest items of the paper as RSS."""

from datetime import UTC, datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

from simulator.news import PUBLISHER, SITE, NewsItem, items
from simulator.request import PathNotFoundError, SimulatedRequest, SimulatedResponse


def answer(asked: SimulatedRequest) -> SimulatedResponse:
    """rss.xml."""
    if asked.path != "rss.xml":
        raise PathNotFoundError(asked.path)
    told = "".join(_item(one, asked.shift) for one in items(asked.seed, asked.now)) * asked.copies
    head = f"<title>{PUBLISHER}</title><link>{SITE}/</link><description>Tin mô phỏng, không có thật</description>"
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>{head}{told}</channel></rss>'
    return SimulatedResponse(text.encode(), "application/rss+xml")


def _item(one: NewsItem, shift: float) -> str:
    link = f"{SITE}/{one.day}/{one.number}"
    when = format_datetime(datetime.fromtimestamp(one.sent + shift, UTC))
    text = "Bài viết do thành phố mô phỏng tạo ra để thử hiển thị, không phản ánh sự việc có thật."
    return (
        f"<item><title>{escape(one.title)}</title><link>{link}</link><guid>{link}</guid><pubDate>{when}</pubDate>"
        f"<description>{text}</description></item>"
    )
