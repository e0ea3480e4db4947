"""A recorded answer: its pages as text, without secrets and personal data, and a summary of the parsed batch.

A test, or `try SOURCE --from FILE`, parses the same pages again without the network.
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

from ioc.cli.errors import CliCode
from ioc.domain.base.failure import Failure, FailureError
from ioc.domain.base.times import parse_time
from ioc.domain.events.event import Event
from ioc.domain.events.pii_masking import MASK, mask_personal_data
from ioc.domain.ingest.decoding import detect_utf16
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch

_LIMIT_MIB = 2
SIZE_LIMIT = _LIMIT_MIB * 1_048_576  # bytes of all pages
_MAX_SUMMARY_ITEMS = 200  # of readings, of events and of rejected items
Mask = Callable[[str], str]
# Looks like a personal number but is none: a decimal number, a date, a second's fraction, a time in digits alone.
_HARMLESS_NUMBER = re.compile(
    r"(?<![\w.+-])-?(?!84\.)(?:0|[1-9]\d{0,2})\.\d+(?![\w.])"
    r"|(?<!\d)\d{1,2}[-./]\d{1,2}[-./]\d{4}(?!\d)(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?"
    r"|\d{2}:\d{2}:\d{2}[.,]\d+"
    r"|(?<!\d)1[5-9]\d{8}(?:\d{3})?(?!\d)"  # seconds or milliseconds since 1970
    r"|(?<!\d)(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?(?!\d)"
)
_JSON_PART = re.compile(r'(?P<text>"(?:[^"\\]|\\.)*")(?P<colon>\s*:)?|(?<![\w.+-])\d+(?![\w.])')
_XML_ELEMENT = re.compile(r"(<([\w.:-]{1,80})(?:\s[^<>]*)?>)([^<>]+)(?=</\2>)")
_URL_USER = re.compile(r"(\b[a-z][a-z0-9+.-]{1,20}://)[^\s/@\"'<>]{1,200}@", re.IGNORECASE)
_URL_PARAMETER = re.compile(r"([?&;]([\w.-]{1,80})=)[^\s&;#\"'<>]+")
# The last words of a name whose value is a secret, and of one whose value is a quantity, which is no personal number.
# A token alone is a secret in addresses only: Open311 calls the ticket of a report so.
_SECRET_NAME = re.compile(
    r"(?:.* )?(?:password|passwd|pwd|passphrase|secrets?|credentials?|authorization|cookie|apikey|mat khau"
    r"|(?:api|access|private|secret|auth|client|subscription) key"
    r"|(?:access|api|auth|bearer|refresh|security|session) token)"
)
_SECRET_PARAMETER = re.compile(rf"{_SECRET_NAME.pattern}|(?:.* )?(?:token|sig|signature)")
_QUANTITY_NAME = re.compile(
    r"(?:.* )?(?:frequency|freq|hz|count|total|sum|volume|amount|value|size|bytes|length|time|timestamp|ts|at|epoch"
    r"|uptime|population|area|distance|duration)"
)


class RecordingError(FailureError):
    """A file is not a recording that can be used."""


@dataclass(frozen=True, slots=True)
class Recording:
    """The content of a file. `summary`: of the batch that the pages gave at `at`, or {"error": failure as JSON}."""

    source: str
    protocol: str
    at: datetime
    payload: Payload
    summary: dict[str, Any]


def build_mask(secrets: Mask, events: Iterable[Event]) -> Mask:
    """A function that masks what is secret or personal in a text.

    The row's secrets, values whose name says that they are secret (access_token, not token_count), user and password in
    addresses, the personal values of `events`, and personal numbers.
    """
    personal = {value for event in events for value in event.personal.values() if len(value.strip()) > 2}
    forms = {form for value in personal for form in (value, dumps(value)[1:-1], dumps(value, ensure_ascii=False)[1:-1],
                                                     escape(value), escape(value, quote=False))}  # fmt: skip
    longest_first = sorted(forms, key=len, reverse=True)

    def mask(text: str) -> str:
        text = secrets(text)
        for form in longest_first:
            text = text.replace(form, MASK)
        is_json = text.lstrip("\ufeff \r\n\t")[:1] in ("{", "[")
        return _mask_json(text) if is_json else _mask_text(_mask_named(text, _XML_ELEMENT, _SECRET_NAME))

    return mask


def _name_words(name: str) -> str:
    """The words of a name, in small letters: "accessToken" and "access_token" are "access token"."""
    return " ".join(re.findall(r"[a-z]+|\d+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()))


def _mask_named(text: str, pattern: re.Pattern[str], secret: re.Pattern[str]) -> str:
    """`text` with the values masked that `pattern` finds after a name (group 2) which is one of `secret`."""
    return pattern.sub(lambda match: match[1] + MASK if secret.fullmatch(_name_words(match[2])) else match[0], text)


def _mask_json(text: str) -> str:
    """Masks inside strings; a bare personal number becomes 0, so that the text stays JSON. Names stay as they are."""
    name = ""

    def mask_token(match: re.Match[str]) -> str:
        nonlocal name
        token = match[0]
        if match["colon"]:
            name = _name_words(match["text"])
            return token if _is_name(match["text"]) else _mask_text(token)
        if _SECRET_NAME.fullmatch(name):
            return f'"{MASK}"' if match["text"] else "0"
        if match["text"]:
            return _mask_text(token)
        is_harmless = len(token) < 9 or _HARMLESS_NUMBER.fullmatch(token) or _QUANTITY_NAME.fullmatch(name)
        return token if is_harmless or mask_personal_data(token) == token else "0"

    return _JSON_PART.sub(mask_token, text)


def _is_name(text: str) -> bool:
    """Whether a key names a field; one that is a number or a mail address may be a person's."""
    return bool(re.search(r"[^\W\d]", text)) and ("@" not in text or "@iot." in text or "@odata." in text)


def _mask_text(text: str) -> str:
    """Masks credentials in addresses and personal data."""
    text = _URL_USER.sub(rf"\1{MASK}@", text)
    return _mask_numbers(_mask_named(text, _URL_PARAMETER, _SECRET_PARAMETER))


def _mask_numbers(text: str) -> str:
    end, parts = 0, []
    for match in _HARMLESS_NUMBER.finditer(text):
        parts += [mask_personal_data(text[end : match.start()]), match[0]]
        end = match.end()
    return "".join([*parts, mask_personal_data(text[end:])])


def mask_payload(payload: Payload, mask: Mask, *, binary: bool) -> tuple[Payload, list[Failure]]:
    """The payload with masked pages, at most SIZE_LIMIT bytes of them, and why other pages are left out.

    A page that is not text cannot be masked: it is recorded, unmasked, only if `binary`.
    """
    pages: list[ResponsePage] = []
    left_out: list[Failure] = []
    size = 0
    for number, page in enumerate(payload.pages, 1):
        charset = _charset(page)
        if not charset and not binary:
            left_out.append(Failure(CliCode.PAGE_NOT_TEXT, {"page": number}))
        elif size + len(page.body) > SIZE_LIMIT:
            left_out.append(Failure(CliCode.PAGE_OVER_LIMIT, {"page": number, "limit_mib": _LIMIT_MIB}))
        else:
            size += len(page.body)
            body = mask(page.body.decode(charset)).encode(charset, "replace") if charset else page.body
            pages.append(ResponsePage(body, page.media_type, page.charset, mask(page.address)))
    return Payload(tuple(pages), is_unchanged=payload.is_unchanged), left_out


def _charset(page: ResponsePage) -> str:
    """The charset that decodes the page and encodes it again to the same bytes; "" when it is not text."""
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
    """The batch as JSON, shortened, without personal data."""
    return {
        "accepted": len(batch.readings) + len(batch.events),
        "rejected": len(batch.rejected_items),
        "readings": [
            [reading.series, reading.observed.isoformat(), reading.value, reading.unit, reading.quality]
            for reading in batch.readings[:_MAX_SUMMARY_ITEMS]
        ],
        "events": [
            [event.kind, event.key, event.stage.value, event.title] for event in batch.events[:_MAX_SUMMARY_ITEMS]
        ],
        "rejected_items": [
            [item.location, item.failure.to_json()] for item in batch.rejected_items[:_MAX_SUMMARY_ITEMS]
        ],
    }


def serialize(recording: Recording) -> bytes:
    """The content of the file: indented JSON with the pages as readable text."""
    body = {
        "source": recording.source,
        "protocol": recording.protocol,
        "at": recording.at.isoformat(),
        "pages": [_page_json(page) for page in recording.payload.pages],
        "summary": recording.summary,
    }
    return orjson.dumps(body, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _page_json(page: ResponsePage) -> dict[str, str]:
    charset = _charset(page)
    body = (
        {"encoding": charset, "text": page.body.decode(charset)}
        if charset
        else {"base64": b64encode(page.body).decode()}
    )
    return {"address": page.address, "media_type": page.media_type, "charset": page.charset, **body}


def is_recording(body: bytes) -> bool:
    """Whether the content of a file is what `record` writes, if it is valid, and not an answer itself."""
    try:
        content = orjson.loads(body)
    except ValueError:
        return False
    return isinstance(content, dict) and {"source", "protocol", "at", "pages"} <= set(content)


def parse_recording(body: bytes) -> Recording:
    """The recording in the content of a file. RecordingError when it is none."""
    try:
        content = orjson.loads(body)
        pages = tuple(
            ResponsePage(
                b64decode(page["base64"]) if "base64" in page else page["text"].encode(page["encoding"]),
                page["media_type"], page["charset"], page["address"],
            )
            for page in content["pages"]
        )  # fmt: skip
        at, summary = parse_time(content["at"]), dict(content["summary"])
        return Recording(content["source"], content["protocol"], at, Payload(pages), summary)
    except (ValueError, LookupError, TypeError, AttributeError):
        raise RecordingError(CliCode.RECORDING_INVALID) from None
