"""Accounts: callbacks of the page, by HTTP."""

import re
from dataclasses import replace

import pytest

from components.access.users import agency_options
from components.ui.i18n import t
from ioc.auth import tokens
from ioc.auth.errors import AuthCode
from ioc.auth.user_admin import NewUser, UserAccount, UserChange
from ioc.domain.access.principal import Role
from ioc.storage.access import accounts, audit_log
from ioc.storage.access.audit_log import AuditFilter
from tests.auth.site import PASSWORD, failed_login
from tests.city import NOW
from tests.city_submissions import submission_data
from tests.pages.conftest import UPDATE, WorkingBrowser, find_callback, secret_in, working
from tests.web.views.conftest import ADMIN, Centre

PATH = "/quan-tri/tai-khoan"
KEY = tokens.generate()
OTHER_ADMIN = replace(ADMIN, name="khac")
REPORTER = {
    "users-name.value": "bao-cao", "users-shown.value": "Người báo cáo A", "users-agency.value": "mp-a",
    "users-roles.value": ["reporter"],
}  # fmt: skip


def account(centre: Centre, name: str) -> UserAccount:
    (found,) = [each for each in centre.auth.users.list_accounts(ADMIN) if each.name == name]
    return found


def opened(admin: WorkingBrowser, name: str) -> dict[str, object]:
    """What the panel of an account holds after it was opened."""
    values = admin.result("users.open_account", {"users-table.cellRendererData": {"value": name}})
    return {key: value for key, value in values.items() if key.endswith((".value", ".data"))}


def actions(centre: Centre, action: str = "", result: str = "") -> int:
    """How many entries the audit log has."""
    with centre.store.read() as conn:
        return len(audit_log.newest(conn, AuditFilter(action=action, result=result), 99))


def test_account_is_added_with_a_password_that_is_shown_once(centre: Centre, admin: WorkingBrowser) -> None:
    answer = admin.result("users.add", REPORTER)
    password = secret_in(answer["users-secret-body.children"])
    added = account(centre, "bao-cao")
    assert (added.roles, added.agency, added.display_name) == (frozenset({Role.REPORTER}), "mp-a", "Người báo cáo A")
    reporter = centre.browser("203.0.113.50")
    signed_in = reporter.post("/dang-nhap", {"ten": "bao-cao", "mat-khau": password})
    assert signed_in.status_code == 303
    assert password not in admin.get(PATH).text + str(admin.result("users.list_accounts"))


def test_dialog_of_a_new_account_opens_without_the_rights_of_one_before(admin: WorkingBrowser) -> None:
    opened = admin.result("users.open_new")
    fields = ("name", "shown", "agency", "roles")
    assert [opened[f"users-{field}.value"] for field in fields] == ["", "", "-", []]
    assert [opened[f"users-{field}-error.children"] for field in fields] == [""] * 4


def test_answer_with_a_secret_is_stored_nowhere(admin: WorkingBrowser) -> None:
    assert admin.run("users.add", REPORTER).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"users-name.value": "Sai Tên"}, "users-name-error"),
        ({"users-name.value": "truong"}, "users-name-error"),
        ({"users-roles.value": []}, "users-roles-error"),
        ({"users-agency.value": "-"}, "users-agency-error"),
    ],
)
def test_refused_field_says_why_and_nothing_is_added(
    centre: Centre, admin: WorkingBrowser, changed: dict[str, object], field: str
) -> None:
    answer = admin.result("users.add", {**REPORTER, **changed})
    errors = {key: value for key, value in answer.items() if key.endswith("-error.children") and value}
    assert list(errors) == [f"{field}.children"] and answer["users-new.is_open"] is True
    assert [each.name for each in centre.auth.users.list_accounts(ADMIN)] == ["truong"]


def test_empty_form_tells_all_at_once(centre: Centre, admin: WorkingBrowser) -> None:
    answer = admin.result("users.add", {"users-agency.value": "khong-co"})
    assert {key for key, value in answer.items() if key.endswith("-error.children") and value} == {
        "users-name-error.children", "users-roles-error.children", "users-agency-error.children",
    }  # fmt: skip


@pytest.mark.parametrize("agency", ["khong-co", "mp-b\u202e", "mp-b "])
def test_agency_that_does_not_exist_is_refused(centre: Centre, admin: WorkingBrowser, agency: str) -> None:
    assert admin.result("users.add", REPORTER | {"users-agency.value": agency})["users-agency-error.children"]
    centre.signed_in("binh", Role.VIEWER)
    values = opened(admin, "binh") | {"users-edit-agency.value": agency, "users-edit-roles.value": ["reporter"]}
    assert admin.result("users.save", values)["users-edit-agency-error.children"]
    assert account(centre, "binh").agency == "" and actions(centre, "account-created") == 0


def test_account_keeps_an_agency_that_no_longer_exists(centre: Centre, admin: WorkingBrowser) -> None:
    centre.auth.users.add(NewUser("binh", [Role.REPORTER], "Bình", "mp-a"), OTHER_ADMIN)
    with centre.store.write() as conn:  # its agency has been merged since
        owner = accounts.get_by_name(conn, "binh")
        assert owner is not None
        accounts.change(conn, owner.id, agency="cu")
    values = opened(admin, "binh") | {"users-edit-shown.value": "B", "users-edit-roles.value": ["reporter"]}
    assert admin.result("users.save", values | {"users-edit-agency.value": "cu"})["users-one.is_open"] is False
    assert (account(centre, "binh").agency, account(centre, "binh").display_name) == ("cu", "B")


def test_names_of_people_hide_no_characters(centre: Centre, admin: WorkingBrowser) -> None:
    admin.result("users.add", REPORTER | {"users-shown.value": " A\u202enhniV\x07 "})
    assert account(centre, "bao-cao").display_name == "A\ufffdnhniV\ufffd"


def test_button_pressed_twice_adds_one_account(centre: Centre, admin: WorkingBrowser) -> None:
    admin.result("users.add", REPORTER)
    again = admin.result("users.add", REPORTER)
    assert again["users-name-error.children"] and actions(centre, "account-created") == 1


def test_rights_are_changed_from_the_panel(centre: Centre, admin: WorkingBrowser) -> None:
    centre.signed_in("binh", Role.VIEWER)
    values = opened(admin, "binh") | {
        "users-edit-shown.value": "Bình", "users-edit-agency.value": "mp-b", "users-edit-roles.value": ["reporter"]
    }  # fmt: skip
    assert admin.result("users.save", values)["users-one.is_open"] is False
    changed = account(centre, "binh")
    assert (changed.display_name, changed.agency, changed.roles) == ("Bình", "mp-b", frozenset({Role.REPORTER}))


def test_second_of_two_administrators_is_told_and_changes_nothing(centre: Centre, admin: WorkingBrowser) -> None:
    centre.signed_in("binh", Role.VIEWER, Role.OPERATOR)
    values = opened(admin, "binh")
    centre.auth.users.change("binh", UserChange(frozenset({Role.VIEWER})), OTHER_ADMIN)
    answer = admin.result("users.save", values | {"users-edit-roles.value": ["viewer", "operator"]})
    assert answer["users-one.is_open"] is True and answer["users-edit-shown-error.children"]
    assert account(centre, "binh").roles == frozenset({Role.VIEWER})


def test_own_account_is_not_offered_for_change_and_is_refused(centre: Centre, admin: WorkingBrowser) -> None:
    of_own = admin.result("users.open_account", {"users-table.cellRendererData": {"value": "truong"}})
    assert of_own["users-change.hidden"] is True and of_own["users-own.hidden"] is False
    refused = admin.run("users.disable", {"users-opened.data": {"name": "truong"}})
    assert (refused.status_code, refused.get_json()["code"]) == (403, AuthCode.OWN_ACCOUNT)
    assert actions(centre, result="denied") == 1


def test_account_is_disabled_at_once_and_enabled(centre: Centre, admin: WorkingBrowser) -> None:
    binh = centre.signed_in("binh", Role.VIEWER)
    values = {"users-opened.data": {"name": "binh"}}
    assert binh.get("/live/overview").status_code == 200
    done = admin.result("users.disable", values)
    assert done["users-ask.is_open"] is done["users-one.is_open"] is False
    assert binh.get("/live/overview").status_code == 401 and account(centre, "binh").disabled_at
    admin.result("users.act_on_account", values, "users-enable.n_clicks")
    assert account(centre, "binh").disabled_at is None


def test_disabling_asks_first_and_says_which_account(centre: Centre, admin: WorkingBrowser) -> None:
    centre.signed_in("binh", Role.VIEWER)
    asked = admin.result("users.open_account", {"users-table.cellRendererData": {"value": "binh"}})
    assert "binh" in asked["users-ask-body.children"]
    _, by_buttons = find_callback(centre, "users.act_on_account")
    assert "users-disable" not in {entry["id"] for entry in by_buttons["inputs"]}


def test_locked_account_is_unlocked(centre: Centre, admin: WorkingBrowser) -> None:
    centre.signed_in("binh", Role.VIEWER)
    for _ in range(5):
        failed_login(centre.site, "binh")
    assert account(centre, "binh").locked_until
    admin.result("users.act_on_account", {"users-opened.data": {"name": "binh"}}, "users-unlock.n_clicks")
    assert account(centre, "binh").locked_until is None


def test_sessions_of_an_account_are_listed_and_one_is_ended(centre: Centre, admin: WorkingBrowser) -> None:
    first = centre.signed_in("binh", Role.VIEWER)
    second = centre.browser()
    second.post("/dang-nhap", {"ten": "binh", "mat-khau": PASSWORD})
    opened = admin.result("users.open_account", {"users-table.cellRendererData": {"value": "binh"}})
    rows = opened["users-sessions.rowData"]
    assert len(rows) == 2 and all(row["end"]["act"] == row["id"] for row in rows)
    newest = max(rows, key=lambda row: int(row["id"]))["id"]
    values = {"users-sessions.cellRendererData": {"value": newest}, "users-opened.data": {"name": "binh"}}
    (left,) = admin.result("users.end_session", values)["users-sessions.rowData"]
    assert left["id"] != newest
    assert (first.get("/live/overview").status_code, second.get("/live/overview").status_code) == (200, 401)


def test_session_of_another_account_is_not_ended_from_the_panel(centre: Centre, admin: WorkingBrowser) -> None:
    centre.signed_in("binh", Role.VIEWER)
    chi = centre.signed_in("chi", Role.VIEWER)
    (theirs,) = centre.auth.sessions.list_sessions("chi", ADMIN)
    values = {"users-sessions.cellRendererData": {"value": str(theirs.id)}, "users-opened.data": {"name": "binh"}}
    assert admin.run("users.end_session", values).status_code == 403
    assert chi.get("/live/overview").status_code == 200


def test_reset_shows_a_new_password_and_ends_sessions(centre: Centre, admin: WorkingBrowser) -> None:
    binh = centre.signed_in("binh", Role.VIEWER)
    values = {"users-opened.data": {"name": "binh"}}
    answer = admin.result("users.act_on_account", values, "users-ask-reset-go.n_clicks")
    assert re.fullmatch(r"[a-z0-9-]{19}", secret_in(answer["users-secret-body.children"]))
    assert binh.get("/live/overview").status_code == 401


def test_of_an_external_account_the_second_factor_alone_is_reset(centre: Centre, admin: WorkingBrowser) -> None:
    centre.site.add_user_with_mfa("binh", Role.VIEWER)
    with centre.store.write() as conn:
        found = accounts.get_by_name(conn, "binh")
        assert found is not None
        accounts.change(conn, found.id, oidc_subject="https://id|7")
    panel = admin.result("users.open_account", {"users-table.cellRendererData": {"value": "binh"}})
    hidden = {"display": "none"}
    assert (panel["users-reset.style"], panel["users-reset-factor.style"]) == (hidden, None)
    values = {"users-opened.data": {"name": "binh"}}
    done = admin.result("users.act_on_account", values, "users-ask-reset-factor-go.n_clicks")
    assert done["users-one.is_open"] is False and "users-secret.is_open" not in done
    assert not account(centre, "binh").has_mfa


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_who_may_not_administer_gets_neither_page_nor_callbacks(centre: Centre, role: Role) -> None:
    browser = working(centre.signed_in("khac", role))
    assert browser.get(PATH).status_code == 403
    assert browser.run("users.list_accounts").status_code == 403
    assert browser.run("users.add", REPORTER).status_code == 403


def test_callback_from_another_site_is_refused(centre: Centre, admin: WorkingBrowser) -> None:
    admin.client.environ_base["HTTP_SEC_FETCH_SITE"] = "cross-site"
    assert admin.run("users.add", REPORTER).status_code == 403
    assert actions(centre, "account-created") == 0


@pytest.mark.parametrize("body", ["{", "[]", '{"output": 5}', '{"output": "users-none.children"}'])
def test_request_that_no_page_makes_is_refused(admin: WorkingBrowser, body: str) -> None:
    answer = admin.client.post(UPDATE, base_url=admin.base, data=body, content_type="application/json")
    assert answer.status_code == 400


def test_last_administrator_cannot_be_disabled(centre: Centre, admin: WorkingBrowser) -> None:
    with pytest.MonkeyPatch.context() as patch:
        # Two administrators disable each other at once: the second is denied.
        patch.setattr("ioc.storage.access.accounts.count_others_with_role", lambda *_: False)
        centre.site.add_user("khac", Role.ADMINISTRATOR)
        values = {"users-opened.data": {"name": "khac"}}
        refused = admin.run("users.disable", values)
    assert (refused.status_code, refused.get_json()["code"]) == (409, AuthCode.LAST_ADMINISTRATOR)
    with centre.store.read() as conn:
        (entry,) = audit_log.newest(conn, AuditFilter(result="denied"), 9)
    assert (entry.action, entry.target, entry.reason) == (
        "administer", "users.disable", AuthCode.LAST_ADMINISTRATOR
    )  # fmt: skip


def test_mistyped_input_is_not_audited(centre: Centre, admin: WorkingBrowser) -> None:
    admin.result("users.add", {**REPORTER, "users-name.value": "Ấn"})
    assert admin.run("users.open_account", {"users-table.cellRendererData": {"value": "x"}}).status_code == 404
    assert actions(centre, result="denied") == 0


def test_panel_offers_agencies_that_exist_and_the_current_one(centre: Centre, admin: WorkingBrowser) -> None:
    admin.result("users.add", REPORTER)
    answer = admin.result("users.open_account", {"users-table.cellRendererData": {"value": "bao-cao"}})
    assert [option["value"] for option in answer["users-edit-agency.options"]] == ["-", "mp-a", "mp-b"]


def test_agency_that_owes_figures_says_so_where_it_is_chosen() -> None:
    obligation, *_ = submission_data(NOW).obligations
    agencies = [(obligation.agency, "Sở A"), ("none", "Sở B")]
    _, owing, other = agency_options(agencies, {obligation.agency}, "vi")
    assert owing["label"].startswith("Sở A") and t("views.agency_owes", "vi") in owing["label"]
    assert other["label"] == "Sở B"


def test_too_large_request_is_refused(centre: Centre, admin: WorkingBrowser) -> None:
    assert admin.run("users.add", {**REPORTER, "users-shown.value": "x" * 300_000}).status_code == 413
    assert actions(centre, "account-created") == 0


def test_a_form_that_is_sent_twice_adds_one_account_and_shows_its_password_again(
    centre: Centre, admin: WorkingBrowser
) -> None:
    sent = REPORTER | {"users-new-key.data": KEY}
    first, second = (admin.result("users.add", sent) for _ in range(2))
    passwords = [secret_in(answer["users-secret-body.children"]) for answer in (first, second)]
    assert passwords[0] == passwords[1] and actions(centre, "account-created") == 1
    assert KEY not in (first["users-new-key.data"], second["users-new-key.data"])
    other = admin.run("users.add", sent | {"users-name.value": "bao-cao-2"})
    assert other.status_code == 409 and actions(centre, "account-created") == 1


@pytest.mark.parametrize("key", ["", "k", "\0", 5, ["x"], None])
def test_a_forged_key_of_a_form_is_refused_or_none(centre: Centre, admin: WorkingBrowser, key: object) -> None:
    status = admin.run("users.add", REPORTER | {"users-new-key.data": key}).status_code
    assert status == (200 if key in ("", "k", None) else 400)
    assert actions(centre, "account-created") == (status == 200)
