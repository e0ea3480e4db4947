"""Personal data: disclosed for a stated purpose, once, after it is audited."""

from dataclasses import replace

import dash
import pytest

from components.districts.unit_card import kpi_section
from components.ui.i18n import catalogue, t
from ioc.auth.errors import AuthCode
from ioc.domain.access.principal import Role
from ioc.domain.base.failure import Failure
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.events.event import Event
from ioc.domain.ingest.reading import Reading
from ioc.domain.ingest.source import Series
from ioc.domain.kpis.kpi import Formula, FormulaOp
from ioc.domain.snapshot import people_series
from ioc.snapshot.view import View
from ioc.storage.access import audit_log
from ioc.storage.access.audit_log import StoredAuditEntry
from ioc.storage.db.store import StoreError
from ioc.storage.events import events
from ioc.storage.timeseries import readings
from tests.city import NOW, full_city, kpi, line, source
from tests.pages.conftest import WorkingBrowser, working
from tests.web.views.conftest import Centre

SECRET, NOTE = "0900 000 000", "gọi lại để xác minh địa điểm"
EVENT = Event("report", "pa/1", NOW, "Ngập nước", personal={"điện thoại": SECRET, "ghi chú": "<b>nhà số 5</b>"})
SERIES = (Series("sent-31135", LocalizedText("Phản ánh đang mở"), "phản ánh", 0, 1e6, "31135"),)
OF_EVENT: dict[str, object] = {"personal-about.data": {"su-kien": "sim-tide/pa/1", "don-vi": ""}}
OF_UNIT: dict[str, object] = {"personal-about.data": {"su-kien": "", "don-vi": "31135"}}
PURPOSE: dict[str, object] = {"personal-purpose.value": "handle", "personal-note.value": NOTE}


@pytest.fixture
def operator(centre: Centre) -> WorkingBrowser:
    """An operator of a city with a report from a person, and a KPI that counts people."""
    city = full_city()
    row = kpi("sent", formula=Formula(FormulaOp.SUM, ("sent-31135",)), has_places=True, has_small_cells=True)
    view = replace(city.sources[0], source=replace(city.sources[0].source, series=SERIES))
    figure = replace(city.figures["water-level"], kpi=row)
    centre.reads.city = replace(city, figures={"sent": figure}, sources=(view,))
    with centre.store.write() as conn:
        events.record(conn, "sim-tide", [EVENT, replace(EVENT, key="pa-2", personal={})], NOW)
        readings.append(conn, source().key, [Reading("sent-31135", NOW, 3.0, "phản ánh")], NOW)
    return working(centre.signed_in("nguoi-truc", Role.OPERATOR))


def disclosures(centre: Centre, result: str = "") -> list[StoredAuditEntry]:
    action = "view_personal" if result else "personal-data-viewed"
    with centre.store.read() as conn:
        return audit_log.newest(conn, audit_log.AuditFilter(action=action, result=result), 10)


def is_asked(answer: dict[str, object]) -> bool:
    """Whether the question for the purpose is shown."""
    return answer["personal-ask.style"] is None


def test_personal_data_is_disclosed_for_a_purpose_and_audited(centre: Centre, operator: WorkingBrowser) -> None:
    asked = operator.result("personal.show", OF_EVENT)
    assert "Ngập nước" in str(asked) and SECRET not in str(asked) and is_asked(asked) and not disclosures(centre)
    answer = operator.run("personal.disclose", OF_EVENT | PURPOSE)
    assert SECRET in answer.text and answer.headers["Cache-Control"] == "no-store"
    (entry,) = disclosures(centre)
    assert (entry.actor, entry.target, entry.reason) == ("nguoi-truc", "sim-tide/pa/1", "handle")
    assert entry.detail == NOTE
    assert SECRET not in str(operator.result("personal.show", OF_EVENT))


@pytest.mark.parametrize("is_simulated", [True, False])
def test_head_of_the_page_says_that_its_sources_are_simulated(centre: Centre, is_simulated: bool) -> None:
    frame = next(page["frame"] for page in dash.page_registry.values() if page["name"] == "personal")
    city = full_city()
    sources = tuple(replace(each, source=replace(each.source, is_simulated=is_simulated)) for each in city.sources)
    status = frame(View(replace(city, sources=sources), {}, "vi", lambda *_: line(1.0, 0.1)))["shell-status"]["markup"]
    assert (t("common.simulated", "vi") in status) is is_simulated


def test_page_itself_holds_nothing_personal_and_audits_nothing(centre: Centre, operator: WorkingBrowser) -> None:
    answer = operator.get("/chi-tiet?su-kien=sim-tide/pa/1")
    assert answer.status_code == 200 and SECRET not in answer.text and not disclosures(centre)


@pytest.mark.parametrize(
    "changed", [{"personal-purpose.value": "-"}, {"personal-purpose.value": "curious"}, {"personal-note.value": "ngắn"},
                {"personal-note.value": " " * 20}, {"personal-note.value": "\u200b" * 20},
                {"personal-note.value": None}],
)  # fmt: skip
@pytest.mark.parametrize("about", [OF_EVENT, OF_UNIT])
def test_nothing_is_disclosed_without_a_purpose(
    centre: Centre, operator: WorkingBrowser, about: dict[str, object], changed: dict[str, object]
) -> None:
    answer = operator.result("personal.disclose", about | PURPOSE | changed)
    wrong = next(iter(changed)).partition(".")[0]
    errors = {field: answer[f"{field}-error.children"] for field in ("personal-purpose", "personal-note")}
    assert [field for field, text in errors.items() if text] == [wrong]  # said at its field
    assert is_asked(answer) and SECRET not in str(answer) and not disclosures(centre)
    (denied,) = disclosures(centre, "denied")
    assert denied.target == ("sim-tide/pa/1" if about is OF_EVENT else "don-vi/31135")
    assert denied.reason == AuthCode.PURPOSE_MISSING


@pytest.mark.parametrize(
    ("event", "unit"), [("sim-tide/nowhere", ""), ("nowhere/pa/1", ""), ("sim-tide/pa-2", ""), ("", "99999"),
                        ("", "31150"), ("", ""), ("nowhere", "")],
)  # fmt: skip
def test_disclosure_of_what_is_not_kept_is_refused(
    centre: Centre, operator: WorkingBrowser, event: str, unit: str
) -> None:
    answer = operator.run("personal.disclose", PURPOSE | {"personal-about.data": {"su-kien": event, "don-vi": unit}})
    assert answer.status_code == 404 and answer.get_json()["code"] == AuthCode.NO_PERSONAL_DATA
    (denied,) = disclosures(centre, "denied")
    target = event if "/" in event else f"don-vi/{unit}"
    assert not disclosures(centre) and (denied.target, denied.reason) == (target, AuthCode.NO_PERSONAL_DATA)


def test_long_note_is_shortened(centre: Centre, operator: WorkingBrowser) -> None:
    operator.result("personal.disclose", OF_EVENT | PURPOSE | {"personal-note.value": "x" * 5000})
    assert disclosures(centre)[0].detail == "x" * 300


def test_nothing_is_disclosed_when_it_cannot_be_audited(
    centre: Centre, operator: WorkingBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreError(Failure("store.full"))

    monkeypatch.setattr("ioc.auth.audit_log.write", full)
    answer = operator.run("personal.disclose", OF_EVENT | PURPOSE)
    assert answer.status_code == 503 and SECRET not in answer.text


def test_small_counts_are_disclosed_for_a_purpose(centre: Centre, operator: WorkingBrowser) -> None:
    asked = operator.result("personal.show", OF_UNIT)
    assert is_asked(asked) and "3 phản ánh" not in str(asked)
    answer = str(operator.result("personal.disclose", OF_UNIT | PURPOSE))
    assert "Phản ánh đang mở" in answer and "3 phản ánh" in answer
    assert disclosures(centre)[0].target == "don-vi/31135"


@pytest.mark.parametrize("about", ["sim-tide/pa-2", "sim-tide/nowhere", "nowhere", "/", ""])
def test_purpose_is_asked_only_where_something_is_kept(operator: WorkingBrowser, about: str) -> None:
    answer = operator.result("personal.show", {"personal-about.data": {"su-kien": about, "don-vi": ""}})
    assert not is_asked(answer)
    key = "none_kept" if about == "sim-tide/pa-2" else "unknown"
    assert catalogue()[f"personal_data.{key}"]["vi"] in str(answer["personal-head.children"])


def test_unknown_unit_is_said_to_be_unknown(operator: WorkingBrowser) -> None:
    answer = operator.result("personal.show", {"personal-about.data": {"su-kien": "", "don-vi": "99999"}})
    assert not is_asked(answer) and catalogue()["personal_data.unknown"]["vi"] in str(answer)
    assert "/su-kien" in str(answer)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OPERATOR])
def test_who_may_not_open_it_gets_neither_page_nor_data(centre: Centre, operator: WorkingBrowser, role: Role) -> None:
    browser = working(centre.signed_in("khac", role))
    assert browser.get("/chi-tiet?don-vi=31135").status_code == 403
    assert browser.run("personal.show", OF_EVENT).status_code == 403
    assert browser.run("personal.disclose", OF_EVENT | PURPOSE).status_code == 403
    assert not disclosures(centre)


def test_events_know_whether_personal_data_is_kept(centre: Centre, operator: WorkingBrowser) -> None:
    with centre.store.read() as conn:
        known = {record.event.key: record.has_personal for record in events.open_events(conn, NOW).records}
    assert known == {"pa/1": True, "pa-2": False}


def test_only_units_with_counts_of_people_link_to_them(centre: Centre, operator: WorkingBrowser) -> None:
    city = centre.reads.city
    assert people_series(city, "31135") == list(SERIES) and not people_series(city, "31150")
    assert 'href="/chi-tiet?don-vi=31135"' in str(kpi_section(city, "31135", "vi"))
    assert "/chi-tiet" not in str(kpi_section(city, "31150", "vi"))
