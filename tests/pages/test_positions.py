"""Positions and mandates: callbacks of the two pages of the administration, by HTTP."""

from datetime import timedelta

import pytest

from ioc.directives.positions import add_mandate, list_positions, save_position
from ioc.domain.access.principal import Role
from ioc.domain.directives.acts import Act, PositionKind
from ioc.domain.directives.positions import Mandate, MandateKind, Position
from ioc.storage.directives import positions as rows
from tests.pages.conftest import WorkingBrowser, working
from tests.web.views.conftest import ADMIN, Centre

PAGES = ("/quan-tri/chuc-danh", "/quan-tri/uy-quyen")
CLICKED = "positions-table.cellRendererData"
FIELDS = ("title", "kind", "agency", "holder", "from", "until", "agencies", "spheres", "master", "basis")
LEADER = {
    "positions-title.value": " Phó Chủ tịch phụ trách đô thị ", "positions-kind.value": "vice_chairman",
    "positions-agency.value": "-", "positions-holder.value": "pct", "positions-from.value": "01/11/2026",
    "positions-until.value": "", "positions-agencies.value": "co quan a (mo phong); mp-b",
    "positions-spheres.value": "Đô thị, y tế", "positions-master.value": "", "positions-basis.value": "1/NQ",
    "positions-opened.data": {"key": ""},
}  # fmt: skip
MANDATE = {
    "mandates-kind.value": "delegation", "mandates-principal.value": "ct", "mandates-deputy.value": "vp",
    "mandates-from.value": "01/11/2026", "mandates-until.value": "", "mandates-basis.value": "2/UQ",
    "mandates-acts.value": ["extend"],
}  # fmt: skip


@pytest.fixture
def filled(centre: Centre, admin: WorkingBrowser) -> WorkingBrowser:
    """An administrator, and two positions with their holders."""
    first = centre.directives.today()
    for key, kind in (("ct", PositionKind.CHAIRMAN), ("vp", PositionKind.OFFICE_LEADER)):
        centre.site.add_user(key, Role.LEADER)
        save_position(centre.directives, Position(key, kind, f"Chức danh {key}", key, first), ADMIN)
    centre.site.add_user("pct", Role.LEADER)
    return admin


def stored(centre: Centre) -> dict[str, Position]:
    return dict(list_positions(centre.directives, ADMIN)[0].by_key)


def errors(answer: dict[str, object]) -> set[str]:
    """The fields that say what is wrong."""
    return {name.partition("-error")[0] for name, text in answer.items() if name.endswith("-error.children") and text}


def opened(browser: WorkingBrowser, key: str) -> dict[str, object]:
    """What the dialog holds after the button of a position was pressed."""
    values = browser.result("positions.open_position", {CLICKED: {"value": key}}, CLICKED)
    return {name: value for name, value in values.items() if name.endswith((".value", ".data"))}


def test_too_long_a_portfolio_is_refused_at_its_field(centre: Centre, filled: WorkingBrowser) -> None:
    answer = filled.result("positions.save", LEADER | {"positions-agencies.value": "a," * 9_900})
    assert errors(answer) == {"positions-agencies"} and set(stored(centre)) == {"ct", "vp"}


def test_position_and_mandate_that_are_sent_twice_are_one(centre: Centre, filled: WorkingBrowser) -> None:
    for _ in range(2):
        answer = filled.result("positions.save", LEADER | {"positions-one-key.data": "k1"})
        assert answer["positions-one.is_open"] is False and answer["positions-one-key.data"]
        answer = filled.result("mandates.give_mandate", MANDATE | {"mandates-new-key.data": "k2"})
        assert answer["mandates-new.is_open"] is False and answer["mandates-new-key.data"]
    found, mandates = list_positions(centre.directives, ADMIN)
    assert len(found.by_key) == 3 and len(mandates) == 1


def test_position_is_added_and_listed(centre: Centre, filled: WorkingBrowser) -> None:
    answer = filled.result("positions.save", LEADER)
    assert answer["positions-one.is_open"] is False and not errors(answer)
    added = stored(centre)["pho-chu-tich-phu-trach-do-thi"]
    assert (added.kind, added.holder, added.basis) == (PositionKind.VICE_CHAIRMAN, "pct", "1/NQ")
    assert added.agencies == {"mp-a", "mp-b"} and added.spheres == {"đô thị", "y tế"} and added.valid_to is None
    rows = filled.result("positions.list_rows")["positions-table.rowData"]
    assert [row["holder"] for row in rows] == ["ct", "pct", "vp"] and len({row["id"] for row in rows}) == 3


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"positions-title.value": " "}, "positions-title"),
        ({"positions-holder.value": "-"}, "positions-holder"),
        ({"positions-from.value": ""}, "positions-from"),
        ({"positions-until.value": "31/02/2026"}, "positions-until"),
        ({"positions-until.value": "01/10/2026"}, "positions-until"),
        ({"positions-agencies.value": "mp-a, Sở Không Có"}, "positions-agencies"),
        ({"positions-kind.value": "agency_leader"}, "positions-agency"),
        ({"positions-agency.value": "khong-co"}, "positions-agency"),
        ({"positions-kind.value": "system"}, "positions-master"),
    ],
)
def test_refused_field_says_why_and_nothing_is_stored(
    centre: Centre, filled: WorkingBrowser, changed: dict[str, object], field: str
) -> None:
    answer = filled.result("positions.save", LEADER | changed)
    assert errors(answer) == {field} and answer["positions-one.is_open"] is True
    assert stored(centre).keys() == {"ct", "vp"}


@pytest.mark.parametrize("changed", [{"positions-holder.value": "khong-co"}, {"positions-kind.value": "king"}])
def test_choice_that_was_never_offered_is_refused(
    centre: Centre, filled: WorkingBrowser, changed: dict[str, object]
) -> None:
    assert filled.run("positions.save", LEADER | changed).status_code == 400
    assert stored(centre).keys() == {"ct", "vp"}


def test_nobody_gives_a_position_or_a_mandate_to_themselves(centre: Centre, filled: WorkingBrowser) -> None:
    offered = filled.result("positions.open_position", {}, "positions-add.n_clicks")["positions-holder.options"]
    assert [option["value"] for option in offered] == ["-", "ct", "pct", "vp"]
    assert filled.run("positions.save", LEADER | {"positions-holder.value": "truong"}).status_code == 400
    own = Position("qt", PositionKind.FOLLOWER, "Chuyên viên", "truong", centre.directives.today())
    with centre.store.write() as conn:
        rows.put_position(conn, own)
    assert filled.run("mandates.give_mandate", MANDATE | {"mandates-deputy.value": "qt"}).status_code == 403
    assert not list_positions(centre.directives, ADMIN)[1]
    assert filled.run("positions.save", opened(filled, "qt")).status_code in (400, 403)


def test_position_is_changed_and_ended_by_a_last_day(centre: Centre, filled: WorkingBrowser) -> None:
    values = opened(filled, "vp")
    answer = filled.result("positions.save", values | {"positions-until.value": "31/12/2030"})
    assert answer["positions-one.is_open"] is False
    assert stored(centre)["vp"].valid_to is not None and stored(centre)["vp"].title == "Chức danh vp"


def test_second_of_two_administrators_is_told_and_changes_nothing(centre: Centre, filled: WorkingBrowser) -> None:
    values = opened(filled, "vp")
    other = Position("vp", PositionKind.OFFICE_LEADER, "Tên khác", "vp", centre.directives.today())
    save_position(centre.directives, other, ADMIN)
    answer = filled.result("positions.save", values | {"positions-title.value": "Tên mới"})
    assert errors(answer) == {"positions-title"} and stored(centre)["vp"] == other


def test_delegation_names_acts_of_the_position_and_is_ended(centre: Centre, filled: WorkingBrowser) -> None:
    offered = filled.result(
        "mandates.offer_acts", {"mandates-principal.value": "ct", "mandates-kind.value": "delegation"}
    )
    acts = {option["value"] for option in offered["mandates-acts.options"]}
    assert {"extend", "star"} <= acts and "report" not in acts and offered["mandates-acts-box.hidden"] is False
    assert filled.result("mandates.give_mandate", MANDATE)["mandates-new.is_open"] is False
    (row,) = filled.result("mandates.list_rows")["mandates-table.rowData"]
    clicked = {"mandates-table.cellRendererData": {"value": row["end"]["act"]}}
    asked = filled.result("mandates.ask", clicked)
    assert asked["mandates-ask.is_open"] is True and "Chức danh vp" in asked["mandates-ask-body.children"]
    done = filled.result("mandates.end", {"mandates-opened.data": asked["mandates-opened.data"]})
    assert done["mandates-ask.is_open"] is False
    ((_, mandate),) = [(each.number, each.mandate) for each in list_positions(centre.directives, ADMIN)[1]]
    assert mandate.acts == {Act.EXTEND} and mandate.valid_to == centre.directives.today()
    assert filled.result("mandates.list_rows")["mandates-table.rowData"][0]["end"] == ""
    assert filled.run("mandates.end", {"mandates-opened.data": row["id"]}).status_code == 409


def test_substitution_is_of_all_acts(centre: Centre, filled: WorkingBrowser) -> None:
    filled.result("mandates.give_mandate", MANDATE | {"mandates-kind.value": "substitution"})
    (numbered,) = list_positions(centre.directives, ADMIN)[1]
    assert (numbered.mandate.kind, numbered.mandate.acts) == (MandateKind.SUBSTITUTION, frozenset())


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"mandates-principal.value": "-"}, "mandates-principal"),
        ({"mandates-deputy.value": "ct"}, "mandates-deputy"),
        ({"mandates-acts.value": []}, "mandates-acts"),
        ({"mandates-from.value": "x"}, "mandates-from"),
        ({"mandates-until.value": "01/10/2026"}, "mandates-until"),
    ],
)
def test_refused_mandate_says_why(
    centre: Centre, filled: WorkingBrowser, changed: dict[str, object], field: str
) -> None:
    answer = filled.result("mandates.give_mandate", MANDATE | changed)
    assert errors(answer) == {field} and answer["mandates-new.is_open"] is True
    assert not list_positions(centre.directives, ADMIN)[1]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_who_may_not_administer_gets_neither_pages_nor_callbacks(centre: Centre, role: Role) -> None:
    browser = working(centre.signed_in("khac", role))
    assert [browser.get(path).status_code for path in PAGES] == [403, 403]
    for function in ("positions.list_rows", "positions.save", "mandates.give_mandate", "mandates.end"):
        assert browser.run(function).status_code == 403, function


def test_pages_are_exported_to_administrators_alone(centre: Centre, filled: WorkingBrowser) -> None:
    day = centre.directives.today()
    mandate = Mandate(MandateKind.DELEGATION, "ct", "vp", day, day + timedelta(days=9), frozenset({Act.EXTEND}))
    add_mandate(centre.directives, mandate, ADMIN)
    viewer = working(centre.signed_in("xem", Role.VIEWER))
    for name, text in (("positions", "Chức danh ct"), ("mandates", "Chức danh vp (vp)")):
        assert viewer.get(f"/xuat/{name}.csv").status_code == 403
        assert text in filled.get(f"/xuat/{name}.csv").text
