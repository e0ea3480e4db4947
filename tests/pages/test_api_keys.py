"""API keys: callbacks of the page, by HTTP."""

from datetime import timedelta
from typing import cast

import pytest

from components.ui.format import format_moment
from components.ui.i18n import t
from ioc.auth.errors import AuthCode
from ioc.domain.access.principal import RevokedReason, Role
from ioc.domain.base.failure import Failure
from ioc.domain.directives.acts import PositionKind
from ioc.domain.directives.positions import Position
from ioc.domain.directives.webhook import Webhook, WebhookCode, WebhookState
from ioc.storage.access import audit_log
from ioc.storage.access.api_keys import ApiKey
from ioc.storage.access.audit_log import AuditFilter
from ioc.storage.directives import positions
from ioc.storage.directives import webhooks as webhook_store
from ioc.web.errors.codes import RequestCode
from tests.pages.conftest import WorkingBrowser, find_callback, secret_in, working
from tests.web.views.conftest import ADMIN, FAR, Centre, add_api_answers

PATH, ROW = "/quan-tri/chuong-trinh", "api-keys-table.cellRendererData"
KEY = {
    "api-keys-name.value": "Prometheus phòng máy",
    "api-keys-networks.value": "",
    "api-keys-scopes.value": ["metrics"],
}


@pytest.fixture(autouse=True)
def api(centre: Centre) -> None:
    add_api_answers(centre)


def ask(centre: Centre, path: str, key: str) -> int:
    """The status that a program with the key gets."""
    client = centre.browser().client
    del client.environ_base["HTTP_SEC_FETCH_SITE"]  # a program is no browser
    return client.get(path, headers={"Authorization": f"Bearer {key}"}).status_code


def created(admin: WorkingBrowser) -> str:
    """A new key, as the dialog shows it."""
    return secret_in(admin.result("api_keys.create", KEY)["api-keys-secret-body.children"])


def keys(centre: Centre) -> list[ApiKey]:
    return centre.auth.api_keys.list_all(ADMIN)


def refused_fields(answer: dict[str, object]) -> list[str]:
    """The fields that say why they are refused."""
    return [
        key.removesuffix("-error.children")
        for key, value in answer.items()
        if key.endswith("-error.children") and value
    ]


def test_key_is_shown_once_and_revoked_at_once(centre: Centre, admin: WorkingBrowser) -> None:
    key = created(admin)
    listed = str(admin.result("api_keys.list_keys"))
    assert key not in listed and key not in admin.get(PATH).text and "prometheus-phong-may" in listed
    opened = admin.result("api_keys.open_key", {ROW: {"value": "prometheus-phong-may"}})
    assert key not in str(opened) and opened["api-keys-change.hidden"] is False
    assert ask(centre, "/metrics", key) == 200 and keys(centre)[0].last_address == FAR
    assert ask(centre, "/api/v1/kpis", key) == 403
    done = admin.result("api_keys.revoke", {"api-keys-key.data": opened["api-keys-key.data"]})
    assert done["api-keys-ask.is_open"] is done["api-keys-one.is_open"] is False
    assert ask(centre, "/metrics", key) == 401
    again = admin.result("api_keys.open_key", {ROW: {"value": "prometheus-phong-may"}})
    assert again["api-keys-change.hidden"] is True
    with centre.store.read() as conn:
        entries = [(entry.actor, entry.action, entry.reason) for entry in audit_log.newest(conn, AuditFilter(), 4)]
    assert entries == [
        ("prometheus-phong-may", "metrics", RevokedReason.KEY_REVOKED), ("truong", "api-key-revoked", ""),
        ("prometheus-phong-may", "read", RequestCode.KEY_NOT_PERMITTED), ("truong", "api-key-created", ""),
    ]  # fmt: skip


def test_key_for_directives_names_the_position_that_it_needs(centre: Centre, admin: WorkingBrowser) -> None:
    made = admin.result("api_keys.create", KEY | {"api-keys-scopes.value": ["directives"]})
    assert t("views.program_needs_position", "vi") in str(made["api-keys-secret-body.children"])
    asked = {ROW: {"value": "prometheus-phong-may"}}
    assert "/quan-tri/chuc-danh" in str(admin.result("api_keys.open_key", asked))
    since = centre.directives.today()
    with centre.store.write() as conn:
        position = Position("ht", PositionKind.SYSTEM, "Phần mềm MP", "prometheus-phong-may", since, master="mp")
        positions.put_position(conn, position)
    opened = str(admin.result("api_keys.open_key", asked))
    assert "Phần mềm MP" in opened and "/quan-tri/chuc-danh" not in opened


def test_answer_with_the_key_is_stored_nowhere(admin: WorkingBrowser) -> None:
    assert admin.run("api_keys.create", KEY).headers["Cache-Control"] == "no-store"


def test_revoking_asks_first_and_says_which_program(centre: Centre, admin: WorkingBrowser) -> None:
    created(admin)
    opened = admin.result("api_keys.open_key", {ROW: {"value": "prometheus-phong-may"}})
    assert "Prometheus phòng máy" in opened["api-keys-ask-body.children"]
    _, revoking = find_callback(centre, "api_keys.revoke")
    assert [entry["id"] for entry in revoking["inputs"]] == ["api-keys-ask-go"]


def test_dialog_of_a_new_key_opens_empty(admin: WorkingBrowser) -> None:
    opened = admin.result("api_keys.open_new")
    assert [opened[f"api-keys-{field}.value"] for field in ("name", "networks", "scopes")] == ["", "", []]
    assert not refused_fields(opened)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"api-keys-name.value": ""}, "api-keys-name"),
        ({"api-keys-name.value": "prometheus PHÒNG máy"}, "api-keys-name"),
        ({"api-keys-scopes.value": []}, "api-keys-scopes"),
        ({"api-keys-networks.value": "abc"}, "api-keys-networks"),
        ({"api-keys-networks.value": " ".join(f"203.0.113.{n}/32" for n in range(44))}, "api-keys-networks"),
    ],
)
def test_refused_field_says_why_and_no_key_is_made(
    centre: Centre, admin: WorkingBrowser, changed: dict[str, object], field: str
) -> None:
    created(admin)
    answer = admin.result("api_keys.create", KEY | {"api-keys-name.value": "Khác"} | changed)
    assert refused_fields(answer) == [field] and answer["api-keys-new.is_open"] is True
    assert "api-keys-name.value" not in answer  # what was typed stays
    assert len(keys(centre)) == 1


def test_empty_form_tells_all_at_once(admin: WorkingBrowser) -> None:
    answer = admin.result("api_keys.create", {"api-keys-networks.value": "abc"})
    assert sorted(refused_fields(answer)) == ["api-keys-name", "api-keys-networks", "api-keys-scopes"]


def test_scope_that_is_none_is_refused_and_no_key_is_made(centre: Centre, admin: WorkingBrowser) -> None:
    answer = admin.run("api_keys.create", KEY | {"api-keys-scopes.value": ["administer"]})
    assert answer.status_code == 400 and keys(centre) == []


def test_networks_are_stored_whole(centre: Centre, admin: WorkingBrowser) -> None:
    some = " ".join(f"203.0.113.{n}/32" for n in range(22))
    admin.result("api_keys.create", KEY | {"api-keys-networks.value": some})
    assert [key.allowed_networks for key in keys(centre)] == [some]


def test_button_pressed_twice_makes_one_key(centre: Centre, admin: WorkingBrowser) -> None:
    created(admin)
    assert refused_fields(admin.result("api_keys.create", KEY)) == ["api-keys-name"] and len(keys(centre)) == 1


def test_key_is_revoked_once(centre: Centre, admin: WorkingBrowser) -> None:
    created(admin)
    values = {"api-keys-key.data": "prometheus-phong-may"}
    assert admin.run("api_keys.revoke", values).status_code == 200
    again = admin.run("api_keys.revoke", values)
    assert (again.status_code, again.get_json()["code"]) == (400, AuthCode.API_KEY_NOT_FOUND)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_who_may_not_administer_gets_neither_page_nor_callbacks(centre: Centre, role: Role) -> None:
    browser = working(centre.signed_in("khac", role))
    assert browser.get(PATH).status_code == 403
    for callback in ("list_keys", "create", "open_key", "revoke"):
        assert browser.run(f"api_keys.{callback}", KEY).status_code == 403
    assert not keys(centre)


@pytest.mark.parametrize("path", ["/", "/live/overview", "/tai-khoan", PATH, "/quan-tri/man-hinh", "/pdf/overview"])
def test_key_is_not_accepted_at_pages(centre: Centre, admin: WorkingBrowser, path: str) -> None:
    assert ask(centre, path, created(admin)) in {303, 401, 404}


def test_key_runs_no_callback(centre: Centre, admin: WorkingBrowser) -> None:
    key = created(admin)
    program = working(centre.browser())
    program.client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    assert program.run("api_keys.create", KEY | {"api-keys-name.value": "Khác"}).status_code in {401, 403}
    assert len(keys(centre)) == 1


FORGED = ("\0", "\ud800", 5, ["x"], {"a": 1})
CROOKED = ("../../etc/passwd", "a" * 3000, None, *FORGED)


@pytest.mark.parametrize("typed", CROOKED)
def test_malformed_input_is_refused(centre: Centre, admin: WorkingBrowser, typed: object) -> None:
    fields = {"api-keys-name.value": typed, "api-keys-networks.value": typed, "api-keys-scopes.value": typed}
    assert admin.run("api_keys.create", fields).status_code == (200 if typed is None else 400)
    if typed not in FORGED:
        assert refused_fields(admin.result("api_keys.create", fields | {"api-keys-scopes.value": []}))
    assert not keys(centre)
    assert admin.run("api_keys.open_key", {ROW: {"value": typed}}).status_code == 400
    assert admin.run("api_keys.revoke", {"api-keys-key.data": typed}).status_code == 400


def test_callback_from_another_site_is_refused(centre: Centre, admin: WorkingBrowser) -> None:
    admin.client.environ_base["HTTP_SEC_FETCH_SITE"] = "cross-site"
    assert admin.run("api_keys.create", KEY).status_code == 403 and not keys(centre)


def test_page_says_where_acts_are_sent_and_why_they_do_not_arrive(centre: Centre, admin: WorkingBrowser) -> None:
    created(admin)
    webhooks = cast("dict[str, Webhook]", centre.directives.webhooks)
    for system in ("prometheus-phong-may", "chua-co-khoa"):
        webhooks[system] = Webhook(system, "https://kho.example.test:8443/nhan?ma=bi-mat", "KHO")
    answer = admin.result("api_keys.list_keys")
    assert "chua-co-khoa" in str(answer["api-keys-notice.children"])
    assert answer["api-keys-table.rowData"][0]["state"]["kind"] == "normal"
    sent_at, failing = centre.clock(), centre.clock() + timedelta(hours=3)
    state = WebhookState(7, 7, sent_at).after_failure(Failure(WebhookCode.REFUSED, {"status": 503}), failing)
    with centre.store.write() as conn:
        webhook_store.begin(conn, "prometheus-phong-may", 7)
        webhook_store.take_turn(conn, "prometheus-phong-may", "x", failing)
        webhook_store.put_state(conn, "prometheus-phong-may", "x", state)
    listed = admin.result("api_keys.list_keys")["api-keys-table.rowData"][0]["state"]
    assert listed["kind"] == "attention" and "503" in listed["title"]
    shown = str(admin.result("api_keys.open_key", {ROW: {"value": "prometheus-phong-may"}})["api-keys-facts.children"])
    assert "kho.example.test:8443" in shown and "bi-mat" not in shown
    assert format_moment(sent_at) in shown and format_moment(failing) in shown and "503" in shown
