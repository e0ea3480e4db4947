"""What commands and queries of directives stand on, and who acts: a principal in a position, or for another one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TypeVar

from ioc.config.configuration import Configuration
from ioc.domain.access.audited_act import AuditedAct
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal
from ioc.domain.base.text import clean_text
from ioc.domain.base.times import Clock, city_date
from ioc.domain.base.working_days import WorkCalendar
from ioc.domain.directives.act_checks import DEFAULT_STAGES, ActContext
from ioc.domain.directives.acts import Act, PositionKind, TaskEvent
from ioc.domain.directives.agency import Agencies, present_holder, sharing_holder
from ioc.domain.directives.directive import Document, Register, Task
from ioc.domain.directives.positions import Position, Positions, TaskSubject
from ioc.domain.directives.task_fold import fold
from ioc.domain.directives.task_state import TaskState
from ioc.domain.directives.webhook import Webhook
from ioc.domain.events.pii_masking import mask_start
from ioc.domain.geo.place import AdminUnit
from ioc.domain.geo.unit_names import UnitNames
from ioc.storage.db.store import Conn, Store
from ioc.storage.directives import documents, events, positions
from ioc.storage.directives.register import RegisterRow
from ioc.storage.directives.visits import TaskChange

# Writes the audit entries of acts, at least one, in their transaction: connection, who, acts, time.
WriteAuditEntries = Callable[[Conn, Principal, Sequence[AuditedAct], datetime], object]
Held = TypeVar("Held", RegisterRow, TaskChange)


@dataclass(frozen=True, slots=True)
class DirectiveContext:
    """The store and the configuration. `limits`: due soon, behind plan, silent; its documents are the configured ones.

    `units`: communes and wards, by code. `webhooks`: by the API key of their system.
    """

    store: Store
    agencies: Agencies
    clock: Clock
    write_entries: WriteAuditEntries
    calendar: WorkCalendar = field(default_factory=WorkCalendar)
    stages: Mapping[str, float] = field(default_factory=lambda: DEFAULT_STAGES)
    adjustment_days: int = 5
    limits: Register = field(default_factory=Register)
    units: Mapping[str, AdminUnit] = field(default_factory=dict)
    webhooks: Mapping[str, Webhook] = field(default_factory=dict)

    @classmethod
    def from_configuration(
        cls, store: Store, configuration: Configuration, clock: Clock, write_entries: WriteAuditEntries
    ) -> "DirectiveContext":
        """By the agencies and the public holidays of the configuration."""
        return cls(store, {}, clock, write_entries, webhooks=configuration.webhooks).under(configuration)

    def under(self, configuration: Configuration) -> "DirectiveContext":
        """The same by the agencies, public holidays, limits and units of another configuration."""
        return replace(
            self, agencies=configuration.agencies, calendar=WorkCalendar(frozenset(configuration.compliance.holidays)),
            limits=configuration.register, units=configuration.units,
        )  # fmt: skip

    @property
    def due_soon_days(self) -> int:
        """Days before the due date from which a task is due soon."""
        return self.limits.due_soon_days

    @property
    def places(self) -> UnitNames:
        """The communes and wards by name."""
        return UnitNames(self.units.values())

    def write_entry(self, conn: Conn, by: Principal, action: str, target: str, after: str, reason: str) -> None:
        """Writes the audit entry of one act, by the clock, in its transaction. `after`, `reason`: as of AuditedAct."""
        self.write_entries(conn, by, [AuditedAct(action, target, after, reason)], self.clock())

    def today(self) -> date:
        """The day in the city."""
        return city_date(self.clock())

    def held_today(self, rows: Iterable[Held]) -> tuple[Held, ...]:
        """Stored rows with the agencies that hold their tasks today, after successions; "" for none."""
        day = self.today()
        pairs = ((row, present_holder(self.agencies, row.holder, day)) for row in rows)
        return tuple(row if row.holder == now else replace(row, holder=now) for row, now in pairs)

    def portfolio(self, positions: Iterable[Position]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Agencies and spheres by which tasks belong to the portfolios of `positions` today, by what is stored."""
        held = tuple(positions)
        agencies = frozenset[str]().union(*(each.agencies for each in held))
        spheres = frozenset[str]().union(*(each.spheres for each in held))
        return sharing_holder(self.agencies, agencies, self.today()), tuple(sorted(spheres))


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `position`: the principal's own; `acting`: the one whose acts are done, another by a mandate only."""

    principal: Principal
    position: Position
    acting: Position

    @property
    def on_behalf_of(self) -> str:
        """Key of the other position, "" for none."""
        return self.acting.key if self.acting.key != self.position.key else ""


def require_actor(
    stored: Positions, principal: Principal, position: str, on_behalf_of: str, act: Act | None, day: date
) -> Actor:
    """The actor on `day`. PermissionDeniedError; ActError for a position or mandate that is not valid."""
    require(principal, Action.ACT_ON_DIRECTIVES)
    own = stored.require(position, principal, day)
    return Actor(principal, own, stored.acting_for(own, on_behalf_of, act, day) if on_behalf_of else own)


@dataclass(frozen=True, slots=True)
class LoadedTask:
    """A task with its document (without its tasks), its events so far and what follows from them."""

    stored: events.StoredTask
    document: Document
    task: Task
    history: tuple[TaskEvent, ...]
    state: TaskState | None
    order: TaskState | None

    def subject(self, agencies: Agencies, day: date) -> TaskSubject:
        """What decides who may act; agencies that ended are their successors on `day`."""

        def present(key: str) -> str:
            return present_holder(agencies, key, day)

        state = self.state
        if state is not None:
            items = tuple(replace(item, agency=present(item.agency)) for item in state.items)
            state = replace(state, items=items)
        return TaskSubject(
            state,
            holder=present(self.state.holder if self.state else ""),
            agencies=frozenset(sharing_holder(agencies, [self.state.holder if self.state else self.task.lead], day)),
            coordinating=tuple(present(key) for key in self.task.coordinating),
            sphere=self.document.sphere,
            master=self.document.master,
            order_lead=present(self.order.holder) if self.order else "",
        )

    def act_context(self, context: DirectiveContext, actor: Actor, positions: Positions) -> ActContext:
        """What checks of an act of `actor` look at."""
        is_system = actor.acting.kind is PositionKind.SYSTEM
        issuer = self.document.issuer if self.task.is_order else ""
        return ActContext(
            context.agencies, self.order.due if self.order else None, bool(self.task.kpis), is_system, context.calendar,
            context.adjustment_days, context.stages, frozenset(positions.by_key), issuer,
        )  # fmt: skip


def load_task(conn: Conn, key: str) -> LoadedTask | None:
    """The task of that key, "document/task"; None for none."""
    stored = events.find_task(conn, key)
    document = documents.find_header(conn, key.rpartition("/")[0]) if stored else None
    if stored is None or document is None:
        return None
    task = documents.find_task_body(conn, stored.id)
    history = tuple(events.task_events(conn, stored.id))
    order = events.find_task(conn, documents.task_key(document.key, task.part_of)) if task.part_of else None
    order_state = fold(events.task_events(conn, order.id)) if order else None
    return LoadedTask(stored, document, task, history, fold(history), order_state)


def stored_text(text: str, max_length: int) -> str:
    """`text` as it is stored: clean and, as nothing of a directive is ever erased, without personal data."""
    return mask_start(clean_text(text).strip(), max_length)


class StoredTexts(dict[tuple[str, int], str]):
    """Texts as they are stored, by text and length: those of one command, each of them cleaned once.

    The cost is that of masking, so a command reads them before its transaction: nobody else writes meanwhile.
    """

    def __missing__(self, key: tuple[str, int]) -> str:
        stored = self[key] = stored_text(*key)
        return stored


def valid_positions(stored: Positions, day: date) -> frozenset[str]:
    """Keys of the positions that exist on `day`."""
    return frozenset(key for key, each in stored.by_key.items() if each.is_valid(day))


def load_positions(conn: Conn) -> Positions:
    """All positions and mandates."""
    return positions.load_positions(conn)
