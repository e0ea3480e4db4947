"""Feeds in XML: an index of CAP 1.2 alerts with each alert at its own address, and press items as RSS 2.0."""

from datetime import UTC, datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

from simulator.alerts import AGENCY, HAZARDS, SENDER, CapMessage, Hazard, bulletins
from simulator.news import PUBLISHER, SITE, NewsItem, items
from simulator.payloads import iso
from simulator.request import PathNotFoundError, SimulatedRequest, SimulatedResponse

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_CAP, _ATOM = "urn:oasis:names:tc:emergency:cap:1.2", "http://www.w3.org/2005/Atom"


def cap_answer(request: SimulatedRequest) -> SimulatedResponse:
    """The index at index.atom, or an alert at <identifier>.xml. PathNotFoundError for another path."""
    messages = [message for bulletin in bulletins(request.seed, request.now) for message in bulletin]
    if request.path == "index.atom":
        return SimulatedResponse(_index(messages, request).encode(), "application/atom+xml")
    for message in messages:
        if request.path == f"{message.identifier}.xml":
            return SimulatedResponse(_alert(message, request.shift).encode(), "application/cap+xml")
    raise PathNotFoundError(request.path)


def _index(messages: list[CapMessage], request: SimulatedRequest) -> str:
    entries = (
        "".join(_entry(message, request) for message in sorted(messages, key=lambda message: -message.sent))
        * request.copies
    )
    updated = iso(request.now + request.shift)
    head = f"<title>Cảnh báo (mô phỏng)</title><id>{request.base}/</id><updated>{updated}</updated>"
    return f'{_HEAD}<feed xmlns="{_ATOM}">{head}{entries}</feed>'


def _entry(message: CapMessage, request: SimulatedRequest) -> str:
    title, updated = escape(HAZARDS[message.hazard].headline), iso(message.sent + request.shift)
    link = f'<link type="application/cap+xml" href="{request.base}/{message.identifier}.xml"/>'
    return f"<entry><id>{message.identifier}</id><title>{title}</title><updated>{updated}</updated>{link}</entry>"


def _alert(message: CapMessage, shift: float) -> str:
    references = " ".join(f"{SENDER},{past.identifier},{iso(past.sent + shift)}" for past in message.supersedes)
    parts = {
        "identifier": message.identifier, "sender": SENDER, "sent": iso(message.sent + shift), "status": "Actual",
        "msgType": message.kind, "scope": "Public", "references": references,
    }  # fmt: skip
    return f'{_HEAD}<alert xmlns="{_CAP}">{_elements(parts)}{_info(message, HAZARDS[message.hazard], shift)}</alert>'


def _info(message: CapMessage, hazard: Hazard, shift: float) -> str:
    is_severe = message.peak_level >= 1.9 and hazard.min_tide > 0
    parts = {
        "language": "vi-VN", "category": hazard.category, "event": hazard.event, "urgency": "Expected",
        "severity": "Severe" if is_severe else hazard.severity, "certainty": "Likely",
        "effective": iso(message.sent + shift), "expires": iso(message.expires + shift), "senderName": AGENCY,
        "headline": f"{hazard.headline} (mô phỏng)",
        "description": hazard.text.replace("{top}", f"{message.peak_level:.2f}".replace(".", ",")),
        "instruction": hazard.instruction,
    }  # fmt: skip
    codes = "".join(
        f"<geocode><valueName>DVHC</valueName><value>{code}</value></geocode>" for code in hazard.affected_units()
    )
    area = f"<areaDesc>{escape(hazard.place)}</areaDesc>{_shape(hazard)}{codes}"
    return f"<info>{_elements(parts)}<area>{area}</area></info>"


def _shape(hazard: Hazard) -> str:
    if hazard.circle is not None:
        (lon, lat), radius = hazard.circle
        return f"<circle>{lat},{lon} {radius}</circle>"
    return f"<polygon>{' '.join(f'{lat},{lon}' for lon, lat in hazard.ring)}</polygon>"


def _elements(parts: dict[str, str]) -> str:
    return "".join(f"<{name}>{escape(text)}</{name}>" for name, text in parts.items() if text)


def rss_answer(request: SimulatedRequest) -> SimulatedResponse:
    """The press items as rss.xml. PathNotFoundError for another path."""
    if request.path != "rss.xml":
        raise PathNotFoundError(request.path)
    articles = "".join(_rss_item(item, request.shift) for item in items(request.seed, request.now)) * request.copies
    built = format_datetime(datetime.fromtimestamp(request.now + request.shift, UTC))
    head = (
        f"<title>{PUBLISHER}</title><link>{SITE}/</link><description>Tin mô phỏng, không có thật</description>"
        f"<lastBuildDate>{built}</lastBuildDate>"
    )
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>{head}{articles}</channel></rss>'
    return SimulatedResponse(text.encode(), "application/rss+xml")


def _rss_item(item: NewsItem, shift: float) -> str:
    link = f"{SITE}/{item.day}/{item.number}"
    published = format_datetime(datetime.fromtimestamp(item.sent + shift, UTC))
    text = "Bài viết do thành phố mô phỏng tạo ra để thử hiển thị, không phản ánh sự việc có thật."
    return (
        f"<item><title>{escape(item.title)}</title><link>{link}</link><guid>{link}</guid><pubDate>{published}</pubDate>"
        f"<description>{text}</description></item>"
    )
