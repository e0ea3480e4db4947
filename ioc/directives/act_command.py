"""What an act on a task is asked with."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ioc.directives.context import StoredTexts
from ioc.domain.base.text import clean_text
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import TEXT_FIELDS, Act, ActFields
from ioc.domain.directives.evidence import EvidenceFile
from ioc.domain.events.personal_ids import is_personal_id

_MAX_TEXT, _MAX_LABEL = 4_000, 120
_LABELS = ("basis", "agency", "unit", "stage", "petition_to", "document_number", "linked_task")
_MAX_TASK_KEY = 250


@dataclass(frozen=True, slots=True)
class ActCommand:
    """An act. `expected_version`: that of the task as the sender saw it, None: it does not matter.

    `idempotency_key`: the same command is done once, "" for none. `external_id`: of the act in another system; an act
    of the same id is done once. `refers_to_external`: external id of the act that is answered. `evidence`: files whose
    contents are kept. `draft_at`: when the draft that the sender saw was written (aware), None for none: nothing is
    done where another one stands, or none any more; else it is gone afterwards. `kept_contents`: SHA-256 of the files
    of that draft which go along.
    """

    task: str
    act: Act
    stated: ActFields
    position: str
    on_behalf_of: str = ""
    expected_version: int | None = None
    idempotency_key: str = ""
    external_id: str = ""
    refers_to_external: str = ""
    evidence: tuple[EvidenceFile, ...] = ()
    draft_at: datetime | None = None
    kept_contents: tuple[str, ...] = ()


def clean_command(command: ActCommand, texts: StoredTexts) -> ActCommand:
    """The command with its texts as they may be stored and shown. A key that must be known is no text.

    ActError (PERSONAL_ID): the id of the act holds personal data.
    """
    if is_personal_id(command.external_id):
        raise ActError(ActCode.PERSONAL_ID, field="external_id")
    limits = dict.fromkeys(TEXT_FIELDS, _MAX_TEXT) | dict.fromkeys(_LABELS, _MAX_LABEL)
    changes: dict[str, Any] = {
        name: texts[text, limit] for name, limit in limits.items() if (text := getattr(command.stated, name))
    }
    if command.act is Act.LINK:
        changes["linked_task"] = clean_text(command.stated.linked_task.strip(), _MAX_TASK_KEY + 1)
    return replace(command, stated=replace(command.stated, **changes))


def content(command: ActCommand) -> object:
    """What is compared where the same command comes again."""
    contents = [*(file.sha256 for file in command.evidence), *command.kept_contents]
    return [
        command.task, command.act.value, command.position, command.on_behalf_of, command.stated.to_json(), *contents,
    ]  # fmt: skip
