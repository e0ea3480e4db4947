"""Topics and the filters that choose among them."""

from typing import Annotated, Any

from pydantic import AfterValidator

from ioc.domain.base.option_errors import ConfigValueError, OptionCode

MAX_TOPIC_LENGTH = 1000  # characters of a topic; the protocol allows 65,535 bytes


def _validate_filter(text: str) -> str:
    levels = text.split("/")
    if not text or len(text) > MAX_TOPIC_LENGTH or "\0" in text:
        raise ConfigValueError(OptionCode.TOPIC_LENGTH)
    if "#" in "".join(levels[:-1]) or any(one != "+" and "+" in one for one in levels):
        raise ConfigValueError(OptionCode.TOPIC_WILDCARDS, topic=text)
    if levels[-1] != "#" and "#" in levels[-1]:
        raise ConfigValueError(OptionCode.TOPIC_LAST_LEVEL, topic=text)
    return text


TopicFilter = Annotated[str, AfterValidator(_validate_filter)]


def has_wildcard(pattern: str) -> bool:
    """Whether `pattern` may fit several topics."""
    return "+" in pattern or pattern.endswith("#")


def matches(pattern: str, topic: str) -> bool:
    """Whether `topic` is one of those that `pattern` chooses."""
    if not has_wildcard(pattern):
        return pattern == topic
    asked, given = pattern.split("/"), topic.split("/")
    if topic.startswith("$") and asked[0] in ("+", "#"):
        return False  # what a server tells of itself is asked for by name only
    if asked[-1] == "#":
        asked.pop()
        given = given[: len(asked)]
    return len(asked) == len(given) and all(one in ("+", level) for one, level in zip(asked, given, strict=True))


def topic_context(topic: str) -> dict[str, Any]:
    """What expressions of the row find under `mqtt`."""
    return {"topic": topic, "levels": topic.split("/")}
