"""API keys by their page: creation, use, rate limit, revocation."""

import re

import pytest

from ioc.domain.access.principal import PrincipalKind, RevokedReason, Role
from ioc.storage.access import audit_log
from ioc.web.errors.codes import RequestCode
from ioc.web.middleware.rate_limit import PRINCIPAL_RATE
from tests.web.views.conftest import ADMIN, FAR, Browser, Centre, add_api_answers

PROGRAMS = "/quan-tri/chuong-trinh"


@pytest.fixture
def admin(centre: Centre) -> Browser:
    add_api_answers(centre)
    return centre.signed_in("truong", Role.ADMINISTRATOR)


def create_key(admin: Browser, *scopes: str, **more: str) -> str:
    answer = admin.post(
        PROGRAMS, {"ten": "Prometheus phòng máy", "quyen": list(scopes) or ["metrics"], "dai": "", **more}
    )
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store", answer.text
    match = re.search(r'<output class="secret">([^<]+)</output>', answer.text)
    assert match
    return match[1]


def ask(centre: Centre, path: str, key: str, method: str = "GET", kind: str = "Bearer") -> tuple[int, str]:
    client = centre.browser().client
    del client.environ_base["HTTP_SEC_FETCH_SITE"]  # a program is no browser
    answer = client.open(path, method=method, headers={"Authorization": f"{kind} {key}"})
    return answer.status_code, answer.text


def test_key_is_shown_once_and_revoked_at_once(centre: Centre, admin: Browser) -> None:
    key = create_key(admin)
    listed = admin.get(PROGRAMS).text
    assert key not in listed and "prometheus-phong-may" in listed and "chưa dùng lần nào" in listed
    assert ask(centre, "/metrics", key) == ask(centre, "/metrics", key, kind="bearer") == (200, PrincipalKind.API_KEY)
    assert FAR in admin.get(PROGRAMS).text
    status, text = ask(centre, "/api/v1/kpis", key)
    assert status == 403 and "Khóa của chương trình này" in text
    assert admin.post(f"{PROGRAMS}/prometheus-phong-may/thu-hoi", {}).status_code == 303
    assert ask(centre, "/metrics", key)[0] == 401
    assert "đã thu hồi" in admin.get(PROGRAMS).text
    with centre.store.read() as conn:
        entries = [
            (entry.actor, entry.action, entry.reason) for entry in audit_log.newest(conn, audit_log.AuditFilter(), 4)
        ]
    assert entries == [
        ("prometheus-phong-may", "metrics", RevokedReason.KEY_REVOKED), ("truong", "api-key-revoked", ""),
        ("prometheus-phong-may", "read", RequestCode.KEY_NOT_PERMITTED), ("truong", "api-key-created", ""),
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["/", "/live/home", "/tai-khoan", PROGRAMS, "/geo/x", "/pdf/home"])
def test_key_is_not_accepted_at_pages_and_forms(centre: Centre, admin: Browser, path: str) -> None:
    assert ask(centre, path, create_key(admin, "metrics", "api"))[0] in {303, 401, 404}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/metrics", "/api/v1/kpis", "/tai-khoan/mat-khau", PROGRAMS, "/dang-xuat"])
def test_key_may_only_read(centre: Centre, admin: Browser, path: str, method: str) -> None:
    assert ask(centre, path, create_key(admin, "metrics", "api"), method)[0] in {401, 403, 405}


def test_wrong_key_is_anonymous_despite_other_cookies(centre: Centre, admin: Browser) -> None:
    answer = admin.get("/metrics", Authorization="Bearer ioc-" + "a" * 43)
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"] == "Bearer"
    assert "Khóa của chương trình không được nhận" in answer.get_json()["detail"]["vi"]
    here = centre.browser("127.0.0.1").client
    local = {"Host": "localhost"}
    assert here.get("/metrics", headers=local).status_code == 200
    assert here.get("/metrics", headers=local | {"Authorization": "Bearer x"}).status_code == 401
    assert admin.get("/metrics", Authorization="Basic YTpi").text == PrincipalKind.USER


def test_each_key_has_its_own_rate_limit(centre: Centre, admin: Browser) -> None:
    key, other = create_key(admin), create_key(admin, ten="Báo cáo")
    answers = [ask(centre, "/metrics", key)[0] for _ in range(int(PRINCIPAL_RATE.burst) + 20)]
    assert answers[0] == 200 and answers[-1] == 429
    assert ask(centre, "/metrics", other)[0] == 200


def test_invalid_key_form_shows_its_error_and_needs_an_administrator(centre: Centre, admin: Browser) -> None:
    for sent, why in (({"quyen": []}, "Chọn ít nhất một"), ({"dai": "abc"}, "không phải dải địa chỉ")):
        answer = admin.post(PROGRAMS, {"ten": "Prometheus", "quyen": ["api"], **sent})
        assert answer.status_code == 400 and why in answer.text and 'value="Prometheus"' in answer.text
    create_key(admin)
    assert "Đã có chương trình" in admin.post(PROGRAMS, {"ten": "prometheus PHÒNG máy", "quyen": ["api"]}).text
    operator = centre.signed_in("truc", Role.OPERATOR)
    assert operator.get(PROGRAMS).status_code == 403 and "Chương trình" not in operator.get("/quan-tri/man-hinh").text


def test_networks_are_stored_whole_or_rejected(centre: Centre, admin: Browser) -> None:
    some = " ".join(f"203.0.113.{n}/32" for n in range(22))
    create_key(admin, dai=some)
    assert [key.allowed_networks for key in centre.auth.api_keys.list_all(ADMIN)] == [some]
    answer = admin.post(PROGRAMS, {"ten": "Khác", "quyen": ["api"], "dai": f"{some} {some}"})
    assert "tối đa 400 ký tự" in answer.text and len(centre.auth.api_keys.list_all(ADMIN)) == 1
