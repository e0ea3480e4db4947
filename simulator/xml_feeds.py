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


def cap_answer(asked: SimulatedRequest) -> SimulatedResponse:
    """index.atom, or <identifier>.xml."""
    messages = [one for told in bulletins(asked.seed, asked.now) for one in told]
    if asked.path == "index.atom":
        return SimulatedResponse(_index(messages, asked).encode(), "application/atom+xml")
    for one in messages:
        if asked.path == f"{one.identifier}.xml":
            return SimulatedResponse(_alert(one, asked.shift).encode(), "application/cap+xml")
    raise PathNotFoundError(asked.path)


def _index(messages: list[CapMessage], asked: SimulatedRequest) -> str:
    entries = "".join(_entry(one, asked) for one in sorted(messages, key=lambda one: -one.sent)) * asked.copies
    told = f"<title>Cảnh báo (mô phỏng)</title><id>{asked.base}/</id><updated>{iso(asked.now + asked.shift)}</updated>"
    return f'{_HEAD}<feed xmlns="{_ATOM}">{told}{entries}</feed>'


def _entry(one: CapMessage, asked: SimulatedRequest) -> str:
    title, when = escape(HAZARDS[one.hazard].headline), iso(one.sent + asked.shift)
    link = f'<link type="application/cap+xml" href="{asked.base}/{one.identifier}.xml"/>'
    return f"<entry><id>{one.identifier}</id><title>{title}</title><updated>{when}</updated>{link}</entry>"


def _alert(one: CapMessage, shift: float) -> str:
    named = " ".join(f"{SENDER},{past.identifier},{iso(past.sent + shift)}" for past in one.supersedes)
    parts = {
        "identifier": one.identifier, "sender": SENDER, "sent": iso(one.sent + shift), "status": "Actual",
        "msgType": one.kind, "scope": "Public", "references": named,
    }  # fmt: skip
    return f'{_HEAD}<alert xmlns="{_CAP}">{_elements(parts)}{_info(one, HAZARDS[one.hazard], shift)}</alert>'


def _info(one: CapMessage, hazard: Hazard, shift: float) -> str:
    severe = one.peak_level >= 1.9 and hazard.min_tide > 0
    parts = {
        "language": "vi-VN", "category": hazard.category, "event": hazard.event, "urgency": "Expected",
        "severity": "Severe" if severe else hazard.severity, "certainty": "Likely",
        "effective": iso(one.sent + shift), "expires": iso(one.expires + shift), "senderName": AGENCY,
        "headline": f"{hazard.headline} (mô phỏng)",
        "description": hazard.text.replace("{top}", f"{one.peak_level:.2f}".replace(".", ",")),
        "instruction": hazard.instruction,
    }  # fmt: skip
    codes = "".join(
        f"<geocode><valueName>DVHC</valueName><value>{one}</value></geocode>" for one in hazard.affected_units()
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


def rss_answer(asked: SimulatedRequest) -> SimulatedResponse:
    """rss.xml."""
    if asked.path != "rss.xml":
        raise PathNotFoundError(asked.path)
    told = "".join(_rss_item(one, asked.shift) for one in items(asked.seed, asked.now)) * asked.copies
    head = f"<title>{PUBLISHER}</title><link>{SITE}/</link><description>Tin mô phỏng, không có thật</description>"
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>{head}{told}</channel></rss>'
    return SimulatedResponse(text.encode(), "application/rss+xml")


def _rss_item(one: NewsItem, shift: float) -> str:
    link = f"{SITE}/{one.day}/{one.number}"
    when = format_datetime(datetime.fromtimestamp(one.sent + shift, UTC))
    text = "Bài viết do thành phố mô phỏng tạo ra để thử hiển thị, không phản ánh sự việc có thật."
    return (
        f"<item><title>{escape(one.title)}</title><link>{link}</link><guid>{link}</guid><pubDate>{when}</pubDate>"
        f"<description>{text}</description></item>"
    )
