"""/api/v1/directives: a named system enters documents and acts, readers get statistics, wrong requests are refused."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from ioc.config.configuration import Configuration
from ioc.directives.context import DirectiveContext
from ioc.domain.access.audited_act import AuditedAct
from ioc.domain.access.principal import Principal, PrincipalKind, Role, Scope
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.acts import PositionKind
from ioc.domain.directives.agency import Agencies
from ioc.domain.directives.evidence import EvidenceFile, EvidenceType
from ioc.domain.directives.positions import Position
from ioc.domain.geo.place import AdminUnit
from ioc.storage.db.store import Store
from ioc.storage.directives import documents, events, evidence, positions
from ioc.web.api import directive_views
from ioc.web.api.directive_openapi import paths
from ioc.web.api.schemas import directive_acts as schemas
from ioc.web.api.schemas.base import ApiModel
from ioc.web.errors import handlers
from ioc.web.errors.codes import ApiCode, RequestCode
from ioc.web.middleware.authentication import PRINCIPAL_KEY
from tests.conftest import empty_store
from tests.domain.directives.act_cases import AGENCIES
from tests.domain.directives.cases import at
from tests.storage.directives.cases import START

KEY = Principal(PrincipalKind.API_KEY, "qlvb", scopes=frozenset({Scope.DIRECTIVES, Scope.API}))
READER = Principal(PrincipalKind.API_KEY, "doc", scopes=frozenset({Scope.API}))
DAY = timedelta(days=1)
UNITS = {"1": AdminUnit("1", "Một", "xã", 1, 105, 10)}
NOW = at(START + 40 * DAY)
DOCUMENT: dict[str, Any] = {
    "external_id": "QLVB/1", "number": "1/MP", "issued_on": START.isoformat(), "title": "Trích yếu kín",
    "kind": "công văn", "issuer": "a", "source": "chairman",
    "tasks": [
        {"external_id": "1", "title": "Nhiệm vụ", "lead": "a", "assigned_on": START.isoformat(),
         "due": (START + 30 * DAY).isoformat()},
        {"external_id": "2", "title": "Nhiệm vụ", "lead": "b", "assigned_on": START.isoformat()},
    ],
}  # fmt: skip


class Site:
    """The routes over a store, asked by `principal`. `configuration_at`: see the routes."""

    def __init__(
        self, store: Store, agencies: Agencies = AGENCIES,
        configuration_at: Callable[[datetime], Configuration | None] = lambda _moment: None,
    ) -> None:  # fmt: skip
        self.store, self.principal, self.audited = store, KEY, list[str]()
        app = Flask(__name__)
        handlers.install(app, lambda path: False)

        @app.before_request
        def authenticate() -> None:
            request.environ[PRINCIPAL_KEY] = self.principal

        context = self.context = DirectiveContext(store, agencies, lambda: NOW, self._write_entries, units=UNITS)
        app.register_blueprint(directive_views.blueprint(context, configuration_at))
        self.add = app.register_blueprint
        self.client: FlaskClient = app.test_client()
        with store.write() as conn:
            system = Position("he-thong", PositionKind.SYSTEM, "QLVB", "qlvb", START, master="qlvb")
            positions.put_position(conn, system)

    def _write_entries(self, _conn: object, _by: object, acts: Sequence[AuditedAct], _now: datetime) -> None:
        self.audited += (each.action for each in acts)

    def post(self, path: str, body: object) -> tuple[int, dict[str, Any]]:
        answer = self.client.post(f"/api/v1/directives/{path}", json=body)
        return answer.status_code, answer.get_json()

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        answer = self.client.get(f"/api/v1/directives/{path}")
        return answer.status_code, answer.get_json()

    def act(
        self, number: str, act: str, refers_to: str = "", task: str = "1", **stated: object
    ) -> tuple[int, dict[str, Any]]:
        body = {"document": "QLVB/1", "task": task, "external_id": number, "act": act, "refers_to": refers_to}
        return self.post("acts", body | {"stated": stated})


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with closing(empty_store(tmp_path)) as store:
        yield Site(store)


def test_a_document_is_entered_once_and_changed_by_the_same_id(site: Site) -> None:
    assert site.post("documents", DOCUMENT) == (
        200, {"key": "qlvb-qlvb-1", "assigned_tasks": ["qlvb-qlvb-1/1", "qlvb-qlvb-1/2"]},
    )  # fmt: skip
    assert site.post("documents", DOCUMENT | {"title": "Đã sửa"}) == (200, {"key": "qlvb-qlvb-1", "assigned_tasks": []})
    with site.store.read() as conn:
        stored = documents.find_external(conn, "qlvb", "QLVB/1")
    assert stored is not None and stored.title.vi == "Đã sửa" and len(stored.tasks) == 2
    assert site.audited.count("directive-document-entered") == 2


def test_a_lone_surrogate_in_a_text_is_replaced_and_in_an_id_refused(site: Site) -> None:
    assert site.post("documents", DOCUMENT | {"title": "Cắt \ud83d", "kind": "công \udc00 \U0001f600"})[0] == 200
    with site.store.read() as conn:
        stored = documents.find_external(conn, "qlvb", "QLVB/1")
    assert stored is not None and (stored.title.vi, stored.kind) == ("Cắt \ufffd", "công \ufffd \U0001f600")
    refused = site.post("documents", DOCUMENT | {"external_id": "QLVB/1\ud83d"})
    assert (refused[0], refused[1]["code"], refused[1]["params"]) == (400, ApiCode.BAD_FIELD, {"name": "external_id"})


def test_place_and_horizon_of_a_task_come_with_it(site: Site) -> None:
    task = DOCUMENT["tasks"][0]
    assert site.post("documents", DOCUMENT | {"tasks": [task | {"place": "1", "horizon": "long"}]})[0] == 200
    with site.store.read() as conn:
        stored = documents.find_external(conn, "qlvb", "QLVB/1")
    assert stored is not None and (stored.tasks[0].place, stored.tasks[0].horizon) == ("1", "long")
    unknown = site.post("documents", DOCUMENT | {"tasks": [task | {"place": "9"}]})
    assert (unknown[0], unknown[1]["code"]) == (422, ActCode.PLACE_UNKNOWN)
    assert site.post("documents", DOCUMENT | {"tasks": [task | {"horizon": "x"}]})[1]["code"] == ApiCode.BAD_CHOICE


def test_every_act_comes_by_external_id_and_is_given_back(site: Site) -> None:
    site.post("documents", DOCUMENT)
    assert site.act("e1", "receive")[1]["work_state"] == "active"
    assert site.act("e2", "report", text="x", percent=40, petition="y", petition_to="chairman")[0] == 200
    status, again = site.act("e2", "report", text="x", percent=40, petition="y", petition_to="chairman")
    assert (status, again["is_repeated"]) == (200, True)
    assert site.act("e2", "report", text="x", percent=90)[1]["code"] == ActCode.KEY_REUSED
    assert site.act("e3", "answer_petition", "e2", text="Đồng ý")[0] == 200
    status, body = site.get("events?after=0")
    found = schemas.ActEvents.model_validate(body)
    assert status == 200 and [event.external_id for event in found.events] == ["", "", "e1", "e2", "e3"]
    assert found.events[-1].refers_to == found.events[-2].id and found.events[-2].stated.percent == 40
    assert site.get(f"events?after={found.next}")[1] == {"events": [], "next": found.next}
    assert site.get(f"events?after={found.next - 1}&limit=1")[1]["events"] == body["events"][-1:]  # a reader's last one
    assert len(site.get("events?limit=2")[1]["events"]) == 2


def test_a_system_sends_requests_and_their_decisions(site: Site) -> None:
    site.post("documents", DOCUMENT)
    later = (START + 60 * DAY).isoformat()
    acts: tuple[tuple[str, str, dict[str, object]], ...] = (
        ("receive", "", {}),
        ("request_extension", "", {"due": later, "text": "Mưa", "cause": "objective"}),
        ("decide_extension", "e1", {"is_granted": True}),
        ("submit_completion", "", {"text": "Xong", "document_number": "1/BC", "document_date": START.isoformat()}),
        ("confirm_completion", "", {"completed_on": START.isoformat()}),
        ("continue", "", {"text": "Làm tiếp", "basis": "2/TB"}),
    )
    answers = [site.act(f"e{n}", act, refers_to, "1", **stated) for n, (act, refers_to, stated) in enumerate(acts)]
    assert [status for status, _ in answers] == [200] * 6
    assert [body["work_state"] for _, body in answers[3:]] == ["awaiting_acceptance", "done", "active"]
    assert answers[-1][1]["due_on"] == later


def test_statistics_at_a_moment_by_both_views(site: Site) -> None:
    site.post("documents", DOCUMENT)
    site.act("e1", "transfer", agency="b", basis="3/QĐ")
    site.principal = READER
    held = schemas.DirectiveFigures.model_validate(site.get("statistics?view=held")[1])
    assert (held.total, held.by_state["not_started"], held.ageing["1-30"]) == (2, 2, 1)
    assert {key: figures.total for key, figures in held.by_agency.items()} == {"b": 2}
    assigned = schemas.DirectiveFigures.model_validate(site.get("statistics")[1])
    assert {key: figures.total for key, figures in assigned.by_agency.items()} == {"a": 1, "b": 1}
    assert (assigned.rates["overdue_of_due"].percent, assigned.rates["overdue_of_due"].denominator) == (
        100, "with_due_date",
    )  # fmt: skip
    assert site.get("statistics?at=2025-01-01")[1]["total"] == 0


def test_statistics_tell_how_tasks_were_handled(site: Site) -> None:
    site.post("documents", DOCUMENT)
    site.act("e1", "receive")
    site.act("e2", "report", text="x", petition="Kinh phí", petition_to="b")
    site.act("e3", "submit_completion", text="Xong")
    site.act("e4", "return_completion", text="Thiếu", return_kind="content")
    site.principal = READER
    found = site.get("statistics?view=held")[1]
    assert found["handling"] == {
        "received_count": 1, "received_days_mean": 0, "returns": 1, "returned_count": 1, "office_days": 0,
        "open_petitions": 1, "petition_count": 1,
    }  # fmt: skip
    assert found["handling_by_agency"]["a"] == found["handling"]
    assert found["handling_by_agency"]["b"]["received_days_mean"] is None


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("statistics?view=x", ApiCode.BAD_FIELD),
        ("statistics?at=x", ApiCode.BAD_TIME),
        ("statistics?at=2100-01-01", ApiCode.FUTURE_TIME),
        ("statistics?when=now", ApiCode.UNKNOWN_PARAMETER),
        ("events?after=-1", ApiCode.BAD_FIELD),
        ("events?after=9999999999999999999999", ApiCode.BAD_FIELD),
        ("events?limit=x", ApiCode.BAD_FIELD),
        ("events?after=0&after=5", ApiCode.DOUBLED_NAME),
        ("statistics?view=held&view=held", ApiCode.DOUBLED_NAME),
    ],
)
def test_a_wrong_parameter_is_refused(site: Site, path: str, code: ApiCode) -> None:
    status, body = site.get(path)
    assert (status, body["code"]) == (400, code)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"secrecy": "Mật"}, 422, ActCode.SECRET_DOCUMENT),
        ({"external_id": "0100345678"}, 422, ActCode.PERSONAL_ID),
        ({"tasks": [DOCUMENT["tasks"][0] | {"external_id": "a@b.example"}]}, 422, ActCode.PERSONAL_ID),
        ({"number": ""}, 400, ApiCode.BAD_FIELD),
        ({"title": "\u200b \u2060"}, 400, ApiCode.BAD_FIELD),
        ({"tasks": [DOCUMENT["tasks"][0] | {"title": "\u3164"}]}, 400, ApiCode.BAD_FIELD),
        ({"password": "x"}, 400, ApiCode.BAD_FIELD),
        ({"visibility": "public"}, 403, ActCode.PUBLISH_NOT_PERMITTED),
        ({"tasks": [DOCUMENT["tasks"][0] | {"lead": "z"}]}, 422, ActCode.AGENCY_NOT_NAMED),
        ({"tasks": [DOCUMENT["tasks"][0] | {"lead": "a; b"}]}, 422, ActCode.AGENCY_NOT_NAMED),
        ({"tasks": [DOCUMENT["tasks"][0], DOCUMENT["tasks"][0]]}, 409, ActCode.KEY_TAKEN),
        ({"tasks": [DOCUMENT["tasks"][0] | {"weight": 0}]}, 400, ApiCode.BAD_FIELD),
        ({"tasks": [DOCUMENT["tasks"][0] | {"weight": True}]}, 400, ApiCode.BAD_FIELD),
        ({"tasks": [DOCUMENT["tasks"][0] | {"weight": "1"}]}, 400, ApiCode.BAD_FIELD),
        ({"tasks": [DOCUMENT["tasks"][0] | {"assigned_on": 0}]}, 400, ApiCode.BAD_FIELD),
        ({"tasks": [DOCUMENT["tasks"][0] | {"is_order": "yes"}]}, 400, ApiCode.BAD_FIELD),
        ({"issued_on": 20261124}, 400, ApiCode.BAD_FIELD),
        ({"tasks": [DOCUMENT["tasks"][0] | {"due": "2020-01-01"}]}, 422, ActCode.DUE_BEFORE_ASSIGNED),
    ],
)
def test_a_wrong_document_is_refused_and_not_kept(
    site: Site, changes: dict[str, object], status: int, code: str
) -> None:
    found, body = site.post("documents", DOCUMENT | changes)
    assert (found, body["code"]) == (status, code)
    if code == ApiCode.BAD_FIELD:
        assert body["params"]["name"].split(".")[-1] in str(changes)
    with site.store.read() as conn:
        assert documents.count_documents(conn) == 0
    assert "Trích yếu" not in str(body)


def test_an_act_whose_id_holds_personal_data_is_refused_and_not_kept(site: Site) -> None:
    site.post("documents", DOCUMENT)
    audited = len(site.audited)
    status, body = site.act("CCCD 000123456789", "receive")
    assert (status, body["code"], len(site.audited)) == (422, ActCode.PERSONAL_ID, audited)


@pytest.mark.parametrize("body", [
    b'{"secrecy": "x", %s', b'{"secr\\u0065cy": "x", %s', b'{"tasks": [{"lead": "a", "lead": "b"}], %s',
])  # fmt: skip
def test_a_field_that_is_given_twice_is_refused(site: Site, body: bytes) -> None:
    rest = json.dumps(DOCUMENT | {"secrecy": ""}).encode()[1:]
    answer = site.client.post("/api/v1/directives/documents", data=body % rest, content_type="application/json")
    assert (answer.status_code, answer.get_json()["code"]) == (400, ApiCode.DOUBLED_NAME)
    with site.store.read() as conn:
        assert documents.count_documents(conn) == 0


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b'{"a": 1' + b"0" * 5_000 + b"}"], ids=len)
def test_a_body_that_is_no_json_is_refused(site: Site, body: bytes) -> None:
    answer = site.client.post("/api/v1/directives/acts", data=body, content_type="application/json")
    assert (answer.status_code, answer.get_json()["code"]) == (400, ApiCode.BAD_REQUEST)


def test_another_id_with_the_same_letters_is_another_document(site: Site) -> None:
    first = site.post("documents", DOCUMENT)[1]["key"]
    status, body = site.post("documents", DOCUMENT | {"external_id": "QLVB-1", "title": "Khác"})
    assert status == 200 and body["key"] != first
    unknown = {"document": "qlvb 1", "task": "1", "external_id": "e", "act": "receive"}
    assert site.post("acts", unknown)[0] == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("external_id", "a\0"),
        ("issuer", "\N{RIGHT-TO-LEFT OVERRIDE}a"),
        ("parents", ["x"] * 51),
        ("parents", ["x" * 121]),
    ],
)
def test_ids_that_cannot_be_stored_as_they_are_are_refused(site: Site, name: str, value: object) -> None:
    assert site.post("documents", DOCUMENT | {name: value})[1]["code"] == ApiCode.BAD_FIELD


def test_an_answer_of_large_acts_is_bounded_and_goes_on(site: Site) -> None:
    tasks = [DOCUMENT["tasks"][0] | {"external_id": str(n)} for n in range(10)]
    site.post("documents", DOCUMENT | {"tasks": tasks})
    for n in range(10):
        site.act(f"r{n}", "receive", task=str(n))
    texts = dict.fromkeys(("text", "next_steps", "difficulties"), "x " * 2000)
    for n in range(200):
        assert site.act(f"e{n}", "report", task=str(n % 10), **texts)[0] == 200
    seen, after = list[str](), 0
    while page := site.get(f"events?after={after}&limit=1000")[1]["events"]:
        assert len(page) < 200
        seen += [each["external_id"] for each in page]
        after = page[-1]["id"]
    assert seen == [*[""] * 10, *(f"r{n}" for n in range(10)), *(f"e{n}" for n in range(200))]


def test_wrong_acts_have_their_statuses(site: Site) -> None:
    site.post("documents", DOCUMENT)
    assert site.act("e1", "report", text="x")[0] == 409
    assert site.act("e1", "withdraw")[0] == 422
    assert site.act("e1", "fly")[0] == 400
    unknown = {"document": "QLVB/1", "task": "9", "external_id": "e", "act": "receive"}
    assert (site.post("acts", unknown)[0], site.post("acts", [])[0]) == (404, 400)
    plain = site.client.post("/api/v1/directives/acts", data="x", content_type="text/plain")
    assert (plain.status_code, plain.get_json()["code"]) == (415, RequestCode.UNSUPPORTED_CONTENT_TYPE)


@pytest.mark.parametrize(
    "principal", [READER, Principal(), Principal(PrincipalKind.USER, "an", roles=frozenset({Role.VIEWER}))]
)
def test_who_may_not_act_does_not(site: Site, principal: Principal) -> None:
    site.principal = principal
    answers = (site.post("documents", DOCUMENT), site.act("e1", "receive"), site.get("events"))
    assert {status for status, _ in answers} <= {401, 403}


def test_a_key_without_a_position_of_a_system_is_refused(site: Site) -> None:
    site.principal = Principal(PrincipalKind.API_KEY, "khac", scopes=frozenset({Scope.DIRECTIVES}))
    status, body = site.post("documents", DOCUMENT)
    assert (status, body["code"], site.get("events")[0]) == (403, ActCode.SYSTEM_POSITION_MISSING, 403)
    with site.store.write() as conn:
        past = Position("cu", PositionKind.SYSTEM, "Cũ", "khac", START, valid_to=START, master="khac")
        positions.put_position(conn, past)
    assert site.post("documents", DOCUMENT)[1]["code"] == ActCode.POSITION_NOT_VALID


def test_examples_of_the_openapi_document_are_valid() -> None:
    models: dict[str, type[ApiModel]] = {
        "/directives/documents": schemas.DocumentUpsert,
        "/directives/acts": schemas.ActRequest,
    }
    for path, model in models.items():
        content = paths()[path]["post"]["requestBody"]["content"]["application/json"]
        assert model.model_validate_json(json.dumps(content["example"]))


def test_acts_are_given_with_their_files(site: Site) -> None:
    site.post("documents", DOCUMENT)
    number = site.act("e1", "receive")[1]["id"]
    file = EvidenceFile("Biên bản.pdf", EvidenceType.PDF, 7, "a" * 64)
    with site.store.write() as conn:
        event, task = events.find_event(conn, number), events.find_task(conn, "qlvb-qlvb-1/1")
        assert event and task
        evidence.append(conn, task.id, event, (file,))
    found = {event["id"]: event["evidence"] for event in site.get("events?after=0")[1]["events"]}
    assert found.pop(number) == [
        {"id": 1, "name": "Biên bản.pdf", "type": "pdf", "size_bytes": 7, "sha256": "a" * 64}
    ]  # fmt: skip
    assert not any(found.values())
