"""Positions and mandates as data, on both databases: kept whole, checked, audited, never given to oneself."""

from datetime import timedelta

import pytest

from ioc.directives.positions import add_mandate, end_mandate, list_positions, save_position
from ioc.domain.access.permissions import PermissionDeniedError
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import Act, Cause, PositionKind
from ioc.domain.directives.positions import Mandate, MandateKind, Position
from ioc.storage.db.store import Store
from tests.storage.directives.cases import START
from tests.storage.directives.harness import DUE, Harness, refused

DAY = timedelta(days=1)
ADMINISTRATOR = Principal(PrincipalKind.USER, "quan-tri", roles=frozenset({Role.ADMINISTRATOR}))
DEPUTY = Position(
    "pct", PositionKind.VICE_CHAIRMAN, "Phó Chủ tịch", "nguoi-pct", START, DUE, spheres=frozenset({"do-thi", "y-te"}),
    agencies=frozenset({"a"}), basis="1/NQ",
)  # fmt: skip


def test_a_position_is_kept_whole_and_replaced(store: Store) -> None:
    city = Harness(store)
    save_position(city.context, DEPUTY, ADMINISTRATOR)
    found, _ = list_positions(city.context, ADMINISTRATOR)
    assert found.by_key["pct"] == DEPUTY and len(found.by_key) == 8
    ended = Position("pct", PositionKind.VICE_CHAIRMAN, "Phó Chủ tịch", "nguoi-pct", START, START)
    save_position(city.context, ended, ADMINISTRATOR)
    assert list_positions(city.context, ADMINISTRATOR)[0].by_key["pct"] == ended
    assert city.audited == [("directive-position-saved", "pct")] * 2


def test_a_mandate_works_until_its_last_day(store: Store) -> None:
    city = Harness(store)
    city.enter(assign=True)
    acts = frozenset({Act.EXTEND, Act.DECIDE_EXTENSION})
    number = add_mandate(
        city.context, Mandate(MandateKind.DELEGATION, "ct", "vp", START, None, acts, "2/UQ"), ADMINISTRATOR
    )
    ((numbered, mandate),) = [(item.number, item.mandate) for item in list_positions(city.context, ADMINISTRATOR)[1]]
    assert (numbered, mandate.acts, mandate.basis) == (number, acts, "2/UQ")
    asked = city.act("gd-c", Act.REQUEST_EXTENSION, due=DUE + DAY, text="x", cause=Cause.OBJECTIVE)
    end_mandate(city.context, number, START - DAY, ADMINISTRATOR)
    with refused(ActCode.MANDATE_MISSING):
        city.act("vp", Act.DECIDE_EXTENSION, refers_to=asked.event.id, is_granted=True, on_behalf_of="ct")
    end_mandate(city.context, number, START, ADMINISTRATOR)
    assert city.act("vp", Act.DECIDE_EXTENSION, refers_to=asked.event.id, is_granted=True, on_behalf_of="ct")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"valid_to": START - DAY}, ActCode.ENDS_BEFORE_BEGINNING),
        ({"kind": PositionKind.SYSTEM}, ActCode.FIELD_MISSING),
        ({"kind": PositionKind.AGENCY_LEADER}, ActCode.FIELD_MISSING),
        ({"holder": " "}, ActCode.FIELD_MISSING),
        ({"agencies": frozenset({"z"})}, ActCode.AGENCY_UNKNOWN),
    ],
)
def test_a_wrong_position_is_refused(store: Store, changes: dict[str, object], code: ActCode) -> None:
    city = Harness(store)
    fields = {name: getattr(DEPUTY, name) for name in Position.__slots__} | changes
    with refused(code):
        save_position(city.context, Position(**fields), ADMINISTRATOR)
    assert "pct" not in list_positions(city.context, ADMINISTRATOR)[0].by_key and not city.audited


def test_an_administrator_gives_nothing_to_themselves(store: Store) -> None:
    city = Harness(store)
    own = Position("pct", PositionKind.CHAIRMAN, "x", ADMINISTRATOR.name, START)
    with pytest.raises(PermissionDeniedError):
        save_position(city.context, own, ADMINISTRATOR)


@pytest.mark.parametrize(
    ("mandate", "code"),
    [
        (Mandate(MandateKind.DELEGATION, "ct", "nobody", START), ActCode.POSITION_NOT_VALID),
        (Mandate(MandateKind.DELEGATION, "ct", "ct", START), ActCode.SUBSTITUTE_OF_SUBSTITUTE),
        (Mandate(MandateKind.SUBSTITUTION, "ct", "vp", START, START - DAY), ActCode.ENDS_BEFORE_BEGINNING),
    ],
)
def test_a_wrong_mandate_is_refused(store: Store, mandate: Mandate, code: ActCode) -> None:
    city = Harness(store)
    with pytest.raises(ActError) as error:
        add_mandate(city.context, mandate, ADMINISTRATOR)
    assert error.value.failure.code == code and not list_positions(city.context, ADMINISTRATOR)[1]
    with refused(ActCode.NOT_OPEN):
        end_mandate(city.context, 99, START, ADMINISTRATOR)
