"""The people of the simulated city who work with directives: positions, mandates, and the accounts that hold them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.directives.acts import Act, PositionKind
from ioc.domain.directives.positions import Mandate, MandateKind, Position

_HELD_SINCE = date(2025, 1, 1)  # before every simulated task
_BASIS = "Quyết định phân công mô phỏng"
_COMMUNES = "abcdef"


class SimulatedPosition(NamedTuple):
    """`account`: who holds it. `has_account`: whether the account is made at the first start."""

    kind: PositionKind
    title: str
    account: str
    role: Role
    agency: str = ""
    has_account: bool = False

    @property
    def principal(self) -> Principal:
        """Who acts in it."""
        return Principal(PrincipalKind.USER, self.account, roles=frozenset({self.role}), agency=self.agency)


def _agency(name: str, key: str, *, has_account: bool) -> dict[str, SimulatedPosition]:
    leader, officer = (f"{word}-{key.removeprefix('mp-')}" for word in ("lanh-dao", "chuyen-vien"))
    return {
        leader: SimulatedPosition(
            PositionKind.AGENCY_LEADER, f"Lãnh đạo {name} (mô phỏng)", leader, Role.REPORTER, key, has_account
        ),
        officer: SimulatedPosition(
            PositionKind.AGENCY_OFFICER, f"Chuyên viên {name} (mô phỏng)", officer, Role.REPORTER, key, has_account
        ),
    }


def _office(key: str, kind: PositionKind, title: str, role: Role) -> dict[str, SimulatedPosition]:
    return {key: SimulatedPosition(kind, f"{title} (mô phỏng)", key, role, has_account=True)}


# By the name of the account; the key of the position is that name after "mp-".
POSITIONS: Mapping[str, SimulatedPosition] = {
    **_office("chu-tich", PositionKind.CHAIRMAN, "Chủ tịch", Role.LEADER),
    **_office("pho-chu-tich", PositionKind.VICE_CHAIRMAN, "Phó Chủ tịch", Role.LEADER),
    **_office("lanh-dao-vp", PositionKind.OFFICE_LEADER, "Lãnh đạo Văn phòng", Role.EDITOR),
    **_office("theo-doi", PositionKind.FOLLOWER, "Chuyên viên theo dõi", Role.EDITOR),
    **_office("van-thu", PositionKind.DOCUMENT_CLERK, "Văn thư", Role.EDITOR),
    **{
        name: position
        for letter in "abcdefg"
        for name, position in _agency(f"Cơ quan {letter.upper()}", f"mp-{letter}", has_account=letter == "c").items()
    },
    **{
        name: position
        for letter in _COMMUNES
        for name, position in _agency(f"xã {letter.upper()}", f"mp-xa-{letter}", has_account=letter == "a").items()
    },
}
SPHERES = ("đô thị", "số hóa", "phòng, chống thiên tai")


def position_key(name: str) -> str:
    """The key of a position by the name of its account."""
    return f"mp-{name}"


def make_positions() -> list[Position]:
    """The positions."""
    positions = [
        Position(position_key(name), each.kind, each.title, each.account, _HELD_SINCE, agency=each.agency, basis=_BASIS)
        for name, each in POSITIONS.items()
    ]
    spheres, agencies = frozenset(SPHERES[:2]), frozenset({"mp-b", "mp-d"})
    return [
        replace(each, spheres=spheres, agencies=agencies) if each.kind is PositionKind.VICE_CHAIRMAN else each
        for each in positions
    ]


def make_mandates(day: date) -> list[Mandate]:
    """On `day`, that of the first start, the Office extends for the chairman and the vice chairman stands in."""
    extensions = frozenset({Act.EXTEND, Act.DECIDE_EXTENSION})
    chairman, vice_chairman, office = (position_key(name) for name in ("chu-tich", "pho-chu-tich", "lanh-dao-vp"))
    return [
        Mandate(
            MandateKind.DELEGATION, chairman, office, day - timedelta(days=200), day + timedelta(days=165), extensions,
            "Văn bản ủy quyền mô phỏng",
        ),
        Mandate(MandateKind.SUBSTITUTION, chairman, vice_chairman, day - timedelta(days=3), day + timedelta(days=4)),
    ]  # fmt: skip
