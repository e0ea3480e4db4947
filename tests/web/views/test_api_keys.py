"""API keys in requests: where they are accepted, rate limit."""

import pytest

from ioc.auth.api_keys import NewApiKey
from ioc.domain.access.principal import PrincipalKind, Role, Scope
from ioc.web.middleware import rate_limit
from ioc.web.middleware.rate_limit import PRINCIPAL_RATE
from ioc.web.token_bucket import Rate
from tests.web.views.conftest import ADMIN, Browser, Centre, add_api_answers


@pytest.fixture
def admin(centre: Centre) -> Browser:
    add_api_answers(centre)
    return centre.signed_in("truong", Role.ADMINISTRATOR)


def create_key(centre: Centre, *scopes: Scope, name: str = "Prometheus phòng máy") -> str:
    """The secret of a new key."""
    return centre.auth.api_keys.create(NewApiKey(name, scopes or (Scope.METRICS,)), ADMIN)


def ask(centre: Centre, path: str, key: str, method: str = "GET", kind: str = "Bearer") -> tuple[int, str]:
    client = centre.browser().client
    del client.environ_base["HTTP_SEC_FETCH_SITE"]  # a program is no browser
    answer = client.open(path, method=method, headers={"Authorization": f"{kind} {key}"})
    return answer.status_code, answer.text


def test_key_is_accepted_whatever_the_case_of_its_scheme(centre: Centre, admin: Browser) -> None:
    key = create_key(centre)
    assert ask(centre, "/metrics", key) == ask(centre, "/metrics", key, kind="bearer") == (200, PrincipalKind.API_KEY)
    status, text = ask(centre, "/api/v1/kpis", key)
    assert status == 403 and "Khóa của chương trình này" in text


@pytest.mark.parametrize("path", ["/", "/live/home", "/tai-khoan", "/geo/x", "/pdf/home"])
def test_key_is_not_accepted_at_pages_and_forms(centre: Centre, admin: Browser, path: str) -> None:
    assert ask(centre, path, create_key(centre, *Scope))[0] in {303, 401, 404}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/metrics", "/api/v1/kpis", "/tai-khoan/mat-khau", "/dang-xuat"])
def test_key_may_only_read(centre: Centre, admin: Browser, path: str, method: str) -> None:
    assert ask(centre, path, create_key(centre, *Scope), method)[0] in {401, 403, 405}


def test_wrong_key_is_anonymous_despite_other_cookies(centre: Centre, admin: Browser) -> None:
    answer = admin.get("/metrics", Authorization="Bearer ioc-" + "a" * 43)
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"] == "Bearer"
    assert "Khóa của chương trình không được nhận" in answer.get_json()["detail"]["vi"]
    here = centre.browser("127.0.0.1").client
    local = {"Host": "localhost"}
    assert here.get("/metrics", headers=local).status_code == 200
    assert here.get("/metrics", headers=local | {"Authorization": "Bearer x"}).status_code == 401
    assert admin.get("/metrics", Authorization="Basic YTpi").text == PrincipalKind.USER


def test_each_key_has_its_own_rate_limit(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    # However slow the machine is, nothing is allowed again meanwhile.
    monkeypatch.setattr(rate_limit, "PRINCIPAL_RATE", Rate(0.001, PRINCIPAL_RATE.burst))
    centre, _ = request.getfixturevalue("centre"), request.getfixturevalue("admin")
    key, other = create_key(centre), create_key(centre, name="Báo cáo")
    answers = [ask(centre, "/metrics", key)[0] for _ in range(int(PRINCIPAL_RATE.burst) + 20)]
    assert answers[0] == 200 and answers[-1] == 429
    assert ask(centre, "/metrics", other)[0] == 200
