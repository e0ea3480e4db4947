"""A store with positions and a document, by whose commands tests act."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from ioc.directives.act_command import ActCommand
from ioc.directives.acts import ActResult, perform_act
from ioc.directives.context import DirectiveContext
from ioc.directives.documents import DocumentEntry, enter_document
from ioc.domain.access.audited_act import AuditedAct
from ioc.domain.access.principal import Principal, PrincipalKind, Role, Scope
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import Act, ActFields, PositionKind
from ioc.domain.directives.agency import Agency, Succession
from ioc.domain.directives.directive import Document
from ioc.domain.directives.positions import Position
from ioc.storage.db.store import Conn, Store
from ioc.storage.directives import positions
from tests.domain.directives.cases import at
from tests.storage.directives.cases import START, make_document

DAY = timedelta(days=1)
DUE = START + 30 * DAY
_BASIS = LocalizedText("1/QĐ")
AGENCIES = {
    key: Agency(key, LocalizedText(key), LocalizedText(key), until=until, successors=successors)
    for key, until, successors in (
        ("a", None, ()),
        ("b", None, ()),
        ("c", START + 60 * DAY, (Succession("b", START + 61 * DAY, _BASIS),)),
    )
}
OWN = {
    "ct": (PositionKind.CHAIRMAN, Role.LEADER, ""), "vp": (PositionKind.OFFICE_LEADER, Role.EDITOR, ""),
    "cv": (PositionKind.FOLLOWER, Role.EDITOR, ""), "gd-a": (PositionKind.AGENCY_LEADER, Role.REPORTER, "a"),
    "gd-b": (PositionKind.AGENCY_LEADER, Role.REPORTER, "b"), "gd-c": (PositionKind.AGENCY_LEADER, Role.REPORTER, "c"),
}  # fmt: skip
USERS = {
    key: Principal(PrincipalKind.USER, f"nguoi-{key}", roles=frozenset({role})) for key, (_, role, _) in OWN.items()
}
READER = Principal(PrincipalKind.API_KEY, "doc", scopes=frozenset({Scope.API}))
SYSTEM = Principal(PrincipalKind.API_KEY, "qlvb", scopes=frozenset({Scope.DIRECTIVES}))


class Harness:
    """A store with positions and one document, a clock, and the audit entries that were written."""

    def __init__(self, store: Store) -> None:
        self.store, self.now, self.audited = store, at(START), list[tuple[str, str]]()
        self.context = DirectiveContext(store, AGENCIES, lambda: self.now, self._write_entries)
        with store.write() as conn:
            for key, (kind, _, agency) in OWN.items():
                positions.put_position(conn, Position(key, kind, key, f"nguoi-{key}", START, agency=agency))
            system = Position("qlvb", PositionKind.SYSTEM, "QLVB", "qlvb", START, master="qlvb")
            positions.put_position(conn, system)

    def _write_entries(self, conn: Conn, by: Principal, acts: Sequence[AuditedAct], now: datetime) -> None:
        self.audited += ((each.action, each.target) for each in acts)

    def enter(self, document: Document | None = None, position: str = "vp", **more: object) -> tuple[ActResult, ...]:
        entry = DocumentEntry(document or make_document(), position, **more)  # type: ignore[arg-type]
        return enter_document(self.context, entry, SYSTEM if position == "qlvb" else USERS[position])

    def act(self, position: str, act: Act, task: str = "d/nv-2", **more: object) -> ActResult:
        known = {
            "expected_version", "idempotency_key", "external_id", "on_behalf_of", "refers_to_external", "draft_at",
        }  # fmt: skip
        options = {name: more.pop(name) for name in known & more.keys()}
        command = ActCommand(task, act, ActFields(**more), position, **options)  # type: ignore[arg-type]
        return perform_act(self.context, command, SYSTEM if position == "qlvb" else USERS[position])


def refused(code: ActCode) -> pytest.RaisesExc[ActError]:
    return pytest.RaisesExc(ActError, check=lambda error: error.failure.code == code)
