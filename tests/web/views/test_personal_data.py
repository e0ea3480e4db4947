"""Personal data: disclosed for a stated purpose, once, after it is audited."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient

from ioc.domain.access.permissions import PermissionDeniedError
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.base.failure import Failure
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.events.event import Event
from ioc.domain.ingest.reading import Reading
from ioc.domain.ingest.source import Series
from ioc.domain.kpis.kpi import Formula, FormulaOp
from ioc.storage.access import audit_log
from ioc.storage.db.store import Store, StoreError
from ioc.storage.events import events
from ioc.storage.timeseries import readings
from ioc.web.errors import denials, handlers
from ioc.web.errors.codes import RequestCode
from ioc.web.errors.denials import DeniedRequest
from ioc.web.live.page_registry import PageRegistry
from ioc.web.middleware.authentication import PRINCIPAL_KEY
from ioc.web.views import personal_data
from ioc.web.views.personal_data import BASE_PATH
from tests.city import NOW, full_city, kpi, source

OPERATOR = Principal(PrincipalKind.USER, "nguoi-truc", "Người trực", frozenset({Role.OPERATOR}), session_id=7)
EVENT = Event("report", "pa-1", NOW, "Ngập nước", personal={"điện thoại": "0900 000 000", "ghi chú": "<b>nhà số 5</b>"})
ABOUT = f"{BASE_PATH}/su-kien/sim-tide/pa-1"
PURPOSE = {"muc-dich": "handle", "ghi-chu": "gọi lại để xác minh địa điểm"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'ioc.db'}")
    opened.migrate()
    row = source(series=(Series("sent-31135", LocalizedText("Phản ánh đang mở"), "phản ánh", 0, 1e6, "31135"),))
    with opened.write() as conn:
        events.record(conn, row.key, [EVENT, replace(EVENT, key="pa-2", personal={})], NOW)
        readings.append(conn, row.key, [Reading("sent-31135", NOW, 3.0, "phản ánh")], NOW)
    yield opened
    opened.close()


def client(
    store: Store, visitor: Principal = OPERATOR, denied_requests: list[DeniedRequest] | None = None
) -> FlaskClient:
    denied_requests = [] if denied_requests is None else denied_requests
    city = full_city()
    row = kpi("sent", formula=Formula(FormulaOp.SUM, ("sent-31135",)), has_places=True, has_small_cells=True)
    series = (Series("sent-31135", LocalizedText("Phản ánh đang mở"), "phản ánh", 0, 1e6, "31135"),)
    figure = replace(city.figures["water-level"], kpi=row)
    view = replace(city.sources[0], source=replace(city.sources[0].source, series=series))
    city = replace(city, figures={"sent": figure}, sources=(view,))
    server = Flask(__name__)
    handlers.install(server, lambda path: False)
    services = SimpleNamespace(store=store, clock=lambda: NOW)
    server.register_blueprint(personal_data.blueprint(services, lambda: city))  # type: ignore[arg-type]

    @server.after_request
    def audit(response: Response) -> Response:
        if denied := denials.take_denial(request.environ):
            denied_requests.append(denied)
        return response

    denials.install(server, PageRegistry([]))
    server.register_error_handler(PermissionDeniedError, lambda error: ("no", 403))
    test_client = server.test_client()
    test_client.environ_base[PRINCIPAL_KEY] = visitor  # type: ignore[assignment]
    return test_client


def lines(store: Store) -> list[audit_log.StoredAuditEntry]:
    with store.read() as conn:
        return audit_log.newest(conn, audit_log.AuditFilter(), 10)


def test_personal_data_is_disclosed_for_a_purpose_and_audited(store: Store) -> None:
    browser = client(store)
    page = browser.get(ABOUT).get_data(as_text=True)
    assert "Ngập nước" in page and "0900 000 000" not in page and not lines(store)
    answer = browser.post(ABOUT, data=PURPOSE)
    assert "0900 000 000" in answer.get_data(as_text=True) and answer.headers["Cache-Control"] == "no-store"
    (line,) = lines(store)
    assert (line.actor, line.action, line.target, line.reason) == (
        "nguoi-truc", "personal-data-viewed", "sim-tide/pa-1", "handle",
    )  # fmt: skip
    assert line.detail == PURPOSE["ghi-chu"]
    assert "0900 000 000" not in browser.get(ABOUT).get_data(as_text=True)


def test_head_discloses_and_audits_nothing(store: Store) -> None:
    denied_requests: list[DeniedRequest] = []
    answer = client(store, denied_requests=denied_requests).head(ABOUT, data=PURPOSE)
    assert answer.status_code == 200 and not answer.data
    assert not lines(store) and not denied_requests


@pytest.mark.parametrize(
    "form", [{}, {"muc-dich": "handle", "ghi-chu": "ngắn"}, {"muc-dich": "curious", "ghi-chu": PURPOSE["ghi-chu"]}]
)
def test_nothing_is_disclosed_without_a_purpose(store: Store, form: dict[str, str]) -> None:
    denied_requests: list[DeniedRequest] = []
    answer = client(store, denied_requests=denied_requests).post(ABOUT, data=form)
    assert answer.status_code == 400 and "0900 000 000" not in answer.get_data(as_text=True) and not lines(store)
    failure = Failure(RequestCode.PURPOSE_MISSING, {"least": 10})
    assert denied_requests == [DeniedRequest(OPERATOR, "view_personal", ABOUT, failure)]


def test_personal_data_is_escaped(store: Store) -> None:
    page = client(store).post(ABOUT, data=PURPOSE).get_data(as_text=True)
    assert "&lt;b&gt;nhà số 5&lt;/b&gt;" in page and "<b>nhà" not in page


def test_nothing_is_disclosed_when_it_cannot_be_audited(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StoreError(Failure("store.full"))

    monkeypatch.setattr("ioc.auth.audit_log.write", full)
    answer = client(store).post(ABOUT, data=PURPOSE)
    assert answer.status_code == 503 and "0900 000 000" not in answer.get_data(as_text=True)


def test_small_counts_are_disclosed_for_a_purpose(store: Store) -> None:
    browser = client(store)
    address = f"{BASE_PATH}/don-vi/31135"
    assert ">3 " not in browser.get(address).get_data(as_text=True)
    page = browser.post(address, data=PURPOSE).get_data(as_text=True)
    assert "Phản ánh đang mở" in page and ">3 " in page
    assert lines(store)[0].target == "don-vi/31135"


def test_view_denies_without_permission_by_itself(store: Store) -> None:
    for visitor in (Principal(PrincipalKind.LOCAL), replace(OPERATOR, roles=frozenset(Role) - {Role.OPERATOR})):
        answer = client(store, visitor).post(ABOUT, data=PURPOSE)
        assert answer.status_code == 403 and not lines(store)


def test_unknown_object_is_not_found(store: Store) -> None:
    browser = client(store)
    assert browser.get(f"{BASE_PATH}/su-kien/sim-tide/nowhere").status_code == 404
    assert browser.get(f"{BASE_PATH}/don-vi/99999").status_code == 404
    assert "Không lưu thông tin cá nhân" in browser.get(f"{BASE_PATH}/su-kien/sim-tide/pa-2").get_data(as_text=True)
