"""Positions and mandates as data, on both databases: kept whole, checked, audited, never given to oneself."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from ioc.directives.positions import add_mandate, add_position, end_mandate, list_positions, save_position
from ioc.domain.access.permissions import PermissionDeniedError
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.base.times import city_date
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


def test_nobody_changes_a_position_that_they_stand_in_for(store: Store) -> None:
    city = Harness(store)
    save_position(city.context, DEPUTY, ADMINISTRATOR)
    own = Principal(PrincipalKind.USER, "nguoi-cv", roles=frozenset({Role.ADMINISTRATOR}))
    stand_in = Mandate(MandateKind.SUBSTITUTION, "pct", "cv", START)
    number = add_mandate(city.context, stand_in, ADMINISTRATOR)
    raised = replace(DEPUTY, kind=PositionKind.CHAIRMAN)
    with pytest.raises(PermissionDeniedError):
        save_position(city.context, raised, own)
    assert list_positions(city.context, ADMINISTRATOR)[0].by_key["pct"] == DEPUTY
    end_mandate(city.context, number, city_date(city.now) - DAY, ADMINISTRATOR)
    save_position(city.context, raised, own)
    assert list_positions(city.context, ADMINISTRATOR)[0].by_key["pct"] == raised


def test_new_positions_of_one_title_have_keys_of_their_own(store: Store) -> None:
    city = Harness(store)
    new = replace(DEPUTY, key="", agencies=frozenset(), agency="a")
    keys = [add_position(city.context, new, ADMINISTRATOR) for _ in range(2)]
    assert keys == ["pho-chu-tich-a", "pho-chu-tich-a-2"]
    assert list_positions(city.context, ADMINISTRATOR)[0].by_key[keys[1]] == replace(new, key=keys[1])


def test_the_second_of_two_who_change_a_position_is_told(store: Store) -> None:
    city = Harness(store)
    save_position(city.context, DEPUTY, ADMINISTRATOR)
    ended = replace(DEPUTY, valid_to=START)
    save_position(city.context, ended, ADMINISTRATOR, DEPUTY.version)
    with refused(ActCode.POSITION_CHANGED):
        save_position(city.context, replace(DEPUTY, title="x"), ADMINISTRATOR, DEPUTY.version)
    assert list_positions(city.context, ADMINISTRATOR)[0].by_key["pct"] == ended


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
    for later in (START - DAY, START):
        with refused(ActCode.NOT_OPEN):
            end_mandate(city.context, number, later, ADMINISTRATOR)
    add_mandate(city.context, replace(mandate, valid_to=START), ADMINISTRATOR)
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


FAR_DAYS = (date.min, date(1899, 12, 31), date(2201, 1, 1), date.max)


@pytest.mark.parametrize("day", FAR_DAYS)
def test_a_day_that_no_restore_would_accept_is_refused(store: Store, day: date) -> None:
    city = Harness(store)
    mandate = Mandate(MandateKind.DELEGATION, "ct", "vp", START, None, frozenset({Act.EXTEND}), "2/UQ")
    number = add_mandate(city.context, mandate, ADMINISTRATOR)
    for name in ("valid_from", "valid_to"):
        far: dict[str, Any] = {name: day}
        with refused(ActCode.DAY_OUT_OF_RANGE):
            save_position(city.context, replace(DEPUTY, **far), ADMINISTRATOR)
        with refused(ActCode.DAY_OUT_OF_RANGE):
            add_position(city.context, replace(DEPUTY, key="", **far), ADMINISTRATOR)
        with refused(ActCode.DAY_OUT_OF_RANGE):
            add_mandate(city.context, replace(mandate, **far), ADMINISTRATOR)
    with refused(ActCode.DAY_OUT_OF_RANGE):
        end_mandate(city.context, number, day, ADMINISTRATOR)
