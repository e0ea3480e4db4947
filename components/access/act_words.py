"""What an act on a task states, as the audit log keeps it, in words."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from components.ui.format import format_date, format_exact
from components.ui.i18n import catalogue, t
from ioc.domain.directives.acts import DAY_FIELDS

_ACTS = ("act", "proposed")
_CHOICES = ("cause", "return_kind", "result", "channel", "stage")
_NUMBERS = ("percent", "tasks")
_OWN = (
    "act",
    "assigned_on",
    "evidence",
    "tasks",
    "fields",
    "sha256",
    "name",
    "reason",
)  # keys beside those of ActFields


def fact_label(key: str, lang: str) -> str:
    """The words of a key of what an act states; an unknown one as it is."""
    known = f"audit_log.stated_{key}" if key in _OWN else f"tasks.field_{key}"
    return t(known, lang) if known in catalogue() else key


def fact_value(key: str, value: Any, lang: str) -> str:
    """The words of a value; an unknown one as it is."""
    if key in DAY_FIELDS and isinstance(value, str) and (day := _day(value)):
        return format_date(day)
    if key == "is_granted" and isinstance(value, bool):
        return t("tasks.granted" if value else "tasks.refused", lang)
    if key in _NUMBERS and isinstance(value, float | int):
        return format_exact(value)
    if key == "evidence" and isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_file(each) for each in value)
    if key == "fields" and isinstance(value, list):
        return ", ".join(_field(str(each), lang) for each in value)
    word = _word_key(key, value)
    return t(word, lang) if word in catalogue() else str(value)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _word_key(key: str, value: object) -> str:
    if key in _ACTS:
        return f"tasks.act_{value}"
    return f"tasks.kind_{value}" if key == "petition_to" else f"tasks.{key}_{value}" if key in _CHOICES else ""


def _file(value: object) -> str:
    return f"{value.get('name', '')} ({value.get('sha256', '')})" if isinstance(value, Mapping) else str(value)


def _field(name: str, lang: str) -> str:
    """A corrected fact, of a task with the key of the task before it."""
    task, _, field = name.rpartition(".")
    key = f"correction.fact_{field}"
    word = t(key, lang) if key in catalogue() else field
    return f"{task.removeprefix('nv-')}: {word}" if task else word
