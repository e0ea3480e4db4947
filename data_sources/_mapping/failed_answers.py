"""An answer that says itself that it failed: its list, empty or not, is no state of anything."""

from collections.abc import Iterable, Mapping
from typing import Any

from data_sources._mapping.errors import MappingCode
from data_sources._mapping.expressions import find
from data_sources._mapping.options import ItemOptions
from ioc.domain.base.text import shorten
from ioc.domain.ingest.parsing import ParseError
from ioc.domain.ingest.protocol import SourceError
from ioc.domain.ingest.server_message import plain_name, server_message

# Names of fields, of small letters and digits only.
_SUCCESS = ("success", "issuccess", "issuccessful", "succeeded", "ok", "thanhcong")
_STATUS = ("status", "result")
_FAILURES = ("error", "fail", "failed", "failure", "exception", "lỗi", "thất bại")
_HTTP_CODES = ("statuscode", "errorcode", "errcode")
_AMBIGUOUS_CODES = ("status", "code")  # of a station, too: they count where nothing came
_ERROR_CODES = ("errorcode", "errcode")
_ERRORS = ("error", "errors", "errormessage", "errormsg", "exception")
_NO_ERRORS = ("", "0", "00", "000", "200", "ok", "none", "null", "no", "false", "success")
_MAX_MESSAGE, _MAX_QUOTED = 160, 80  # characters


def check_not_failed(document: Any, readers: Iterable[ItemOptions]) -> None:
    """Raises SourceError with the server's message where the object around the items says that the request failed.

    `readers`: of the items. Where the whole answer is the item of each, its fields may be values.
    """
    paths = [one.items for one in readers if one.items != "@"]
    if isinstance(document, dict) and paths:
        check_fields(document, any(_has_items(document, path) for path in paths))


def check_fields(fields: Mapping[str, Any], has_items: bool) -> None:
    """As `check_not_failed`, for the fields of an object that is no item. `has_items`: whether a list came with it."""
    for name, value in fields.items():
        key = plain_name(name)
        if _is_failure(key, value) and not (has_items and _may_be_value(key, value)):
            said = str(value).lower() if isinstance(value, bool) else value if isinstance(value, str | int) else "…"
            message = shorten(" ".join(server_message(fields).split()), _MAX_MESSAGE)
            raise SourceError(MappingCode.ANSWER_FAILED, mark=shorten(f"{name}: {said}", _MAX_QUOTED), external=message)


def _has_items(document: Any, path: str) -> bool:
    try:
        return bool(find(document, path))
    except ParseError:
        return True


def _is_failure(key: str, value: Any) -> bool:
    text = str(value).strip().lower() if isinstance(value, str | int | float) else ""
    if key in _ERRORS:
        return bool(value) if isinstance(value, dict | list) else text not in _NO_ERRORS
    return (
        (key in _SUCCESS and text == "false")
        or (key in _STATUS and text in _FAILURES)
        or (key in (*_HTTP_CODES, *_AMBIGUOUS_CODES) and _is_http(value))
        or (key in _ERROR_CODES and text not in _NO_ERRORS)
    )


def _may_be_value(key: str, value: Any) -> bool:
    """Whether a mark of a failure beside a list may be a value, or concern some items only: the code of a station."""
    return (
        key == "errors"
        or (key in _AMBIGUOUS_CODES and _is_http(value))
        or (key in _ERRORS and type(value) in (int, float))
    )


def _is_http(value: Any) -> bool:
    """Whether `value` is a status of HTTP that says that a request failed."""
    text = str(value).strip() if type(value) in (int, str) else ""
    return len(text) == 3 and text.isdecimal() and 400 <= int(text) < 600
