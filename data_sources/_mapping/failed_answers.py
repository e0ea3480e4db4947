"""An answer that says itself that it failed: its list, empty or not, is no state of anything."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from data_sources._mapping.errors import MappingCode
from data_sources._mapping.expressions import find, plain_steps
from data_sources._mapping.options import ItemOptions
from data_sources._mapping.stated_outcomes import may_be_accuracy, names_failure, says_no_error, says_success
from ioc.domain.base.text import shorten, shows_damage
from ioc.domain.ingest.parsing import ParseError
from ioc.domain.ingest.protocol import SourceError
from ioc.domain.ingest.server_message import plain_name, server_message

# Names of fields, of small letters and digits only.
_SUCCESS = ("success", "issuccess", "issuccessful", "successful", "succeeded", "ok", "isok", "thanhcong")
_STATUS = ("status", "result")
_FAILURES = ("error", "fail", "failed", "failure", "exception", "lỗi", "thất bại")
_HTTP_CODES = ("statuscode", "errorcode", "errcode")
_AMBIGUOUS_CODES = ("status", "code")  # of a station, too: they count where nothing came
_ERROR_CODES = ("errorcode", "errcode")
_MESSAGES = ("errormessage", "errormsg")
_ERRORS = ("error", "errors", *_MESSAGES, "exception")
# What counts where nothing came, besides.
_OTHER_STATUS = ("state", "ketqua", "trangthai", "responsestatus", "resultstatus", "statustext")
_OTHER_CODES = (
    "cod", "resultcode", "returncode", "responsecode", "rtncode", "retcode", "ret", "rc", "httpstatus", "httpcode",
)  # fmt: skip
_OTHER_ERROR_CODES = ("errno", "errorno", "maloi")
_OTHER_ERRORS = ("err", "errmsg", "fault", "loi", "thongbaoloi")
_FLAGS = ("iserror", "haserror", "haserrors", "isfailed", "failed")
_OUTCOMES = (*_SUCCESS, *_STATUS, *_OTHER_STATUS, *_AMBIGUOUS_CODES, *_OTHER_CODES, *_OTHER_ERROR_CODES, *_FLAGS)
_GROUPS = ("meta", "metadata", "header", "head", "result", "response", "status", "ketqua")
_NOTES = ("message", "msg", "resultmsg", "resultmessage", "returnmessage", "responsemessage", "errmsg", "thongbao")
_MAX_MESSAGE, _MAX_QUOTED = 160, 80  # characters


def check_not_failed(document: Any, readers: Iterable[ItemOptions]) -> None:
    """Raises SourceError with the server's message where the object around the items says that the request failed.

    `readers`: of the items. Where the whole answer is the item of each, its fields may be values.
    """
    paths = [one.items for one in readers if one.items != "@"]
    if not isinstance(document, dict) or not paths:
        return
    has_items = any(_has_items(document, path) for path in paths)
    check_fields(document, has_items)
    for path in () if has_items else paths:
        for name, inner in _objects_around(document, path):
            _check(inner, False, name, document)


def check_fields(fields: Mapping[str, Any], has_items: bool) -> None:
    """As `check_not_failed`, for the fields of an object that is no item. `has_items`: whether a list came with it."""
    _check(fields, has_items, "", fields)
    for name, inner in () if has_items else fields.items():
        if isinstance(inner, dict) and plain_name(name) in _GROUPS:
            _check(inner, False, f"{name}.", fields)


def _check(fields: Mapping[str, Any], has_items: bool, prefix: str, document: Mapping[str, Any]) -> None:
    is_good = _says_success(fields)
    for name, value in fields.items():
        key = plain_name(name)
        if _is_failure(key, value) and not (has_items and _may_be_value(key, value)):
            is_failure = not (is_good and (key in _MESSAGES or (has_items and key in _ERRORS)))
        else:
            is_failure = not has_items and _is_other_failure(key, value, fields, is_good)
        if is_failure:
            said = str(value).lower() if isinstance(value, bool) else value if isinstance(value, str | int) else "…"
            quoted = server_message(fields) or server_message(document)
            message = shorten(" ".join(quoted.split()), _MAX_MESSAGE)
            mark = shorten(f"{prefix}{name}: {said}", _MAX_QUOTED)
            raise SourceError(MappingCode.ANSWER_FAILED, mark=mark, external=message)


def _has_items(document: Any, path: str) -> bool:
    try:
        return bool(find(document, path))
    except ParseError:
        return True


def _objects_around(document: dict[str, Any], path: str) -> Iterable[tuple[str, dict[str, Any]]]:
    """The objects below the answer itself that hold the items at a path of names, and groups of marks in them."""
    here, name = document, ""
    for step in (plain_steps(path) or ())[:-1]:
        inner = here.get(step) if isinstance(step, str) else None
        if not isinstance(inner, dict):
            return
        here, name = inner, f"{name}{step}."
        yield name, here
        for key, value in here.items():
            if isinstance(value, dict) and plain_name(key) in _GROUPS:
                yield f"{name}{key}.", value


def _text(value: Any) -> str:
    return str(value).strip().lower() if isinstance(value, str | int | float) else ""


def _says_success(fields: Mapping[str, Any]) -> bool:
    """Whether an object says that the request went well: `success: true`, or a code of no error."""
    for name, value in fields.items():
        key = plain_name(name)
        if key in _SUCCESS and _text(value) in ("true", "1"):
            return True
        if key in _STATUS and (_text(value) in ("true", "200") or says_success(value)):
            return True
        if key in (*_ERROR_CODES, "code") and _text(value) and says_no_error(value):
            return True
    return False


def _is_failure(key: str, value: Any) -> bool:
    text = _text(value)
    if key in _ERRORS:
        return not says_no_error(value)
    return (
        (key in _SUCCESS and text == "false")
        or (key in _STATUS and text in _FAILURES)
        or (key in (*_HTTP_CODES, *_AMBIGUOUS_CODES) and _is_http(value))
        or (key in _ERROR_CODES and not says_no_error(value))
    )


def _is_other_failure(key: str, value: Any, fields: Mapping[str, Any], is_good: bool) -> bool:
    """What says that a request failed where nothing came with it; beside items it may be a value."""
    text = _text(value)
    if key in _OUTCOMES and shows_damage(text):
        return True
    if key in _SUCCESS:
        return text in ("0", "no", "n", "failed", "error")
    if key in _FLAGS:
        return text in ("true", "1", "yes")
    if is_good:
        return False
    if key in (*_STATUS, *_OTHER_STATUS):
        # `status: 0` alone is as often a code of no error.
        is_zero = text == "0" and _has_note(fields, lambda note: not says_no_error(note))
        return text == "false" or names_failure(value) or is_zero or _is_negative(value)
    if key in (*_AMBIGUOUS_CODES, *_OTHER_CODES):
        is_other = text and not says_no_error(value) and _has_note(fields, names_failure)
        return bool(_is_http(value) or _is_negative(value) or names_failure(value) or is_other)
    return key in (*_OTHER_ERROR_CODES, *_OTHER_ERRORS) and not says_no_error(value)


def _has_note(fields: Mapping[str, Any], is_meant: Callable[[str], bool]) -> bool:
    """Whether a message beside a doubtful mark is meant so."""
    return any(
        is_meant(value) for name, value in fields.items() if plain_name(name) in _NOTES and isinstance(value, str)
    )


def _is_negative(value: Any) -> bool:
    text = _text(value)
    return text.startswith("-") and text[1:].isdecimal()


def _may_be_value(key: str, value: Any) -> bool:
    """Whether a mark of a failure beside a list may be a value, or concern some items only: the code of a station."""
    return (
        key == "errors" or (key in _AMBIGUOUS_CODES and _is_http(value)) or (key in _ERRORS and may_be_accuracy(value))
    )


def _is_http(value: Any) -> bool:
    """Whether `value` is a status of HTTP that says that a request failed."""
    text = str(value).strip() if type(value) in (int, str) else ""
    return len(text) == 3 and text.isdecimal() and 400 <= int(text) < 600
