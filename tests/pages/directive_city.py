"""A centre with positions and a document whose tasks are assigned, for the pages of directives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from ioc.directives.act_command import ActCommand
from ioc.directives.acts import ActResult, perform_act
from ioc.directives.context import DirectiveContext
from ioc.directives.documents import DocumentEntry, enter_document
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.acts import Act, ActFields, PositionKind
from ioc.domain.directives.directive import Document, Task
from ioc.domain.directives.positions import Mandate, MandateKind, Position
from ioc.storage.directives import positions

DAY = timedelta(days=1)
# By key of the position, which is held by the account "nguoi-<key>".
HELD: Mapping[str, tuple[PositionKind, Role, str]] = {
    "ct": (PositionKind.CHAIRMAN, Role.LEADER, ""), "vp": (PositionKind.OFFICE_LEADER, Role.EDITOR, ""),
    "cv": (PositionKind.FOLLOWER, Role.EDITOR, ""), "gd-a": (PositionKind.AGENCY_LEADER, Role.REPORTER, "mp-a"),
    "cv-a": (PositionKind.AGENCY_OFFICER, Role.REPORTER, "mp-a"),
    "gd-b": (PositionKind.AGENCY_LEADER, Role.REPORTER, "mp-b"),
}  # fmt: skip
TASK, OTHER = "mp-1-2026/nv-1", "mp-1-2026/nv-2"


@dataclass
class DirectiveCity:
    """What stands in the store: task nv-1 of mp-a, with mp-b coordinating, and nv-2 of mp-b."""

    context: DirectiveContext
    today: date = field(init=False)

    def __post_init__(self) -> None:
        self.today = self.context.today()
        since = self.today - 100 * DAY
        with self.context.store.write() as conn:
            for key, (kind, _, agency) in HELD.items():
                title = f"Chức danh {key}"
                positions.put_position(conn, Position(key, kind, title, f"nguoi-{key}", since, agency=agency))
        tasks = (
            Task("nv-1", LocalizedText("Làm bản đồ <ngập>"), "mp-a", self.today, self.today + 10 * DAY,
                 coordinating=("mp-b",)),
            Task("nv-2", LocalizedText("Số hóa hồ sơ"), "mp-b", self.today, self.today + 20 * DAY),
        )  # fmt: skip
        name = LocalizedText("Đô thị thông minh")
        document = Document(
            "mp-1-2026", "1/MP-UBND", name, "công văn", "mp-a", self.today, None, tasks, is_simulated=True
        )
        enter_document(self.context, DocumentEntry(document, "vp", assign=True), self.principal("vp"))

    def principal(self, position: str) -> Principal:
        """Who holds a position."""
        return Principal(PrincipalKind.USER, f"nguoi-{position}", roles=frozenset({HELD[position][1]}))

    def act(self, position: str, act: Act, task: str = TASK, **stated: object) -> ActResult:
        """Does an act."""
        command = ActCommand(task, act, ActFields(**stated), position)  # type: ignore[arg-type]
        return perform_act(self.context, command, self.principal(position))

    def hold(self, key: str, kind: PositionKind, holder: str, agency: str = "") -> None:
        """Stores one more position."""
        with self.context.store.write() as conn:
            positions.put_position(conn, Position(key, kind, f"Chức danh {key}", holder, self.today, agency=agency))

    def delegate(self, principal_position: str, deputy: str, *acts: Act) -> None:
        """Stores a delegation that holds today."""
        with self.context.store.write() as conn:
            mandate = Mandate(MandateKind.DELEGATION, principal_position, deputy, self.today, acts=frozenset(acts))
            positions.add_mandate(conn, mandate)
