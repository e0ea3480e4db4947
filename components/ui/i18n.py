"""The one catalogue of what screens say: every file of messages/ and messages/errors/, key -> {vi, en}."""

import tomllib
from functools import cache
from pathlib import Path

LANGS = ("vi", "en")


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """All messages: "file.key" or "errors.file.key" -> {"vi": …, "en": …}."""
    found: dict[str, dict[str, str]] = {}
    root = Path(__file__).parents[1] / "messages"
    for path in sorted(root.rglob("*.toml")):
        prefix = ".".join(path.relative_to(root).with_suffix("").parts)
        for key, message in tomllib.loads(path.read_text("utf-8")).items():
            found[f"{prefix}.{key}"] = message
    return found


def t(key: str, lang: str, /, **parts: object) -> str:
    """The message `key` in `lang` with its {parts} filled in. KeyError if it is not in the catalogue."""
    message = catalogue()[key][lang]
    return message.format(**parts) if parts else message
