"""/api/v1/directives: statistics, all acts since a number, and documents and acts from a named system by its key."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar, get_args

from flask import Blueprint, Response, request
from pydantic import ValidationError

from ioc.config.configuration import Configuration
from ioc.directives import queries
from ioc.directives.act_command import ActCommand
from ioc.directives.acts import perform_act
from ioc.directives.context import DirectiveContext
from ioc.directives.documents import DocumentEntry, enter_document
from ioc.directives.external import external_document_key, external_task_key, system_of
from ioc.domain.access.permissions import Action
from ioc.domain.access.principal import PrincipalKind
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import ActFields
from ioc.domain.directives.agency import AgencyNames, present_holder
from ioc.domain.directives.counts import OVERDUE_BUCKETS
from ioc.domain.directives.directive import Document, Task
from ioc.domain.directives.positions import Position
from ioc.domain.directives.progress import DocumentView
from ioc.domain.directives.statistics import AgencyView, DirectiveStatistics, named_rates
from ioc.web.api import params
from ioc.web.api.params import ApiError
from ioc.web.api.schemas import directive_acts as schemas
from ioc.web.api.schemas.base import ApiModel
from ioc.web.api.serializers.act_events import act_events
from ioc.web.errors.codes import ApiCode, RequestCode
from ioc.web.errors.request_error import RequestError
from ioc.web.middleware.authorization import current_principal, requires

PREFIX = "/api/v1/directives"
_MAX_BODY_BYTES = 1_048_576
_MAX_NUMBER_DIGITS = 18
Body = TypeVar("Body", bound=ApiModel)


def blueprint(
    context: DirectiveContext, configuration_at: Callable[[datetime], Configuration | None]
) -> Blueprint:  # fmt: skip
    """The routes over `context`. `configuration_at`: the one in force at a past moment, None for that of `context`."""
    api = Blueprint("directives_api", __name__, url_prefix=PREFIX)

    @api.get("/statistics")
    @requires(Action.READ_API)
    def statistics() -> Response:
        query = params.query_params("at", "view")
        moment = params.time_param(query, "at")
        if moment is not None and moment > context.clock():
            raise ApiError(ApiCode.FUTURE_TIME, name="at")
        then = None if moment is None else configuration_at(moment)
        return _json(_figures(queries.statistics(context, moment, _view(query), current_principal(), then)))

    @api.get("/events")
    @requires(Action.ACT_ON_DIRECTIVES)
    def events() -> Response:
        query = params.query_params("after", "limit")
        after, limit = _number(query, "after", 0), _number(query, "limit", 500)
        return _json(_events(context, after, max(limit, 1)))

    @api.post("/documents")
    @requires(Action.ACT_ON_DIRECTIVES)
    def documents() -> Response:
        return _json(_upsert(context, _system(context), _body(schemas.DocumentUpsert)))

    @api.post("/acts")
    @requires(Action.ACT_ON_DIRECTIVES)
    def acts() -> Response:
        return _json(_act(context, _system(context), _body(schemas.ActRequest)))

    return api


def followed(context: DirectiveContext, key: str) -> DocumentView | None:
    """A document that is followed here, as the caller may see it; None for an unknown one."""
    try:
        return queries.find_document(context, key, current_principal(), Action.READ_API)
    except ActError as error:
        if error.failure.code != ActCode.UNKNOWN_DOCUMENT:
            raise
    return None


def _view(query: Mapping[str, str]) -> AgencyView:
    try:
        return AgencyView(query.get("view", AgencyView.ASSIGNED))
    except ValueError:
        raise ApiError(ApiCode.BAD_FIELD, name="view") from None


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_NUMBER_DIGITS):
        raise ApiError(ApiCode.BAD_FIELD, name=name)
    return int(text)


def _body(model: type[Body]) -> Body:
    """The request's JSON. Its errors name the field, never the value: it may be of a secret document."""
    if request.mimetype != "application/json":
        raise RequestError(RequestCode.UNSUPPORTED_CONTENT_TYPE)
    request.max_content_length = _MAX_BODY_BYTES
    body = params.json_body(request.get_data())
    try:
        return model.model_validate_json(body, strict=True)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        name, allowed = _stated_field(model, first["loc"])
        if allowed:
            raise ApiError(ApiCode.BAD_CHOICE, name=name, allowed=allowed) from None
        raise ApiError(ApiCode.BAD_FIELD, name=name) from None


def _stated_field(model: type[ApiModel], place: Sequence[str | int]) -> tuple[str, str]:
    """Name and allowed values of the field at `place`, "" where it takes any; unknown names of a body are quoted."""
    annotation: Any = model
    for count, part in enumerate(place, 1):
        fields = getattr(annotation, "model_fields", {})
        inner = (
            get_args(annotation)[:1] if isinstance(part, int) else [fields[part].annotation] if part in fields else []
        )
        if not inner:
            place = place[:count] if fields else place[: count - 1]  # a variant of a union is no field
            break
        annotation = inner[0]
    kinds = (each for each in (annotation, *get_args(annotation)) if isinstance(each, type))
    values = next((tuple(each) for each in kinds if issubclass(each, StrEnum)), ())
    return ".".join(map(str, place))[:80], ", ".join(values)


def _json(model: ApiModel) -> Response:
    response = Response(model.model_dump_json(), mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _figures(found: DirectiveStatistics) -> schemas.DirectiveFigures:
    names = [f"{low}-{high}" if high else f"over_{low - 1}" for low, high in OVERDUE_BUCKETS]
    return schemas.DirectiveFigures(
        at=found.at,
        view=found.view,
        total=found.counts.total,
        task_count=found.numbers.tasks,
        paused=found.counts.paused,
        withdrawn=found.counts.withdrawn,
        by_state={state.value: size for state, size in found.by_state.items()},
        by_agency={
            key: schemas.AgencyFigures.model_validate(counts, from_attributes=True)
            for key, counts in found.by_agency.items()
        },
        ageing=dict(zip(names, found.ageing, strict=True)),
        rates={
            name: schemas.RateFigure.model_validate(rate, from_attributes=True)
            for name, rate in named_rates(found.counts, found.first_counts).items()
        },
        late_at_office=found.late_at_office,
        handling=schemas.TaskHandling.model_validate(found.handling, from_attributes=True),
        handling_by_agency={
            key: schemas.TaskHandling.model_validate(handling, from_attributes=True)
            for key, handling in found.handling_by_agency.items()
        },
    )


def _events(context: DirectiveContext, after: int, limit: int) -> schemas.ActEvents:
    principal = current_principal()
    if principal.kind is PrincipalKind.API_KEY:
        system_of(context, principal)  # says what is missing
    return act_events(queries.events_after(context, after, limit, principal))


def _system(context: DirectiveContext) -> Position:
    """The caller's position: asked for before a body is parsed."""
    return system_of(context, current_principal())


def _upsert(context: DirectiveContext, system: Position, body: schemas.DocumentUpsert) -> schemas.DocumentResponse:
    names = _Agencies(context, body.issued_on)
    document = Document(
        "", body.number, LocalizedText(body.title), body.kind, body.issuer,
        body.issued_on, None, tuple(_task(task, names) for task in body.tasks), body.parents, source=body.source.value,
        sphere=body.sphere, visibility=body.visibility.value, external_id=body.external_id,
    )  # fmt: skip
    entry = DocumentEntry(document, system.key, secrecy=body.secrecy, assign=True)
    results = enter_document(context, entry, current_principal())
    key = external_document_key(context, system, body.external_id)
    return schemas.DocumentResponse(key=key, assigned_tasks=tuple(result.event.task for result in results))


class _Agencies:
    """Agencies as a system writes them: by key, short name or official name, read as in sheets.

    `day`: of the document; agencies that ended before are not named by it.
    """

    def __init__(self, context: DirectiveContext, day: date) -> None:
        self._agencies, self._day = context.agencies, day

    @cached_property
    def _names(self) -> AgencyNames:
        return AgencyNames(self._agencies, self._day)

    def key(self, text: str) -> str:
        """The key of the one agency that `text` names. ActError (AGENCY_NOT_NAMED) for none or several."""
        if text in self._agencies:
            return text
        match = self._names.match(text)
        if match.unknown or len(match.keys) != 1:
            raise ActError(ActCode.AGENCY_NOT_NAMED, agency=text[:120])
        return match.keys[0]


def _task(task: schemas.TaskUpsert, names: _Agencies) -> Task:
    return Task(
        "", LocalizedText(task.title), names.key(task.lead), task.assigned_on, task.due, task.weight,
        task.coordinating, LocalizedText(task.product), part_of=task.part_of, is_order=task.is_order,
        external_id=task.external_id, place=task.place, horizon=task.horizon,
    )  # fmt: skip


def _act(context: DirectiveContext, system: Position, body: schemas.ActRequest) -> schemas.ActResponse:
    key = external_task_key(context, system, body.document, body.task)
    stated = ActFields(**body.stated.model_dump(exclude_unset=True))
    command = ActCommand(
        key, body.act, stated, system.key, external_id=body.external_id, refers_to_external=body.refers_to
    )
    result = perform_act(context, command, current_principal())
    return schemas.ActResponse(
        id=result.event.id,
        task=key,
        is_repeated=result.is_repeated,
        work_state=result.state.work_state.value,
        due_on=result.state.due,
        holder=present_holder(context.agencies, result.state.holder, context.today()),
        refused_links={task: str(failure.code) for task, failure in result.refused_links.items()},
    )
