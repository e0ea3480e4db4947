"""Forms that are sent twice: one act, one audit entry, the same answer; on both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from ioc.auth import tokens
from ioc.auth.api_keys import NewApiKey
from ioc.auth.displays import DisplaySettings
from ioc.auth.errors import AuthCode
from ioc.auth.personal_data import PersonalData, Purpose
from ioc.auth.user_admin import NewUser
from ioc.domain.access.principal import Principal, PrincipalKind, Role, Scope
from ioc.domain.events.event import Event
from ioc.domain.submissions.submission import SubmissionChannel
from ioc.storage.access import audit_log
from ioc.storage.db.commands import FORM_LIFETIME, CommandCode, CommandError, done_command
from ioc.storage.db.store import Store
from ioc.storage.events import events
from ioc.submissions.service import NewSubmission
from tests.auth.site import ADMINISTRATOR, HOME, Site, error_code
from tests.city import full_city
from tests.storage.expected_store import START
from tests.storage.submissions.test_submissions import VALUES, SubmissionHarness

KEY, OTHER_KEY = tokens.generate(), tokens.generate()
OPENER = Principal(PrincipalKind.USER, "an", roles=frozenset(Role))


class Harness:
    """The services, and one command of each that creates something."""

    def __init__(self, store: Store) -> None:
        self.site, self.store = Site(store), store
        self.people = PersonalData(store, self.site.clock, full_city)
        self.submissions = SubmissionHarness(store)
        self.commands: dict[str, Callable[[str], object]] = {
            "account-created": lambda key: self.add("an", key),
            "api-key-created": self.create_key,
            "display-enrolled": self.enrol,
            "personal-data-viewed": lambda key: self.disclose("kiểm tra tin báo", key),
            "submission-sent": lambda key: self.submit(12.0, key),
        }
        self.code = ""

    def add(self, name: str, key: str, by: Principal = ADMINISTRATOR) -> str:
        return self.site.auth.users.add(NewUser(name, [Role.VIEWER]), by, key)

    def create_key(self, key: str) -> str:
        return self.site.auth.api_keys.create(NewApiKey("Báo cáo", [Scope.API]), ADMINISTRATOR, key)

    def enrol(self, key: str) -> str:
        self.code = self.code or self.site.auth.displays.request_code(HOME).code
        return self.site.auth.displays.enrol(self.code, DisplaySettings("Phòng họp", "/tuong"), ADMINISTRATOR, key)

    def disclose(self, note: str, key: str) -> object:
        with self.store.write() as conn:
            events.record(conn, "s", [Event("report", "1", START, "Ngập", personal={"điện thoại": "0900"})], START)
        return self.people.disclose_event("s", "1", Purpose("check", note), OPENER, key)

    def submit(self, value: float, key: str) -> object:
        duty = self.submissions
        form = SubmissionChannel.FORM
        new = NewSubmission(duty.obligation, duty.period(), VALUES | {"x": value}, form, form_key=key)
        return duty.service.submit(new, duty.person())

    def audited(self, action: str) -> int:
        with self.store.read() as conn:
            entries = audit_log.newest(conn, audit_log.AuditFilter(action=action), 20)
        return len(entries) + sum(entry[0] == action for entry in self.submissions.audited)


@pytest.fixture
def harness(store: Store) -> Harness:
    return Harness(store)


@pytest.mark.parametrize(
    "action",
    ["account-created", "api-key-created", "display-enrolled", "personal-data-viewed", "submission-sent"],
)  # fmt: skip
def test_the_same_key_twice_is_one_act_and_the_same_answer(harness: Harness, action: str) -> None:
    command = harness.commands[action]
    first = command(KEY)
    assert command(KEY) == first and harness.audited(action) == 1


def test_a_key_belongs_to_one_content_and_one_person(harness: Harness) -> None:
    harness.add("an", KEY)
    with pytest.raises(CommandError) as refused:
        harness.add("binh", KEY)
    assert refused.value.failure.code == CommandCode.KEY_REUSED
    other = Principal(PrincipalKind.USER, "khac", roles=frozenset({Role.ADMINISTRATOR}))
    assert error_code(harness.add, "an", KEY, other) is AuthCode.USERNAME_TAKEN
    harness.submit(12.0, KEY)
    with pytest.raises(CommandError):
        harness.submit(13.0, KEY)


def test_each_disclosure_with_a_key_of_its_own_is_audited(harness: Harness) -> None:
    for key in (KEY, OTHER_KEY, "", ""):
        harness.disclose("kiểm tra tin báo", key)
    assert harness.audited("personal-data-viewed") == 4


def test_other_data_and_another_session_are_other_disclosures(harness: Harness) -> None:
    """The key of a form alone disclosed what had changed since, and to a stolen session, without an entry."""
    purpose = Purpose("check", "kiểm tra tin báo")
    harness.disclose(purpose.note, KEY)
    with harness.store.write() as conn:
        changed = Event("report", "1", START, "Ngập", personal={"điện thoại": "0901"})
        events.record(conn, "s", [changed], START + timedelta(seconds=1))
    assert harness.people.disclose_event("s", "1", purpose, OPENER, KEY) == {"điện thoại": "0901"}
    assert harness.audited("personal-data-viewed") == 2
    harness.site.add_user("binh")
    again = replace(OPENER, session_id=harness.site.sign_in("binh").principal.session_id)
    for _ in range(2):
        harness.people.disclose_event("s", "1", purpose, again, KEY)
    assert harness.audited("personal-data-viewed") == 3


def test_a_key_is_known_for_minutes_only(harness: Harness) -> None:
    harness.disclose("kiểm tra tin báo", KEY)
    harness.site.clock.now += FORM_LIFETIME + timedelta(seconds=1)
    harness.disclose("kiểm tra tin báo", KEY)
    assert harness.audited("personal-data-viewed") == 2


def test_a_command_that_failed_leaves_its_key_free(harness: Harness) -> None:
    harness.add("an", KEY)
    assert error_code(harness.add, "an", OTHER_KEY) is AuthCode.USERNAME_TAKEN
    assert harness.add("binh", OTHER_KEY)


def test_the_store_reveals_neither_key_nor_secret(harness: Harness) -> None:
    password = harness.add("an", KEY)
    with harness.store.read() as conn:
        (row,) = conn.execute(select(done_command)).all()
    assert not any(secret in str(row) for secret in (KEY, password))


def test_two_at_once_have_one_act(harness: Harness, url: str) -> None:
    def disclose(_: int) -> object:
        with closing(Store(url)) as own:
            people = PersonalData(own, harness.site.clock, full_city)
            return people.disclose_event("s", "1", Purpose("check", "kiểm tra tin báo"), OPENER, KEY)

    harness.disclose("chuẩn bị số liệu", "")
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(disclose, range(4)))
    assert answers == [answers[0]] * 4 and harness.audited("personal-data-viewed") == 2
