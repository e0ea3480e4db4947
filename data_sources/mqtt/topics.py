"""Topics and topic filters (MQTT 5, 4.7)."""

from typing import Annotated, Any

from pydantic import AfterValidator

from ioc.domain.base.option_errors import ConfigValueError, OptionCode

MAX_TOPIC_LENGTH = 1000  # characters; the protocol allows 65,535 bytes


def _validate_filter(text: str) -> str:
    levels = text.split("/")
    if not text or len(text) > MAX_TOPIC_LENGTH or "\0" in text:
        raise ConfigValueError(OptionCode.TOPIC_LENGTH)
    if "#" in "".join(levels[:-1]) or any(level != "+" and "+" in level for level in levels):
        raise ConfigValueError(OptionCode.TOPIC_WILDCARDS, topic=text)
    if levels[-1] != "#" and "#" in levels[-1]:
        raise ConfigValueError(OptionCode.TOPIC_LAST_LEVEL, topic=text)
    return text


TopicFilter = Annotated[str, AfterValidator(_validate_filter)]


def has_wildcard(pattern: str) -> bool:
    """Whether `pattern` may match several topics."""
    return "+" in pattern or pattern.endswith("#")


def matches(pattern: str, topic: str) -> bool:
    """Whether the filter `pattern` matches `topic`."""
    if not has_wildcard(pattern):
        return pattern == topic
    filters, levels = pattern.split("/"), topic.split("/")
    if topic.startswith("$") and filters[0] in ("+", "#"):
        return False  # topics of the server itself match only by name
    if filters[-1] == "#":
        filters.pop()
        levels = levels[: len(filters)]
    return len(filters) == len(levels) and all(
        wanted in ("+", level) for wanted, level in zip(filters, levels, strict=True)
    )


def topic_context(topic: str) -> dict[str, Any]:
    """What expressions of the mapping find under `mqtt`."""
    return {"topic": topic, "levels": topic.split("/")}
