"""Through a provider: whose word is taken, whose is not, and what rights it gives."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyotp
import pytest
from joserfc.jwk import RSAKey

from ioc.auth import mfa
from ioc.auth.errors import Refused
from ioc.auth.login import SignedIn, Waiting
from ioc.auth.oidc import Door
from ioc.auth.principal import Duty, Role
from ioc.domain.base.access_policy import OpenId
from ioc.storage.access import accounts, audit_log
from ioc.storage.db.store import Store
from tests.auth.people import ADMINISTRATOR, HOME, SECRET, Site
from tests.auth.provider import CLIENT, Provider, running
from tests.auth.provider import SECRET as CLIENT_SECRET
from tests.data_sources import certificates

BACK = "https://ioc.example.test/dang-nhap/ve"


class Centre(Site):
    """A site with a provider beside it."""

    def __init__(self, store: Store, **rules: Any) -> None:
        super().__init__(store)
        self.store, self.more = store, rules

    def door(self, provider: Provider, ca: Path | None = None) -> Door:
        roles = {"truc-ban": ("operator", "viewer"), "bao-cao": ("reporter",), "quan-tri": ("administrator",)}
        rules = OpenId(provider.issuer, CLIENT, "SSO_SECRET", roles=roles, agencies={"so-a": "mp-a"}, **self.more)
        return Door(rules, self.people, SECRET, self.clock, CLIENT_SECRET, ca)

    def through(self, provider: Provider, ca: Path | None = None) -> SignedIn | Waiting:
        door = self.door(provider, ca)
        begun = door.begin(BACK)
        return door.finish(begun.held, provider.agree(begun.url), HOME)


@pytest.fixture
def centre(store: Store) -> Centre:
    return Centre(store)


@pytest.fixture
def provider(centre: Centre) -> Iterator[Provider]:
    with running(centre.clock) as made:
        yield made


def refusal(call: object, *words: object) -> Refused:
    with pytest.raises(Refused) as caught:
        call(*words)  # type: ignore[operator]
    return caught.value


def entered(centre: Centre, provider: Provider) -> SignedIn:
    made = centre.through(provider)
    assert isinstance(made, SignedIn)
    return made


def test_a_person_comes_in_with_the_rights_that_the_provider_gives(centre: Centre, provider: Provider) -> None:
    made = entered(centre, provider)
    assert made.visitor.name == "an-nguyen" and made.visitor.roles == frozenset({Role.OPERATOR, Role.VIEWER})
    assert centre.seen(made.cookie) is not None
    provider.claims["groups"] = ["bao-cao", "so-a"]
    again = entered(centre, provider)
    assert (again.visitor.name, again.visitor.agency) == ("an-nguyen", "mp-a")
    assert again.visitor.roles == frozenset({Role.REPORTER}) and centre.seen(made.cookie) is None
    assert refusal(centre.people.sign_in, "an-nguyen", "", HOME).key == "sign_in"  # there is no password
    assert refusal(centre.people.reset, "an-nguyen", ADMINISTRATOR).key == "outside"
    with centre.store.read() as conn:
        assert audit_log.verify(conn).broken is None


def test_without_a_role_nobody_comes_in(centre: Centre, provider: Provider) -> None:
    provider.claims["groups"] = ["ke-toan"]
    assert refusal(centre.through, provider).key == "openid_refused" and centre.people.accounts() == []
    provider.claims["groups"] = "truc-ban"
    entered(centre, provider)
    centre.people.disable("an-nguyen", ADMINISTRATOR)
    assert refusal(centre.through, provider).key == "openid_refused"


def test_nobody_takes_over_the_account_of_who_is_called_so(centre: Centre, provider: Provider) -> None:
    centre.person("an-nguyen", Role.ADMINISTRATOR)
    assert entered(centre, provider).visitor.name == "an-nguyen-2"
    provider.claims["sub"] = "0002"
    assert entered(centre, provider).visitor.name == "an-nguyen-3"


@pytest.mark.parametrize("harm", [
    {"iss": "https://another.test"}, {"aud": "another"}, {"aud": ["ioc", "another"]}, {"nonce": "another"},
    {"nonce": None}, {"exp": 1}, {"exp": None}, {"iat": 99_999_999_999}, {"sub": None}, {"azp": "another"},
])  # fmt: skip
def test_a_token_that_is_not_for_us_now_is_refused(centre: Centre, provider: Provider, harm: dict[str, Any]) -> None:
    provider.harm = harm
    assert refusal(centre.through, provider).key == "openid_failed" and centre.people.accounts() == []


def test_a_token_that_somebody_else_signed_is_refused(centre: Centre, provider: Provider) -> None:
    provider.key = RSAKey.generate_key(2048, {"kid": "one"})
    assert refusal(centre.through, provider).key == "openid_failed"


def test_a_code_is_good_once_and_for_who_asked(centre: Centre, provider: Provider) -> None:
    door = centre.door(provider)
    mine, other = door.begin(BACK), door.begin(BACK)
    query = provider.agree(mine.url)
    assert refusal(door.finish, other.held, query, HOME).parts == {"why": "state"}
    assert refusal(door.finish, "nonsense", query, HOME).parts == {"why": "late"}
    stolen = provider.agree(other.url) | {"state": query["state"]}  # a code for another browser: PKCE
    assert refusal(door.finish, mine.held, stolen, HOME).key == "openid_failed"
    assert isinstance(door.finish(mine.held, query, HOME), SignedIn)
    assert refusal(door.finish, mine.held, query, HOME).key == "openid_failed"
    late = door.begin(BACK)
    query = provider.agree(late.url)
    centre.clock.on(minutes=11)
    assert refusal(door.finish, late.held, query, HOME).parts == {"why": "late"}


def test_a_second_factor_is_asked_here_unless_it_was_shown_there(centre: Centre, provider: Provider) -> None:
    provider.claims |= {"groups": ["quan-tri"], "amr": ["pwd"]}
    assert entered(centre, provider).visitor.duty is Duty.FACTOR
    provider.claims["amr"] = ["pwd", "otp"]
    assert entered(centre, provider).visitor.duty is Duty.NONE
    secret = mfa.new_secret()
    with centre.store.write() as conn:
        mine = accounts.named(conn, "an-nguyen")
        assert mine is not None
        accounts.change(conn, mine.id, factor=centre.people.cipher.close(secret))
    assert isinstance(centre.through(provider), SignedIn)
    provider.claims["amr"] = ["pwd"]
    waiting = centre.through(provider)
    assert isinstance(waiting, Waiting)
    made = centre.people.second(waiting.token, pyotp.TOTP(secret).at(centre.clock()), HOME)
    assert made.visitor.duty is Duty.NONE


def test_the_row_may_ask_everybody_for_a_second_factor(store: Store) -> None:
    centre = Centre(store, asks_factor=True)
    with running(centre.clock) as provider:
        assert entered(centre, provider).visitor.duty is Duty.FACTOR


def test_a_provider_that_is_away_or_another_one_is_said(centre: Centre, provider: Provider) -> None:
    door = centre.door(provider)
    provider.issuer = "https://another.test"
    assert refusal(door.begin, BACK).key == "openid_away"
    away = Door(OpenId("http://127.0.0.1:9", CLIENT), centre.people, SECRET, centre.clock)
    assert refusal(away.begin, BACK).key == "openid_away"


def test_a_provider_with_a_certificate_of_the_house_is_believed_only_when_the_house_is(
    centre: Centre, tmp_path: Path
) -> None:
    certificates.make(tmp_path)
    with running(centre.clock, tmp_path) as provider:
        assert refusal(centre.through, provider).key == "openid_away"
        assert isinstance(centre.through(provider, tmp_path / "ca.pem"), SignedIn)
