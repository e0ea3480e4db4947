"""Acts on tasks as other systems are given them, by the API and by webhooks."""

from ioc.domain.directives.acts import ActFields
from ioc.domain.directives.evidence import StoredEvidence
from ioc.storage.directives.events import EventPage, ExternalEvent
from ioc.web.api.schemas import directive_acts as schemas

ACT_MESSAGE = "directive.act"  # type of the message of a webhook


def act_events(page: EventPage) -> schemas.ActEvents:
    """The acts of a page, and where the next one begins."""
    return schemas.ActEvents(events=[act_event(item) for item in page.events], next=page.last)


def act_event(item: ExternalEvent) -> schemas.ActEvent:
    """An act with its files."""
    return schemas.ActEvent(
        id=item.event.id, task=item.event.task, act=item.event.act, at=item.event.at, position=item.event.position,
        on_behalf_of=item.event.on_behalf_of, external_id=item.external_id, refers_to=item.event.stated.refers_to,
        stated=_stated(item.event.stated), evidence=[_evidence(file) for file in item.evidence],
    )  # fmt: skip


def act_message(item: ExternalEvent) -> bytes:
    """The body of the message of a webhook, in JSON: what `act_event` gives, with type and time."""
    data = act_event(item)
    return schemas.ActMessage(type=ACT_MESSAGE, timestamp=data.at, data=data).model_dump_json().encode()


def _evidence(stored: StoredEvidence) -> schemas.EvidenceItem:
    file = stored.file
    return schemas.EvidenceItem(
        id=stored.id, name=file.name, type=file.file_type, size_bytes=file.size_bytes, sha256=file.sha256
    )


def _stated(stated: ActFields) -> schemas.StatedFields:
    names = schemas.StatedFields.model_fields
    return schemas.StatedFields.model_validate({name: getattr(stated, name) for name in names})
