"""The fields of an item that name its sensor, station or device: by their names, as answers of any form have them."""

import json
import re
from collections.abc import Iterator
from typing import Any

from ioc.domain.base.slug import without_accents
from ioc.domain.base.text_cache import cache_short_texts

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")  # of camel case and of words with any separator
_IDS = ("id", "uid", "iot id")
_ID_WORD = "(id|uid|code|ma|no|number|num|key|ref|eui|addr|address|serial)"
_KIND = (
    "(device|dev|station|stn|site|sensor|meter|gauge|probe|buoy|node|thing|datastream|entity|ward|commune"
    "|tram|thiet bi|cam bien|diem do|dong ho|dia diem|xa|phuong|xa phuong|phuong xa)"
)
_NAMES = re.compile(rf"(name|ten|ma|{_KIND}|{_KIND} (name|ten|info)|(ten|name) {_KIND})")
_KEYS = re.compile(rf"({_KIND} {_ID_WORD}|(ma|id) {_KIND}|deveui|devaddr|imei|eui)")
# Objects whose fields are looked through like those of the item itself.
_CONTAINERS = ("parent", "properties", "tags", "labels", "attributes", "metadata", "meta")


def sensor_fields(item: Any) -> Iterator[tuple[str, Any]]:
    """Each such field as JMESPath, with its text or whole number.

    A field without a word for an id ("station") may measure something, so that only its texts count.
    """
    if isinstance(item, dict):
        yield from _fields(item, "", is_sensor=False)


def _fields(fields: dict[str, Any], path: str, *, is_sensor: bool) -> Iterator[tuple[str, Any]]:
    for name, value in fields.items():
        kind = sensor_kind(name)
        inner = f"{path}{quoted(name)}"
        if isinstance(value, dict):
            if not path and (kind == "name" or name in _CONTAINERS):
                yield from _fields(value, f"{inner}.", is_sensor=kind == "name")
        elif isinstance(value, str):
            if value.strip() and (kind or (is_sensor and name in ("code", "key", "number"))):
                yield inner, value
        elif type(value) is int and kind in ("id", "key"):
            yield inner, value


@cache_short_texts(4096)
def sensor_kind(name: str) -> str:
    """What a field of this name is: "id" of something, "key" or "name" of a sensor; "" for anything else."""
    words = " ".join(word.lower() for word in _WORD.findall(without_accents(name)))
    if words in _IDS:
        return "id"
    return "key" if _KEYS.fullmatch(words) else "name" if _NAMES.fullmatch(words) else ""


def quoted(name: str) -> str:
    """`name` as JMESPath: one that is no identifier is in quotes."""
    return name if name.isidentifier() and name.isascii() else json.dumps(name, ensure_ascii=False)
