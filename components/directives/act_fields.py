"""The fields that an act states: which belong to it, of what kind, and their values out of what was typed."""

from collections.abc import Mapping
from datetime import date
from enum import Enum, StrEnum
from typing import Any, NamedTuple

from components.ui.format import format_date
from components.ui.forms import day_fault_key
from ioc.domain.base.times import parse_day
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.acts import (
    ACT_RULES,
    Act,
    ActFields,
    Cause,
    CompletionResult,
    ReminderChannel,
    ReturnKind,
)

# What may be stated besides what ACT_RULES requires, in the order of the form.
_OPTIONAL: Mapping[Act, str] = {
    Act.REQUEST_ADJUSTMENT: "agency due",
    Act.DECIDE_ADJUSTMENT: "agency due text",
    Act.ASSIGN_INSIDE: "due text",
    Act.ASSIGN_COORDINATION_INSIDE: "due",
    Act.REPORT: "stage percent difficulties petition petition_to next_steps document_number document_date",
    Act.ANSWER_PETITION: "document_number document_date",
    Act.FORWARD_PETITION: "text",
    Act.REPLY_COORDINATION: "document_number document_date",
    Act.REQUEST_EXPLANATION: "due",
    Act.ANSWER_EXPLANATION: "document_number document_date",
    Act.DECIDE_EXPLANATION: "text",
    Act.REQUEST_EXTENSION: "basis",
    Act.DECIDE_EXTENSION: "due text basis",
    Act.EXTEND: "text",
    Act.PAUSE: "text",
    Act.RESUME: "basis text",
    Act.WITHDRAW: "text",
    Act.SUBMIT_COMPLETION: "document_number document_date",
    Act.CONFIRM_COMPLETION: "completed_on result effect_on text",
    Act.RETURN_COMPLETION: "due",
    Act.CONTINUE: "due",
    Act.TRANSFER: "text",
    Act.REMIND: "text document_number document_date",
    Act.PROPOSE: "is_granted due agency text",
}
DAYS = frozenset({"due", "until", "assigned_on", "document_date", "completed_on", "effect_on"})
AREAS = frozenset({"text", "difficulties", "petition", "next_steps"})
CHOICES: Mapping[str, type[StrEnum]] = {
    "cause": Cause, "return_kind": ReturnKind, "result": CompletionResult, "channel": ReminderChannel, "proposed": Act,
}  # fmt: skip
YES, NO = "yes", "no"  # values of the field is_granted
REFUSED = ("due", "agency")  # what a refusal does not state
_ANSWERED, _NONE = "refers_to", "-"
# The field that an error is about, where its parameters do not name it.
_FIELD_OF: Mapping[ActCode, str] = {
    ActCode.DUE_BEFORE_ASSIGNED: "due", ActCode.CHILD_AFTER_PARENT: "due", ActCode.EXTENSION_NOT_LATER: "due",
    ActCode.NO_DUE_DATE: "due", ActCode.DUE_NOT_ALLOWED: "due", ActCode.AGENCY_UNKNOWN: "agency",
    ActCode.AGENCY_ENDED: "agency", ActCode.AGENCY_CENTRAL: "agency",
    ActCode.LEAD_COORDINATES: "agency",
    ActCode.AGENCY_UNCHANGED: "agency", ActCode.HELD_ALREADY: "agency", ActCode.NOTHING_CHANGED: "due",
    ActCode.PERCENT_OUT_OF_RANGE: "percent",
    ActCode.PETITION_WITHOUT_ADDRESSEE: "petition_to", ActCode.PRODUCT_NUMBER_MISSING: "completed_on",
    ActCode.COMPLETED_BEFORE_ASSIGNED: "completed_on", ActCode.LINKED_TO_ITSELF: "linked_task",
    ActCode.UNKNOWN_TASK: "linked_task", ActCode.ALREADY_LINKED: "linked_task", ActCode.TOO_MANY_LINKS: "linked_task",
    ActCode.EXTERNAL_MASTER: "linked_task", ActCode.NOT_PROPOSABLE: "proposed",
}  # fmt: skip
_NAMING = (ActCode.FIELD_MISSING, ActCode.DAY_PAST, ActCode.FIELD_NOT_PROPOSED)  # whose parameter `field` names it


class ParsedAct(NamedTuple):
    """What was typed. `faults`: by field, the key of the text that says what is wrong."""

    stated: ActFields
    faults: Mapping[str, str]


def act_fields(act: Act) -> tuple[str, ...]:
    """The fields of an act, what it needs first."""
    required = [name for name in ACT_RULES[act].required if name != _ANSWERED]
    optional = [name for name in _OPTIONAL.get(act, "").split() if name not in required]
    answered = [_ANSWERED] if ACT_RULES[act].answers else []
    return (*answered, *required, *optional)


def is_required(act: Act, name: str) -> bool:
    """Whether the act needs the field."""
    return name in ACT_RULES[act].required


def field_of(code: str, params: Mapping[str, object], act: Act) -> str:
    """The field of the form of `act` that an error is about; "" for none."""
    if code == ActCode.COMPLETED_AFTER_SUBMISSION:
        return "completed_on" if act is Act.CONFIRM_COMPLETION else "document_date"
    named = str(params.get("field", "")) if code in _NAMING else ""
    name = named or next((field for each, field in _FIELD_OF.items() if each == code), "")
    return name if name in act_fields(act) else ""


def parse_act(act: Act, texts: Mapping[str, str], stages: Mapping[str, float]) -> ParsedAct:
    """What was typed into the form of `act`. Fields of other acts are left out. `stages`: their shares in percent."""
    values, faults = dict[str, Any](), dict[str, str]()
    for name in act_fields(act):
        text = texts.get(name, "").strip()
        text = "" if text == _NONE else text
        value = _value(name, text)
        if text and value is None:
            faults[name] = _fault(name, text)
        elif value is not None:
            values[name] = value
    if values.get("stage") in stages:
        share = stages[values["stage"]]
        if "percent" in faults or values.get("percent", share) != share:
            faults["percent"] = "tasks.percent_beside_stage"
        values["percent"] = share
    if values.get("is_granted") is False:  # a refusal states neither day nor agency, though the form had them
        values = {name: value for name, value in values.items() if name not in REFUSED}
    missing = (name for name in act_fields(act) if is_required(act, name) and name not in values)
    faults |= {name: "tasks.fill_in" for name in missing if name not in faults}
    return ParsedAct(ActFields(**values), faults)


def field_texts(act: Act, stated: ActFields) -> dict[str, str]:
    """What the form of `act` begins with where `stated` is given: the inverse of `parse_act`."""
    names = (name for name in act_fields(act) if stated.is_stated(name))
    return {name: _text(getattr(stated, name)) for name in names if not (name == "percent" and stated.stage)}


def _text(value: str | date | float | bool | Enum) -> str:
    if isinstance(value, date):
        return format_date(value)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return YES if value else NO
    return str(value).removesuffix(".0").replace(".", ",") if isinstance(value, float) else str(value)


def _fault(name: str, text: str) -> str:
    return day_fault_key(text) if name in DAYS else "tasks.no_number" if name == "percent" else "tasks.no_choice"


def _value(name: str, text: str) -> str | date | float | int | bool | Enum | None:
    """The value of a field; None for an empty one and for one that is none."""
    if not text:
        return None
    if name in DAYS:
        return parse_day(text)
    if name in CHOICES:
        return next((member for member in CHOICES[name] if member.value == text), None)
    if name == "is_granted":
        return {YES: True, NO: False}.get(text)
    if name == _ANSWERED:
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None
    return _percent(text) if name == "percent" else text


def _percent(text: str) -> float | None:
    try:
        value = float(text.replace("%", "").strip().replace(",", "."))
    except ValueError:
        return None
    return value if 0 <= value <= 100 else None
