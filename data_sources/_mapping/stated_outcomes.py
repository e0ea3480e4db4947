"""Whether the text, the code or the object in a field of an answer says that a request failed."""

import re
from typing import Any

from ioc.domain.base.normal_form import normal_form
from ioc.domain.ingest.server_message import plain_name

_NO_ERRORS = frozenset({
    "", "200", "ok", "okay", "none", "null", "nil", "no", "n", "na", "n a", "nan", "false", "không", "khong",
    "không có", "noerror", "noerrors", "normal", "bình thường",
})  # fmt: skip
_FAILURES = frozenset({
    "err", "error", "errors", "fail", "failed", "failure", "exception", "expired", "invalid", "unauthorized",
    "unauthorised", "forbidden", "denied", "unsuccessful", "nok", "ng", "lỗi",
})  # fmt: skip
_FAILURE_PHRASES = ("thất bại", "hết hạn", "không hợp lệ", "từ chối", "không thành công", "that bai", "het han")
_SUCCESSES = frozenset({"success", "successful", "successfully", "succeeded", "succeed", "ok"})
_SUCCESS_PHRASES = ("thành công", "thanh cong")
_NEGATIONS = frozenset({"no", "not", "without", "zero", "0", "none", "không", "khong", "chưa", "chua"})
_FILLERS = frozenset({"có", "co", "any"})
_CODES = ("code", "status", "statuscode", "errorcode", "errcode", "errno", "resultcode", "maloi")
_MAX_LENGTH = 200  # characters of a text that are looked at
_ZERO_CODE = re.compile(r"[a-z]{0,8}[ _.-]?(?:0x)?[0.]+")  # "000", "0.0", "0x0", "E00", "INFO-000"

_ACCURACY = re.compile(r"[±+-]? ?[0-9]{1,12}(?:[.,][0-9]{1,12})? ?[^\W0-9]{0,3}[³%‰°]?")


def says_no_error(value: Any) -> bool:
    """Whether the value of a field named as an error says that there was none."""
    if isinstance(value, dict):
        fields = {plain_name(str(name)): inner for name, inner in value.items()}
        codes = [fields[key] for key in _CODES if fields.get(key) not in (None, "")]
        if codes:
            return all(says_no_error(code) for code in codes)
        return all(_is_number(inner) or says_no_error(inner) for inner in fields.values())
    if isinstance(value, list):
        return all(says_no_error(inner) for inner in value)
    words = _words(value)
    text = " ".join(words)
    return (
        text in _NO_ERRORS
        or bool(_ZERO_CODE.fullmatch(str(value).strip().lower()[:_MAX_LENGTH]))
        or ((_denies(words) or _says_success(words)) and not names_failure(value))
    )


def may_be_accuracy(value: Any) -> bool:
    """Whether the value of a field named "error" may be that of a measurement: 0.02, "±0.02 m", "5 %"."""
    return _is_number(value) or (isinstance(value, str) and bool(_ACCURACY.fullmatch(value.strip())))


def names_failure(value: Any) -> bool:
    """Whether a text has a word that says that something failed: "ERROR_AUTH", "Token hết hạn", not "no error"."""
    words = _words(value) if isinstance(value, str) else []
    text = f" {' '.join(words)} "
    return any(f" {phrase} " in text for phrase in _FAILURE_PHRASES) or any(
        word in _FAILURES and not _is_denied(words, n) for n, word in enumerate(words)
    )


def says_success(value: Any) -> bool:
    """Whether a text says that all went well."""
    return isinstance(value, str) and _says_success(_words(value)) and not names_failure(value)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def _words(value: Any) -> list[str]:
    """The words of a text in small letters, of a number its digits; "" alone where there are none."""
    text = normal_form("NFC", str(value)[:_MAX_LENGTH]).lower() if isinstance(value, str | int | float) else ""
    return "".join(sign if sign.isalnum() else " " for sign in text).split() or [""]


def _is_denied(words: list[str], n: int) -> bool:
    before = [word for word in words[max(0, n - 2) : n] if word not in _FILLERS]
    return (bool(before) and before[-1] in _NEGATIONS) or words[n + 1 :] in (["none"], ["0"], ["không"], ["free"])


def _denies(words: list[str]) -> bool:
    """Whether words name a failure only to deny it: "no error"."""
    return any(word in _FAILURES and _is_denied(words, n) for n, word in enumerate(words))


def _says_success(words: list[str]) -> bool:
    text = f" {' '.join(words)} "
    if any(f" {phrase} " in text for phrase in _SUCCESS_PHRASES):
        return not any(f" {word} {phrase} " in text for word in _NEGATIONS for phrase in _SUCCESS_PHRASES)
    return any(word in _SUCCESSES and not _is_denied(words, n) for n, word in enumerate(words))
