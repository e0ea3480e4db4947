"""The catalogue of texts: every file of messages/ and messages/errors/, key -> {vi, en}."""

import tomllib
from functools import cache
from pathlib import Path

LANGS = ("vi", "en")


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


def t(key: str, lang: str, /, **parts: object) -> str:
    """The text of `key` in `lang` with its holes filled from `parts`. KeyError if the catalogue has no such key."""
    message = catalogue()[key][lang]
    return message.format(**parts) if parts else message
