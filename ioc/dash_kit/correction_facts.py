"""What was typed of an entered document, or of one of its tasks, as facts; and what is wrong, by field."""

from collections.abc import Mapping, Sequence

from components.directives.correction import (
    COORDINATING,
    DUE,
    ISSUED,
    ISSUER,
    LEAD,
    NUMBER,
    PLACE,
    TITLE,
    WEIGHT,
    TypedFacts,
    parse_weight,
    task_texts,
)
from components.ui.error_messages import describe
from components.ui.forms import Option, day_errors
from components.ui.i18n import t
from ioc.dash_kit.context import lang, service
from ioc.dash_kit.typed import InputError, typed_text
from ioc.directives.context import DirectiveContext
from ioc.domain.base.failure import Failure
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import parse_day
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.agency import assignable, match_agencies
from ioc.domain.directives.correction import DocumentFacts, TaskFacts
from ioc.domain.directives.directive import Document, OrderSource, Task
from ioc.domain.directives.document_form import due_failure, parse_horizon, parse_place
from ioc.domain.directives.due_words import parse_due


def issuer_options(stands: str) -> list[Option]:
    """The agencies that exist, and the one that stands, by name."""
    context, now = service(DirectiveContext), lang()
    day, agencies = context.today(), context.agencies.values()
    shown = (each for each in agencies if each.key == stands or each.until is None or each.until >= day)
    return sorted(((each.key, each.short_name.get(now)) for each in shown), key=lambda option: option[1])


def lead_options() -> list[Option]:
    """The agencies that take tasks, by name."""
    context = service(DirectiveContext)
    takers = assignable(context.agencies, context.today())
    return [option for option in issuer_options("") if option[0] in takers]


def document_facts(document: Document, texts: TypedFacts) -> tuple[DocumentFacts | None, dict[str, str]]:
    """What was typed of a document, and what is wrong by field."""
    now, day = lang(), parse_day(texts.issued)
    known = {document.issuer, *(key for key, _ in issuer_options(""))}
    if texts.source not in {"", *OrderSource} or texts.issuer not in {"", *known}:
        raise InputError("not among what was offered")
    errors = day_errors({ISSUED: texts.issued}, now, required=(ISSUED,)) | _missing(
        {NUMBER: texts.number, TITLE: texts.title} | ({ISSUER: texts.issuer} if document.issuer else {})
    )
    if day is None or errors:
        return None, errors
    title = _text(texts.title, document.title)
    sphere = document.sphere if texts.sphere == document.sphere else typed_text(texts.sphere, 120).casefold()
    return DocumentFacts(typed_text(texts.number, 120), day, title, texts.source, texts.issuer, sphere), {}


def _text(typed: str, stored: LocalizedText) -> str:
    return stored.vi if typed == stored.vi else typed_text(typed, 4000)


def _missing(texts: Mapping[str, str]) -> dict[str, str]:
    return {field: t("common.missing", lang()) for field, text in texts.items() if not text.strip()}


def task_facts(task: Task, texts: TypedFacts) -> tuple[TaskFacts | None, dict[str, str]]:
    """What was typed of a task, and what is wrong by field. A text that was not touched is the fact that it shows."""
    now, context, errors = lang(), service(DirectiveContext), _missing({TITLE: texts.title})
    shown, year = task_texts(task, context.units, context.agencies), (task.due or task.assigned_on).year
    place = task.place if texts.place == shown.place else parse_place(texts.place, context.places)
    weight = task.weight if texts.weight == shown.weight else parse_weight(texts.weight)
    stated = (task.due, task.due_words) if texts.due == shown.due else parse_due(texts.due, year)
    horizon = parse_horizon(texts.horizon)
    if horizon is None:
        raise InputError("not among what was offered")
    if place is None:
        errors[PLACE] = describe(Failure(ActCode.PLACE_UNKNOWN, {"place": texts.place[:60]}), now)
    if weight is None:
        errors[WEIGHT] = describe(Failure(ActCode.WEIGHT_NOT_POSITIVE), now)
    if stated is None:
        errors[DUE] = describe(due_failure(texts.due), now)
    lead = (task.lead,) if texts.lead == shown.lead else _agencies(LEAD, texts.lead, errors)
    coordinating = (
        task.coordinating
        if texts.coordinating == shown.coordinating
        else _agencies(COORDINATING, texts.coordinating, errors, lead)
    )
    if len(lead) != 1 and LEAD not in errors:
        errors[LEAD] = t("correction.one_lead", now)
    if errors or place is None or weight is None or stated is None:
        return None, errors
    return TaskFacts(
        task.key, _text(texts.title, task.title), place, horizon, weight, *stated, lead[0], coordinating
    ), {}


def _agencies(field: str, text: str, errors: dict[str, str], leads: Sequence[str] = ()) -> tuple[str, ...]:
    """The agencies that a text names, `leads`: beside these; what is wrong with it is added to `errors`."""
    context = service(DirectiveContext)
    try:
        match = match_agencies(text, context.agencies, context.today(), leads)
    except ActError as error:
        errors[field] = describe(error.failure, lang())
        return ()
    if match.unknown:
        errors[field] = describe(Failure(ActCode.AGENCY_UNKNOWN, {"agency": ", ".join(match.unknown)[:120]}), lang())
    return match.keys
