"""The bodies of documents and tasks: dataclasses as JSON."""

import json
from dataclasses import fields
from datetime import date, datetime
from typing import Any

import orjson

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.acts import ActFields
from ioc.domain.directives.directive import (
    Correction,
    Document,
    FactChange,
    InstructionAct,
    InstructionOrigin,
    InstructionStep,
    Milestone,
    Task,
)
from ioc.storage.db.damaged_rows import reads_records


def to_json(value: Any) -> str:
    """A dataclass as JSON."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


@reads_records
def read_header(text: str) -> Document:
    """The document, without its tasks, that a body describes."""
    body = json.loads(text)
    if body["origin"]:
        body["origin"] = InstructionOrigin(**_typed(body["origin"], InstructionOrigin))
    body["corrections"] = tuple(map(_correction, body.get("corrections", ())))
    body["steps"] = tuple(map(_step, body.get("steps", ())))
    return Document(**_typed(body, Document) | {"tasks": ()})


def _correction(body: dict[str, Any]) -> Correction:
    return Correction(**_typed(body, Correction) | {"changes": _changes(body)})


def _step(body: dict[str, Any]) -> InstructionStep:
    act = InstructionAct(body["act"])
    return InstructionStep(**_typed(body, InstructionStep) | {"act": act, "changes": _changes(body)})


def _changes(body: dict[str, Any]) -> tuple[FactChange, ...]:
    return tuple(FactChange(**each) for each in body["changes"])


@reads_records
def read_task(text: str) -> Task:
    """The task that a body describes."""
    body = json.loads(text)
    body["milestones"] = tuple(Milestone(**_typed(item, Milestone)) for item in body["milestones"])
    return Task(**_typed(body, Task))


def stated_text(stated: ActFields) -> str:
    """What an act states as JSON."""
    return json.dumps(stated.to_json(), ensure_ascii=False, sort_keys=True)


def read_stated(text: str) -> ActFields:
    """What an act states, by its body."""
    return ActFields.from_json(json.loads(text))


def _typed(body: dict[str, Any], kind: type) -> dict[str, Any]:
    """The values of a JSON object as the fields of the dataclass `kind` have them."""
    return {item.name: _value(body[item.name], str(item.type)) for item in fields(kind) if item.name in body}


def _value(value: Any, kind: str) -> Any:
    if isinstance(value, dict):
        return LocalizedText(**value)
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, str) and "datetime.datetime" in kind:
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(value, str) and "datetime.date" in kind else value
