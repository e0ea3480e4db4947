"""The pages of forms over a real store: people, screens and the trail, asked by HTTP."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyotp
import pytest
from flask import Blueprint
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ioc.auth.api_keys import Programs
from ioc.auth.displays import Screens
from ioc.auth.oidc import Door as Provider
from ioc.auth.permissions import Action
from ioc.auth.principal import Kind, Role, Visitor
from ioc.auth.users import SignedIn, Waiting
from ioc.domain.base.access_policy import Access, OpenId
from ioc.domain.base.localized_text import Text
from ioc.storage.db.store import Store
from ioc.web.app_factory import create
from ioc.web.errors import audit_writer
from ioc.web.middleware.authentication import SESSION, Doorman
from ioc.web.middleware.authorization import names, visitor
from ioc.web.middleware.client_ip import Proxies
from ioc.web.middleware.gate import Door
from ioc.web.views.blueprints import blueprints
from ioc.web.views.services import Office
from tests.auth.people import PASSWORD, SECRET, Clock
from tests.auth.people import Site as People
from tests.auth.provider import SECRET as CLIENT_SECRET
from tests.web.fake import FakeReads, settings

FAR, PROXY = "203.0.113.9", "10.1.0.4"
AGENCIES = {"mp-a": Text("Cơ quan A (mô phỏng)"), "mp-b": Text("Cơ quan B (mô phỏng)")}
PAGES = {"/tuong": "Tổng quan", "/": "Trang đầu", "/ban-do": "Bản đồ"}
_FORM = re.compile(r'name="_form" value="([0-9a-f]{64})"')


class Centre:
    """One application, and a browser for whoever comes."""

    def __init__(self, store: Store, folder: Path, openid: OpenId | None = None, clock: Clock | None = None) -> None:
        self.store, self.clock, self.reads = store, clock or Clock(), FakeReads()
        self.house = People(store, self.clock)
        self.people, rules = self.house.people, Access(openid=openid)
        provider = Provider(openid, self.people, SECRET, self.clock, CLIENT_SECRET) if openid else None
        self.screens = Screens(store, self.clock, rules, self.house.seconds)
        self.programs = Programs(store, self.clock, rules, self.house.seconds)
        desk = (self.people, self.screens, self.programs)
        owing = {"mp-b"}
        office = Office(
            store, *desk, self.clock, rules, lambda: AGENCIES, lambda: PAGES, provider, lambda: owing
        )  # fmt: skip
        door = Door(
            Doorman(self.people, self.screens, programs=self.programs), Proxies([PROXY]), rules=rules,
            told=audit_writer.into(store, self.clock), settled=audit_writer.settling(store, self.clock),
            news=self.people.news,
        )  # fmt: skip
        self.app = create(self.reads, settings(folder), blueprints=blueprints(office), door=door)

    def browser(self, address: str = FAR, *, tls: bool = False) -> "Browser":
        """Somebody elsewhere; `tls`: through our proxy."""
        client = self.app.server.test_client()
        client.environ_base["REMOTE_ADDR"] = address
        if tls:
            client.environ_base |= {
                "REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_FOR": address, "HTTP_X_FORWARDED_PROTO": "https"
            }  # fmt: skip
        return Browser(self, client, f"{'https' if tls else 'http'}://ioc.test")

    def later(self, **by: float) -> None:
        """Time goes on; every process looks at its store again."""
        self.clock.on(**by)
        self.house.seconds.at += 1

    def signed_in(self, name: str, *roles: Role, address: str = FAR) -> "Browser":
        """Somebody with these roles, signed in; an administrator with a second factor."""
        if Role.ADMINISTRATOR in roles:
            totp = self.house.with_factor(name, *roles)
            waiting = self.people.sign_in(name, PASSWORD, address)
            assert isinstance(waiting, Waiting)
            made = self.people.second(waiting.token, self.code(totp), address)
        else:
            self.house.person(name, *roles)
            entered = self.people.sign_in(name, PASSWORD, address)
            assert isinstance(entered, SignedIn)
            made = entered
        browser = self.browser(address)
        browser.client.set_cookie(SESSION, made.cookie, domain="ioc.test")
        return browser

    def code(self, totp: pyotp.TOTP) -> str:
        """What the authenticator shows now."""
        return totp.at(self.clock())


class Browser:
    """Loads a page before it sends the page's form, as people do."""

    def __init__(self, centre: Centre, client: FlaskClient, base: str) -> None:
        self.centre, self.client, self.base = centre, client, base

    def get(self, path: str, **headers: str) -> TestResponse:
        self.centre.house.seconds.at += 1
        return self.client.get(path, base_url=self.base, headers=headers)

    def token(self, path: str) -> str:
        """Of the first form of the page at `path`."""
        found = _FORM.search(self.get(path).text)
        return found[1] if found else ""

    def post(self, path: str, data: Mapping[str, object], *, page: str = "", **headers: str) -> TestResponse:
        """Sends the form of `page`, which by default stands where it is sent to."""
        token = self.token(page or path)
        self.centre.house.seconds.at += 1
        return self.client.post(path, base_url=self.base, data={"_form": token, **data}, headers=headers)

    def cookie(self, name: str) -> str:
        """What it holds under that name, "" for nothing."""
        held = self.client.get_cookie(name, domain="ioc.test")
        return held.value if held else ""


def answer_programs(centre: Centre) -> None:
    """What programs ask answers, with who it thinks is there."""
    answers = Blueprint("answers", __name__)
    for path, action in (("/metrics", Action.METRICS), ("/api/v1/kpis", Action.READ)):
        answers.add_url_rule(path, path[1:4], names(action)(lambda: visitor().kind.value))
    centre.app.server._got_first_request = False
    centre.app.server.register_blueprint(answers)


ADMIN = Visitor(Kind.PERSON, "truong", roles=frozenset({Role.ADMINISTRATOR}))


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    store = Store(f"sqlite:///{tmp_path / 'ioc.db'}")
    store.migrate()
    yield Centre(store, tmp_path)
    store.close()
