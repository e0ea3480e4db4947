"""The catalogue of texts: every file of messages/ and messages/errors/, key -> {vi, en}."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

LANGS = ("vi", "en")
Part = str | float | Path  # what fills a hole of a text


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """All messages: "file.key" or "errors.file.key" -> {"vi": …, "en": …}."""
    messages: dict[str, dict[str, str]] = {}
    root = Path(__file__).parents[1] / "messages"
    for path in sorted(root.rglob("*.toml")):
        prefix = ".".join(path.relative_to(root).with_suffix("").parts)
        for key, message in tomllib.loads(path.read_text("utf-8")).items():
            messages[f"{prefix}.{key}"] = message
    return messages


class _CountFormatter(Formatter):
    """Formats as `str.format`, and `{n:task|tasks}` as the first word beside the number 1, else as the second."""

    def format_field(self, value: Any, format_spec: str) -> str:
        singular, bar, plural = format_spec.partition("|")
        if not bar:
            return str(super().format_field(value, format_spec))
        return singular if str(value) == "1" else plural


_COUNT_FORMATTER = _CountFormatter()


def fill(message: str, parts: Mapping[str, object]) -> str:
    """`message` with its holes filled; `{n:task|tasks}` is the word that fits n. KeyError for a missing part."""
    return _COUNT_FORMATTER.vformat(message, (), parts) if "|" in message else message.format_map(parts)


def t(key: str, lang: str, /, **parts: Part) -> str:
    """The text of `key` in `lang` with its holes filled from `parts`. KeyError if the catalogue has no such key."""
    message = catalogue()[key][lang]
    return fill(message, parts) if parts else message
