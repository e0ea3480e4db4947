"""What a server says of a failure, in the JSON of an answer."""

from typing import Any

# Names of fields, of small letters and digits only, the surest first.
_KEYS = (
    "message", "msg", "errormessage", "errormsg", "errordescription", "errorreason", "reason", "detail", "details",
    "description", "errmsg", "resultmsg", "resultmessage", "thongbao", "thongdiep", "error", "errors",
)  # fmt: skip
_MAX_DEPTH = 8


def plain_name(name: str) -> str:
    """`name` of a field without case and signs: "errormessage" of "error_message" and "errorMessage"."""
    return "".join(filter(str.isalnum, name)).lower()


def server_message(document: Any, depth: int = 0) -> str:
    """The first text of a field that holds messages, also inside other such fields; "" for none."""
    if depth >= _MAX_DEPTH:
        return ""
    if isinstance(document, list):
        document = next(iter(document), None)
    if isinstance(document, dict):
        fields = {plain_name(str(name)): value for name, value in document.items()}
        messages = (server_message(fields.get(key), depth + 1) for key in _KEYS)
        return next(filter(None, messages), "")
    return document.strip() if isinstance(document, str) else ""
