"""The tables of directives. Days are ordinals (date.toordinal), so that SQL can subtract them; times are milliseconds.

`directive_event` is append-only. `directive_interval`, `directive_open_item` and the derived columns of
`directive_task` follow from it and can be rebuilt (events.py).
"""

from enum import IntEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    false,
    text,
)  # fmt: skip

from ioc.domain.directives.task_status import WorkState
from ioc.storage.db.schema import big_serial, metadata

OPEN_END_MS = 2**62  # valid_to_ms of what is still valid
WORK_STATES: tuple[WorkState, ...] = (
    WorkState.NOT_STARTED, WorkState.ACTIVE, WorkState.AWAITING_ACCEPTANCE, WorkState.DONE, WorkState.PAUSED,
    WorkState.WITHDRAWN,
)  # fmt: skip
WORK_CODES = {state: code for code, state in enumerate(WORK_STATES)}  # as stored: the order never changes


class TaskKind(IntEnum):
    """What a task is in counts: an order is shown by its parts."""

    PLAIN = 0
    ORDER = 1
    PART = 2


directive_document = Table(
    "directive_document", metadata,
    Column("id", big_serial(), primary_key=True), Column("key", String(120), nullable=False, unique=True),
    Column("number", String(120), nullable=False), Column("issued_on", Integer),
    Column("source", String(40), nullable=False), Column("sphere", String(120), nullable=False),
    Column("visibility", String(40), nullable=False), Column("is_simulated", Boolean, nullable=False),
    Column("master", String(120), nullable=False), Column("external_id", String(200), nullable=False),
    Column("synchronized_ms", BigInteger),  # when its master sent it last
    Column("changed_ms", BigInteger, nullable=False),
    Column("entered_ms", BigInteger),  # when its number became known
    Column("origin_given_ms", BigInteger),  # of an instruction: when it was given
    Column("origin_position", String(120), nullable=False),
    Column("origin_page", Text),  # of an instruction: what it was given on
    Column("last_step", String(20), nullable=False, server_default=text("''")),  # InstructionAct, "" for none
    Column("body", Text, nullable=False),  # the document without its tasks, JSON
)  # fmt: skip
_EXTERNAL = text("external_id <> ''")
Index(
    "directive_document_external", directive_document.c.master, directive_document.c.external_id, unique=True,
    sqlite_where=_EXTERNAL, postgresql_where=_EXTERNAL,
)  # fmt: skip
_GIVEN = text("origin_page IS NOT NULL")
Index("directive_document_origin", directive_document.c.origin_page, sqlite_where=_GIVEN, postgresql_where=_GIVEN)
directive_parent = Table(
    "directive_parent", metadata,
    Column("document", String(120), primary_key=True), Column("parent", String(120), primary_key=True),
    Index("directive_parent_parent", "parent"),
)  # fmt: skip

directive_task = Table(
    "directive_task", metadata,
    Column("id", big_serial(), primary_key=True), Column("key", String(250), nullable=False, unique=True),
    Column("document_id", BigInteger, nullable=False), Column("order_id", BigInteger, nullable=False),  # 0 for none
    Column("kind", SmallInteger, nullable=False), Column("position", Integer, nullable=False),
    Column("external_id", String(200), nullable=False), Column("horizon", String(20), nullable=False),
    Column("place", String(40), nullable=False), Column("search_text", Text, nullable=False),
    Column("is_due_inferred", Boolean, nullable=False, server_default=false()),  # of its body
    # Derived from its events:
    Column("version", BigInteger, nullable=False), Column("changed_ms", BigInteger),
    Column("last_act", String(40), nullable=False), Column("percent", Double), Column("reported_ms", BigInteger),
    Column("paused_until", Integer), Column("effect_on", Integer), Column("extensions", Integer, nullable=False),
    Index("directive_task_document", "document_id", "position"), Index("directive_task_order", "order_id"),
    Index("directive_task_paused", "paused_until"), Index("directive_task_effect", "effect_on"),
)  # fmt: skip

Index(
    "directive_task_inferred", directive_task.c.id, sqlite_where=text("is_due_inferred = 1"),
    postgresql_where=text("is_due_inferred"),
)  # fmt: skip

directive_task_body = Table(  # apart: lists read many tasks, and the bodies of few
    "directive_task_body", metadata,
    Column("task_id", BigInteger, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),  # the task without its history, JSON
)  # fmt: skip

directive_event = Table(
    "directive_event", metadata,
    Column("id", big_serial(), primary_key=True), Column("task_id", BigInteger, nullable=False),
    Column("known_ms", BigInteger, nullable=False), Column("act", String(40), nullable=False),
    Column("actor", String(120), nullable=False), Column("position", String(120), nullable=False),
    Column("on_behalf_of", String(120), nullable=False), Column("external_id", String(200), nullable=False),
    Column("body", Text, nullable=False),  # ActFields, JSON
    Column("clock_ms", BigInteger),  # what the clock showed after it was set back
    Index("directive_event_task", "task_id", "id"),
    sqlite_autoincrement=True,  # other systems read on from a number
)  # fmt: skip
Index(
    "directive_event_external", directive_event.c.task_id, directive_event.c.external_id, unique=True,
    sqlite_where=_EXTERNAL, postgresql_where=_EXTERNAL,
)  # fmt: skip

_REMINDER = text("act = 'remind'")
Index(
    "directive_event_reminder", directive_event.c.known_ms, directive_event.c.task_id, directive_event.c.position,
    sqlite_where=_REMINDER, postgresql_where=_REMINDER,
)  # fmt: skip

directive_evidence = Table(  # append-only: files of acts; the contents lie in a folder (evidence_files.py)
    "directive_evidence", metadata,
    Column("id", big_serial(), primary_key=True), Column("task_id", BigInteger, nullable=False),
    Column("event_id", BigInteger, nullable=False), Column("name", String(120), nullable=False),
    Column("file_type", String(10), nullable=False), Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False), Column("actor", String(120), nullable=False),
    Column("known_ms", BigInteger, nullable=False),
    Index("directive_evidence_event", "event_id"), Index("directive_evidence_task", "task_id"),
    Index("directive_evidence_content", "sha256"),
    sqlite_autoincrement=True,  # a number always means the same file
)  # fmt: skip

directive_interval = Table(
    "directive_interval", metadata,
    Column("task_id", BigInteger, primary_key=True, autoincrement=False),
    Column("valid_from_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("valid_to_ms", BigInteger, nullable=False), Column("kind", SmallInteger, nullable=False),
    Column("work_state", SmallInteger, nullable=False), Column("assigned_agency", String(120), nullable=False),
    Column("holder", String(120), nullable=False), Column("due", Integer), Column("first_due", Integer),
    Column("stopped_on", Integer), Column("office_days", Integer, nullable=False),
    Column("is_reported", Boolean, nullable=False), Column("is_starred", Boolean, nullable=False),
    Column("received_s", Integer),  # seconds until the holder received it
    Column("returns", SmallInteger, nullable=False, server_default="0"),
    Column("open_petitions", SmallInteger, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)  # fmt: skip
# Statistics at a moment read one of these alone: the earlier moments by their beginning, the later ones by their end.
_COUNTED = (
    "kind",
    "work_state",
    "assigned_agency",
    "holder",
    "due",
    "first_due",
    "stopped_on",
    "office_days",
    "is_reported",
    "is_starred",
    "received_s",
    "returns",
    "open_petitions",
)
Index("directive_interval_begin", *(directive_interval.c[name] for name in ("valid_from_ms", "valid_to_ms", *_COUNTED)))
_BY_END = ("valid_to_ms", "work_state", "valid_from_ms")  # lists look up the present tasks in a state by it, too
Index(
    "directive_interval_end",
    *(directive_interval.c[name] for name in dict.fromkeys((*_BY_END, *_COUNTED))),
)  # fmt: skip
Index("directive_interval_holder", directive_interval.c.valid_to_ms, directive_interval.c.holder)

directive_open_item = Table(
    "directive_open_item", metadata,
    Column("task_id", BigInteger, primary_key=True, autoincrement=False),
    Column("event_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(40), nullable=False), Column("agency", String(120), nullable=False),
    Column("since_ms", BigInteger, nullable=False), Column("due", Integer), Column("is_late", Boolean, nullable=False),
    Column("actor", String(120), nullable=False), Column("proposed", String(40)),  # act, of a proposal
    Index("directive_open_item_kind", "kind", "agency"),
)  # fmt: skip

directive_position = Table(
    "directive_position", metadata,
    Column("key", String(120), primary_key=True), Column("holder", String(120), nullable=False),
    Column("body", Text, nullable=False),
    Index("directive_position_holder", "holder"),
)  # fmt: skip
directive_mandate = Table(
    "directive_mandate", metadata,
    Column("id", big_serial(), primary_key=True), Column("body", Text, nullable=False),
)  # fmt: skip

directive_briefing_event = Table(  # append-only: acts on briefings (giao ban)
    "directive_briefing_event", metadata,
    Column("id", big_serial(), primary_key=True), Column("briefing", String(40), nullable=False),
    Column("known_ms", BigInteger, nullable=False), Column("act", String(40), nullable=False),
    Column("actor", String(120), nullable=False), Column("position", String(120), nullable=False),
    Column("on_behalf_of", String(120), nullable=False),
    Column("item", BigInteger, nullable=False),  # number of the event that collected it, 0 for none
    Column("body", Text, nullable=False),  # BriefingFields, JSON
    Index("directive_briefing_event_briefing", "briefing", "id"), Index("directive_briefing_event_act", "act", "id"),
    sqlite_autoincrement=True,  # a number always means the same item
)  # fmt: skip

directive_visit = Table(  # the last visit of an account to its list of work; events by number
    "directive_visit", metadata,
    Column("account", String(120), primary_key=True), Column("began_ms", BigInteger, nullable=False),
    Column("since_event", BigInteger, nullable=False),  # what came after it was new on that visit
    Column("last_event", BigInteger, nullable=False),  # the newest one when it began
)  # fmt: skip

directive_act_draft = Table(  # what an officer wrote for the leader to send; gone once it is sent
    "directive_act_draft", metadata,
    Column("task_id", BigInteger, primary_key=True, autoincrement=False),
    Column("act", String(40), primary_key=True),
    Column("refers_to", BigInteger, primary_key=True, autoincrement=False),  # event that is answered, 0 for none
    Column("agency", String(120), nullable=False), Column("known_ms", BigInteger, nullable=False),
    Column("actor", String(120), nullable=False), Column("position", String(120), nullable=False),
    Column("body", Text, nullable=False),  # ActFields, JSON
    Column("returned_by", String(120)), Column("returned_text", Text),  # the leader's position and remark
    Index("directive_act_draft_agency", "agency"),
)  # fmt: skip

directive_draft_evidence = Table(  # files of drafts, gone with them
    "directive_draft_evidence", metadata,
    Column("id", big_serial(), primary_key=True), Column("task_id", BigInteger, nullable=False),
    Column("act", String(40), nullable=False), Column("refers_to", BigInteger, nullable=False),
    Column("name", String(120), nullable=False), Column("file_type", String(10), nullable=False),
    Column("size_bytes", BigInteger, nullable=False), Column("sha256", String(64), nullable=False),
    Column("actor", String(120), nullable=False), Column("known_ms", BigInteger, nullable=False),
    Index("directive_draft_evidence_task", "task_id"), Index("directive_draft_evidence_content", "sha256"),
    sqlite_autoincrement=True,  # a number always means the same file
)  # fmt: skip

directive_webhook = Table(  # how far a system was told of acts by webhook; acts by number
    "directive_webhook", metadata,
    Column("system", String(120), primary_key=True), Column("cursor_event", BigInteger, nullable=False),
    Column("sent_event", BigInteger, nullable=False), Column("sent_ms", BigInteger),
    Column("failing_since_ms", BigInteger), Column("failures", Integer, nullable=False),
    Column("failure", Text, nullable=False),  # Failure, JSON, "" for none
    Column("retry_ms", BigInteger),
    Column("sender", String(40), nullable=False),  # the process that sends now, "" for none
    Column("sender_until_ms", BigInteger, nullable=False),
)  # fmt: skip
