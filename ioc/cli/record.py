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
from ioc.domain.events.pii_masking import MASK, masked
from ioc.domain.ingest.decoding import wide
from ioc.domain.ingest.protocol import Page, Payload
from ioc.domain.ingest.reading import Batch

SIZE_LIMIT = 2 * 1_048_576
_MADE = 200  # readings, events and refused items that are written down of each
Mask = Callable[[str], str]
# What looks like a personal number and is none: a decimal number, a date, a second's fraction.
_HARMLESS = re.compile(
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
    made: dict[str, Any]


def masks(secrets: Mask, events: Iterable[Event]) -> Mask:
    """What takes out of a text the secrets, what `events` keep apart as personal, and personal numbers."""
    personal = {value for event in events for value in event.personal.values() if len(value.strip()) > 2}
    forms = {form for value in personal for form in (value, dumps(value)[1:-1], dumps(value, ensure_ascii=False)[1:-1],
                                                     escape(value), escape(value, quote=False))}  # fmt: skip
    longest_first = sorted(forms, key=len, reverse=True)

    def mask(text: str) -> str:
        text = secrets(text)
        for form in longest_first:
            text = text.replace(form, MASK)
        return _in_json(text) if text.lstrip("\ufeff \r\n\t")[:1] in ("{", "[") else _numbers(text)

    return mask


def _in_json(text: str) -> str:
    """Inside texts as everywhere; a bare number becomes 0, so that it stays JSON."""

    def part(match: re.Match[str]) -> str:
        found = match[0]
        return _numbers(found) if found[0] == '"' else found if masked(found) == found else "0"

    return _JSON_PART.sub(part, text)


def _numbers(text: str) -> str:
    done, parts = 0, []
    for match in _HARMLESS.finditer(text):
        parts += [masked(text[done : match.start()]), match[0]]
        done = match.end()
    return "".join([*parts, masked(text[done:])])


def cleaned(payload: Payload, mask: Mask, *, binary: bool) -> tuple[Payload, list[str]]:
    """The payload with its pages masked, at most SIZE_LIMIT of them, and what was left out and why.

    What is no text cannot be masked: it is kept, as it is, only where `binary` allows it.
    """
    pages: list[Page] = []
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
            pages.append(Page(body, page.kind, page.charset, mask(page.address)))
    return Payload(tuple(pages), unchanged=payload.unchanged), left_out


def _charset(page: Page) -> str:
    """The charset in which the page's text can be written again byte for byte; "" when it is no text."""
    marked = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(page.body[:2], "")
    for charset in (marked, wide(page.body), "utf-8", page.charset, "latin-1"):
        try:
            text = page.body.decode(charset) if charset else "\0"
        except (UnicodeError, LookupError):
            continue
        if not re.search(r"[\0-\x08\x0e-\x1f]", text) and text.encode(charset) == page.body:
            return charset
    return ""


def made(batch: Batch) -> dict[str, Any]:
    """The batch, short enough to be read by people; nothing personal."""
    return {
        "kept": len(batch.readings) + len(batch.events),
        "refused": len(batch.refused),
        "readings": [
            [one.series, one.observed.isoformat(), one.value, one.unit, one.quality] for one in batch.readings[:_MADE]
        ],
        "events": [[one.kind, one.key, one.stage.value, one.title] for one in batch.events[:_MADE]],
        "aside": [[one.where, one.reason] for one in batch.refused[:_MADE]],
    }


def written(recording: Recording) -> bytes:
    """As a file: JSON whose pages people can read and search."""
    body = {
        "source": recording.source,
        "protocol": recording.protocol,
        "at": recording.at.isoformat(),
        "pages": [_page(page) for page in recording.payload.pages],
        "made": recording.made,
    }
    return orjson.dumps(body, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _page(page: Page) -> dict[str, str]:
    charset = _charset(page)
    body = {"in": charset, "text": page.body.decode(charset)} if charset else {"base64": b64encode(page.body).decode()}
    return {"address": page.address, "kind": page.kind, "charset": page.charset, **body}


def read(body: bytes) -> Recording:
    """The recording in a file. ValueError when it is none."""
    try:
        held = orjson.loads(body)
        pages = tuple(
            Page(
                b64decode(one["base64"]) if "base64" in one else one["text"].encode(one["in"]),
                one["kind"], one["charset"], one["address"],
            )
            for one in held["pages"]
        )  # fmt: skip
        return Recording(held["source"], held["protocol"], parse_time(held["at"]), Payload(pages), dict(held["made"]))
    except (ValueError, LookupError, TypeError, AttributeError):
        raise ValueError("this is no file that `record` wrote") from None
