"""Schemas of directives that people and systems work in: documents, acts, statistics."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, FailFast, Field

from ioc.domain.base.text import REPLACEMENT, clean_text, has_forbidden_characters
from ioc.domain.directives.acts import Act, Cause, CompletionResult, ReminderChannel, ReturnKind
from ioc.domain.directives.directive import Horizon, OrderSource, Visibility
from ioc.domain.directives.document_checks import MAX_PARENTS
from ioc.domain.directives.evidence import EvidenceType
from ioc.domain.directives.statistics import AgencyView
from ioc.web.api.schemas.base import ApiModel, Moment

_TEXT, _LABEL, _ID = 4_000, 120, 100  # longest texts, in characters

_IMPERSONAL = "It is kept for ever: one with personal data (telephone, identity number, mail …) is refused."


def _printable(text: str) -> str:
    """Refuses an id or a key that cannot be stored and shown as it is: another one would be looked up."""
    if has_forbidden_characters(text) or REPLACEMENT in text:
        raise ValueError("control characters")
    return text


def _visible(text: str) -> str:
    """Refuses a text of which nothing would be stored."""
    if not clean_text(text).strip():
        raise ValueError("blank")
    return text


Id = Annotated[str, AfterValidator(_printable)]
Label = Annotated[str, AfterValidator(_visible)]


class StatedFields(ApiModel):
    """What is stated with an act; the act says what must be."""

    text: str = Field("", max_length=_TEXT, description="Content: result of a report, reason, question or answer.")
    basis: str = Field("", max_length=_LABEL, description="Number and date of the document that the act stands on.")
    agency: str = Field("", max_length=_LABEL, description="Key of the agency: assigned, transferred to, asked.")
    unit: str = Field("", max_length=_LABEL, description="Department or officer within the agency.")
    due: date | None = Field(None, description="Due date: assigned, asked for, granted, or supplementary.")
    until: date | None = Field(None, description="Day until which work is paused.")
    assigned_on: date | None = Field(None, description="Day of the assignment; by default today.")
    percent: float | None = Field(None, ge=0, le=100, description="Progress of the whole task.")
    stage: str = Field("", max_length=_LABEL, description="Stage of the product; its share is the progress.")
    difficulties: str = Field("", max_length=_TEXT, description="Difficulties, in a report.")
    petition: str = Field("", max_length=_TEXT, description="Kiến nghị: what is asked of somebody, in a report.")
    petition_to: str = Field("", max_length=_LABEL, description="Key of the agency or position that it is asked of.")
    next_steps: str = Field("", max_length=_TEXT, description="What follows, in a report.")
    document_number: str = Field("", max_length=_LABEL, description="Number of the signed document of the act.")
    document_date: date | None = Field(None, description="Its date.")
    completed_on: date | None = Field(None, description="Day of the product as the confirmer accepts it.")
    effect_on: date | None = Field(None, description="Day on which the effect is to be judged.")
    cause: Cause | None = Field(None, description="Cause of a delay.")
    is_granted: bool | None = Field(None, description="Whether a request is granted or an answer accepted.")
    return_kind: ReturnKind | None = Field(None, description="Why a completion report is returned.")
    result: CompletionResult | None = Field(None, description="Result of finished work.")
    channel: ReminderChannel | None = Field(None, description="How somebody was reminded.")
    proposed: Act | None = Field(None, description="The act that is proposed.")


class ActRequest(ApiModel):
    """An act on a task, by external ids; sent again it is not done again."""

    document: Id = Field(min_length=1, max_length=_ID, description="External id of the document.")
    task: Id = Field(min_length=1, max_length=_ID, description="External id of the task.")
    external_id: Id = Field(min_length=1, max_length=_ID, description=f"External id of the act. {_IMPERSONAL}")
    act: Act = Field(description="What is done.")
    refers_to: Id = Field("", max_length=_ID, description="External id of the act that is answered.")
    stated: StatedFields = Field(StatedFields.model_construct(), description="What is stated with the act.")


class ActResponse(ApiModel):
    """The act as it was stored, and the task after it."""

    id: int = Field(description="Number of the act.")
    task: str = Field(description="Key of the task.")
    is_repeated: bool = Field(description="Whether the act had been done before and was not repeated.")
    work_state: str = Field(description="not_started, active, awaiting_acceptance, done, paused or withdrawn.")
    due_on: date | None = Field(description="Current due date; null for no deadline.")
    holder: str = Field(description="Key of the agency that holds the task.")
    refused_links: dict[str, str] = Field(
        {}, description="Keys of linked tasks that did not take the report, with the code of the reason."
    )


class TaskUpsert(ApiModel):
    """A task of a document, by its external id."""

    external_id: Id = Field(min_length=1, max_length=_ID, description=f"External id of the task. {_IMPERSONAL}")
    title: Label = Field(min_length=1, max_length=_TEXT, description="What is to be done.")
    lead: Id = Field(min_length=1, max_length=_LABEL, description="The lead agency: key, short name or official name.")
    coordinating: Annotated[tuple[str, ...], FailFast()] = Field(
        (), max_length=200, description="Keys of the coordinating agencies."
    )
    assigned_on: date = Field(description="Day of the assignment.")
    due: date | None = Field(None, description="Due date; null for no deadline.")
    weight: float = Field(1.0, gt=0, le=1_000_000, description="Weight within the document.")
    product: str = Field("", max_length=_TEXT, description="The product.")
    part_of: Id = Field("", max_length=_ID, description="External id of the order that it carries out.")
    place: Id = Field("", max_length=_LABEL, description="Code of the commune or ward; empty for the whole city.")
    horizon: Horizon | Literal[""] = Field("", description="How far it reaches; empty where it is not stated.")
    is_order: bool = Field(False, description="Whether it is given to several agencies, each by a part of it.")


class DocumentUpsert(ApiModel):
    """A document with its tasks, by external id: new, or changed. Tasks that are left out stay."""

    external_id: Id = Field(min_length=1, max_length=_ID, description=f"External id of the document. {_IMPERSONAL}")
    number: Label = Field(min_length=1, max_length=_LABEL, description="Number as printed.")
    issued_on: date = Field(description="Day of issue.")
    title: Label = Field(min_length=1, max_length=_TEXT, description="Title.")
    kind: Label = Field(min_length=1, max_length=_LABEL, description="Kind of document, such as công văn.")
    issuer: Id = Field(min_length=1, max_length=_LABEL, description="Key of the agency that issued it.")
    source: OrderSource = Field(description="Who gave the order.")
    sphere: str = Field("", max_length=_LABEL, description="Lĩnh vực: key of the sphere.")
    visibility: Visibility = Field(Visibility.INTERNAL, description="Who may see it.")
    secrecy: str = Field("", max_length=40, description="Degree of secrecy; a document that has one is refused.")
    parents: Annotated[tuple[Annotated[Id, Field(max_length=_LABEL)], ...], FailFast()] = Field(
        (), max_length=MAX_PARENTS, description="Keys of the documents that it carries out."
    )
    tasks: Annotated[tuple[TaskUpsert, ...], FailFast()] = Field(
        (), max_length=500, description="Its tasks, which are assigned at once."
    )


class DocumentResponse(ApiModel):
    """The document as it was stored."""

    key: str = Field(description="Key of the document here.")
    assigned_tasks: tuple[str, ...] = Field(description="Keys of the tasks that were assigned now.")


class EvidenceItem(ApiModel):
    """A file that an act carries; GET /directives/evidence/<id> gives its content."""

    id: int = Field(description="Number of the file.")
    name: str = Field(description="Name of the file, with the ending of its type.")
    type: EvidenceType = Field(description="Its type, by its content.")
    size_bytes: int = Field(description="Size in bytes.")
    sha256: str = Field(description="SHA-256 of its content, in hexadecimal.")


class ActEvent(ApiModel):
    """An act on a task."""

    id: int = Field(description="Number of the act; it grows with time.")
    task: str = Field(description="Key of the task: document/task.")
    act: Act = Field(description="What was done.")
    at: Moment = Field(description="When it became known.")
    position: str = Field(description="Key of the position that did it.")
    on_behalf_of: str = Field(description="Key of the position that was substituted; empty for none.")
    external_id: str = Field(description="External id of the act; empty for none.")
    refers_to: int | None = Field(description="Number of the act that was answered; null for none.")
    stated: StatedFields = Field(description="What was stated with the act.")
    evidence: list[EvidenceItem] = Field([], description="The files that it carries.")


class ActEvents(ApiModel):
    """Acts on all tasks in the order in which they became known."""

    events: list[ActEvent] = Field(description="The acts.")
    next: int = Field(description="`after` of the next request.")


class ActMessage(ApiModel):
    """The body of a message to the address of a system (webhooks.yaml)."""

    type: str = Field(description='"directive.act".')
    timestamp: Moment = Field(description="When the act became known.")
    data: ActEvent = Field(description="The act, as /directives/events gives it.")


class RateFigure(ApiModel):
    """A rate with its denominator."""

    part: int = Field(description="Numerator.")
    whole: int = Field(description="Denominator.")
    denominator: str = Field(description="What the denominator counts: all, with_due_date, decided, done or open.")
    percent: float | None = Field(description="Exact; null of nothing.")


class TaskHandling(ApiModel):
    """How tasks were handled: paused and withdrawn ones too, an order to several agencies by its parts."""

    received_count: int = Field(description="Tasks that the agency that holds them has received.")
    received_days_mean: float | None = Field(
        description="Mean days from the moment at which such a task came to it (assignment, transfer, granted "
        "adjustment) to its receipt; null of none."
    )
    returns: int = Field(description="Returns of completion reports to agencies.")
    returned_count: int = Field(description="Tasks whose completion report was returned at least once.")
    office_days: int = Field(
        description="Days past the due date that returned completion reports spent at the Office, since the due date "
        "was set last; they are not days overdue."
    )
    open_petitions: int = Field(description="Petitions (kiến nghị) that are not answered.")
    petition_count: int = Field(description="Tasks with such a petition.")


class AgencyFigures(ApiModel):
    """The tasks of an agency."""

    total: int = Field(description="All tasks except paused and withdrawn ones.")
    done: int = Field(description="Finished tasks.")
    open: int = Field(description="Open tasks.")
    on_time: int = Field(description="Finished by the due date.")
    late: int = Field(description="Finished after the due date.")
    overdue: int = Field(description="Open and past the due date.")
    due_soon: int = Field(description="Open and due within 7 days.")
    awaiting_acceptance: int = Field(description="Completion reports that wait for confirmation.")


class DirectiveFigures(ApiModel):
    """Statistics at a moment, of the tasks that the asker may see.

    The states of by_state add up to total, paused and withdrawn tasks.
    """

    at: Moment = Field(description="The moment, as it was known then.")
    view: AgencyView = Field(description="Whether tasks count for the agency that they were assigned to or that holds.")
    total: int = Field(description="Tasks by agency, without paused and withdrawn ones.")
    task_count: int = Field(description="The same, an order to several agencies counted once, as on the pages.")
    paused: int = Field(description="Paused tasks, beside the total.")
    withdrawn: int = Field(description="Withdrawn tasks, beside the total.")
    by_state: dict[str, int] = Field(description="Tasks by work state.")
    by_agency: dict[str, AgencyFigures] = Field(description="By key of the agency; empty key: no agency holds them.")
    ageing: dict[str, int] = Field(description="Overdue tasks by days past the due date.")
    rates: dict[str, RateFigure] = Field(description="Rates by name; those ending in _first by the first due date.")
    late_at_office: int = Field(description="Completion reports that wait for more than five working days.")
    handling: TaskHandling = Field(description="How the tasks of by_state were handled.")
    handling_by_agency: dict[str, TaskHandling] = Field(description="The same, by the keys of by_agency.")
