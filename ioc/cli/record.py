"""A recorded answer: its pages as text, without secrets and personal numbers, and what was made of them.

A test, or `try SOURCE --from FILE`, reads the same pages again without the network.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from html import escape
from json import dumps
from typing import Any

import orjson

from ioc.domain.base.times import parse_time
from ioc.domain.events.event import Event
from ioc.domain.events.pii_masking import MASK, mask_personal_data
from ioc.domain.ingest.decoding import detect_utf16
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch

SIZE_LIMIT = 2 * 1_048_576
_MAX_SUMMARY_ITEMS = 200  # readings, events and refused items that are written down of each
Mask = Callable[[str], str]
# What looks like a personal number and is none: a decimal number, a date, a second's fraction.
_HARMLESS_NUMBER = re.compile(
    r"(?<![\w.+-])-?(?!84\.)(?:0|[1-9]\d{0,2})\.\d+(?![\w.])"
    r"|(?<!\d)\d{1,2}[-./]\d{1,2}[-./]\d{4}(?!\d)(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?"
    r"|\d{2}:\d{2}:\d{2}[.,]\d+"
)
_JSON_PART = re.compile(r'"(?:[^"\\]|\\.)*"|(?<![\w.+-])\d{9,12}(?![\w.])')


@dataclass(frozen=True, slots=True)
class Recording:
    """What a file holds. `made`: what was made of the pages when they were recorded, or the error that came of them."""

    source: str
    protocol: str
    at: datetime
    payload: Payload
    summary: dict[str, Any]


def build_mask(secrets: Mask, events: Iterable[Event]) -> Mask:
    """What takes out of a text the secrets, what `events` keep apart as personal, and personal numbers."""
    personal = {value for event in events for value in event.personal.values() if len(value.strip()) > 2}
    forms = {form for value in personal for form in (value, dumps(value)[1:-1], dumps(value, ensure_ascii=False)[1:-1],
                                                     escape(value), escape(value, quote=False))}  # fmt: skip
    longest_first = sorted(forms, key=len, reverse=True)

    def mask(text: str) -> str:
        text = secrets(text)
        for form in longest_first:
            text = text.replace(form, MASK)
        return _mask_json(text) if text.lstrip("\ufeff \r\n\t")[:1] in ("{", "[") else _mask_numbers(text)

    return mask


def _mask_json(text: str) -> str:
    """Inside texts as everywhere; a bare number becomes 0, so that it stays JSON."""

    def part(match: re.Match[str]) -> str:
        found = match[0]
        return _mask_numbers(found) if found[0] == '"' else found if mask_personal_data(found) == found else "0"

    return _JSON_PART.sub(part, text)


def _mask_numbers(text: str) -> str:
    done, parts = 0, []
    for match in _HARMLESS_NUMBER.finditer(text):
        parts += [mask_personal_data(text[done : match.start()]), match[0]]
        done = match.end()
    return "".join([*parts, mask_personal_data(text[done:])])


def mask_payload(payload: Payload, mask: Mask, *, binary: bool) -> tuple[Payload, list[str]]:
    """The payload with its pages masked, at most SIZE_LIMIT of them, and what was left out and why.

    What is no text cannot be masked: it is kept, as it is, only where `binary` allows it.
    """
    pages: list[ResponsePage] = []
    left_out: list[str] = []
    size = 0
    for n, page in enumerate(payload.pages, 1):
        charset = _charset(page)
        if not charset and not binary:
            left_out.append(f"page {n} is no text and cannot be masked: --binary keeps it as it is")
        elif size + len(page.body) > SIZE_LIMIT:
            left_out.append(f"page {n} is too much: a recording holds {SIZE_LIMIT // 1_048_576} MiB")
        else:
            size += len(page.body)
            body = mask(page.body.decode(charset)).encode(charset, "replace") if charset else page.body
            pages.append(ResponsePage(body, page.media_type, page.charset, mask(page.address)))
    return Payload(tuple(pages), is_unchanged=payload.is_unchanged), left_out


def _charset(page: ResponsePage) -> str:
    """The charset in which the page's text can be written again byte for byte; "" when it is no text."""
    marked = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(page.body[:2], "")
    for charset in (marked, detect_utf16(page.body), "utf-8", page.charset, "latin-1"):
        try:
            text = page.body.decode(charset) if charset else "\0"
        except (UnicodeError, LookupError):
            continue
        if not re.search(r"[\0-\x08\x0e-\x1f]", text) and text.encode(charset) == page.body:
            return charset
    return ""


def summarize(batch: Batch) -> dict[str, Any]:
    """The batch, short enough to be read by people; nothing personal."""
    return {
        "kept": len(batch.readings) + len(batch.events),
        "refused": len(batch.rejected_items),
        "readings": [
            [one.series, one.observed.isoformat(), one.value, one.unit, one.quality]
            for one in batch.readings[:_MAX_SUMMARY_ITEMS]
        ],
        "events": [[one.kind, one.key, one.stage.value, one.title] for one in batch.events[:_MAX_SUMMARY_ITEMS]],
        "aside": [[one.location, one.failure] for one in batch.rejected_items[:_MAX_SUMMARY_ITEMS]],
    }


def serialize(recording: Recording) -> bytes:
    """As a file: JSON whose pages people can read and search."""
    body = {
        "source": recording.source,
        "protocol": recording.protocol,
        "at": recording.at.isoformat(),
        "pages": [_page_json(page) for page in recording.payload.pages],
        "made": recording.summary,
    }
    return orjson.dumps(body, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _page_json(page: ResponsePage) -> dict[str, str]:
    charset = _charset(page)
    body = {"in": charset, "text": page.body.decode(charset)} if charset else {"base64": b64encode(page.body).decode()}
    return {"address": page.address, "kind": page.media_type, "charset": page.charset, **body}


def parse_recording(body: bytes) -> Recording:
    """The recording in a file. ValueError when it is none."""
    try:
        held = orjson.loads(body)
        pages = tuple(
            ResponsePage(
                b64decode(one["base64"]) if "base64" in one else one["text"].encode(one["in"]),
                one["kind"], one["charset"], one["address"],
            )
            for one in held["pages"]
        )  # fmt: skip
        return Recording(held["source"], held["protocol"], parse_time(held["at"]), Payload(pages), dict(held["made"]))
    except (ValueError, LookupError, TypeError, AttributeError):
        raise ValueError("this is no file that `record` wrote") from None
