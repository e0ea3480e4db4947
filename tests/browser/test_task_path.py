"""The life of a task, as Office, officer, head of the agency and chairman do it in the browser: twice to its end.

Entered by hand, and sent by another system with its key.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint
from playwright.sync_api import Browser, Page, expect

from ioc.auth.api_keys import NewApiKey
from ioc.directives.queries import find_task
from ioc.domain.access.principal import Scope
from ioc.domain.directives.acts import Act, PositionKind
from ioc.domain.directives.positions import Position
from ioc.domain.directives.task_state import TaskState
from ioc.domain.directives.task_status import WorkState
from ioc.storage.directives import positions
from ioc.web.api import directive_views
from ioc.web.middleware.authentication import Authenticator
from tests.browser.test_access import BY, READY
from tests.browser.test_directives import LONG, open_as
from tests.browser.whole_centre import WholeCentre
from tests.conftest import new_context
from tests.pages.directive_city import DAY

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SYSTEM, SYSTEM_TITLE = "qlvb", "Hệ thống văn bản"


class ConnectedCentre(WholeCentre):
    """With the API, and another system that has a key and a position."""

    def further(self, folder: Path) -> tuple[Mapping[type, object], Iterable[Blueprint]]:
        services, views = super().further(folder)
        known = Authenticator(self.auth.sessions, self.auth.displays, api_keys=self.auth.api_keys)
        self.gate_config = replace(self.gate_config, authenticator=known)
        return services, [*views, directive_views.blueprint(self.directives, lambda _moment: None)]

    def connect(self) -> None:
        """Gives the system its position and its key."""
        day = self.directives.today()
        with self.store.write() as conn:
            held = Position("he-thong", PositionKind.SYSTEM, SYSTEM_TITLE, SYSTEM, day, master=SYSTEM)
            positions.put_position(conn, held)
        self.key = self.auth.api_keys.create(NewApiKey(SYSTEM, {Scope.DIRECTIVES}), BY)

    def post(self, path: str, body: object) -> dict[str, Any]:
        """The answer to the system."""
        connection = HTTPConnection("127.0.0.1", self.server.server_port, timeout=60)
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json", "Host": "ioc.test"}
        connection.request("POST", f"/api/v1/directives/{path}", json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        assert answer.status == 200, text
        found: dict[str, Any] = json.loads(text)
        return found

    def state(self, task: str) -> TaskState:
        """The task as the chairman sees it."""
        found = find_task(self.directives, task, "ct", self.city.principal("ct")).state
        assert found
        return found


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[ConnectedCentre]:
    running = ConnectedCentre(tmp_path)
    yield running
    running.close()


class People:
    """A browser for each position, signed in when it is first needed."""

    def __init__(self, whole: ConnectedCentre, browser: Browser) -> None:
        self.whole, self.browser, self.pages = whole, browser, dict[str, Page]()

    def open(self, position: str, path: str) -> Page:
        """The page of who holds the position, at `path`."""
        if position in self.pages:
            self.pages[position].goto(self.whole.address(path))
            self.pages[position].wait_for_selector(READY, state="attached", timeout=LONG)
        else:
            self.pages[position] = new_context(self.browser, locale="vi-VN").new_page()
            open_as(self.pages[position], self.whole, position, path)
        return self.pages[position]

    def act(self, position: str, task: str, act: Act, **fields: str) -> None:
        """Does an act on the page of the task, which then shows it; nothing but the act tells the page so."""
        page, name = self.open(position, f"/nhiem-vu/{task}"), act.value.replace("_", "-")
        page.locator(f"#task-do-{name}").click(timeout=LONG)
        expect(page.locator("#task-go")).to_be_visible(timeout=LONG)
        for key, text in fields.items():
            field = page.locator(f"#task-fields [id*='\"{key}\"']:is(input, select, textarea)")
            expect(field).to_be_visible(timeout=LONG)
            if field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(text)
            else:
                field.fill(text)
        shown = page.locator("#task-timeline .timeline > li")
        count, is_draft = shown.count(), position == "cv-a" and act is not Act.RECEIVE
        page.locator("#task-go").click()
        expect(page.get_by_role("dialog")).to_have_count(0, timeout=LONG)
        expect(shown).to_have_count(count if is_draft else count + 1, timeout=LONG)

    def close(self) -> None:
        for page in self.pages.values():
            page.context.close()


@pytest.fixture
def people(whole: ConnectedCentre, browser: Browser) -> Iterator[People]:
    opened = People(whole, browser)
    yield opened
    opened.close()


def test_entered_task_is_carried_through_two_completions_in_the_browser(whole: ConnectedCentre, people: People) -> None:
    today = whole.city.today
    day = {n: f"{today + n * DAY:%d/%m/%Y}" for n in (0, 10, 30, 60)}
    office = people.open("vp", "/nhap-van-ban")
    office.locator("#document-entry-number").fill("371/MP-UBND")
    office.locator("#document-entry-issuer").select_option("mp-b")
    office.locator("#document-entry-abstract").fill("Chống ngập")
    for name, text in {"title": "Lắp trạm đo", "lead": "Cơ quan A (mô phỏng)", "due": day[10]}.items():
        office.locator(f"[id*='document-entry-{name}\"'][id*='\"0\"']:is(input, textarea)").fill(text)
    office.locator("#document-entry-assign").click()
    office.wait_for_url("**/van-ban/*", timeout=LONG)
    task = f"{office.url.rpartition('/')[2]}/nv-1"

    people.act("cv-a", task, Act.RECEIVE)
    people.act("cv-a", task, Act.REPORT, text="Đã khảo sát.", percent="30")
    assert whole.state(task).percent is None  # the draft waits for the head of the agency
    people.act("gd-a", task, Act.REPORT)
    assert whole.state(task).percent == 30
    people.act("gd-a", task, Act.SUBMIT_COMPLETION, text="Xong.", document_number="12/BC", document_date=day[0])
    people.act("vp", task, Act.RETURN_COMPLETION, return_kind="missing_documents", text="Thiếu biên bản.")
    people.act("gd-a", task, Act.REQUEST_EXTENSION, due=day[30], text="Chờ thiết bị.", cause="objective")
    people.act("ct", task, Act.DECIDE_EXTENSION, is_granted="yes")
    granted = people.pages["ct"].locator("#task-timeline .timeline > li").first
    expect(granted).to_contain_text(day[30])  # the day that was asked for
    complete(people, task, "13/BC", day[0])
    assert whole.state(task).work_state is WorkState.DONE
    people.act("ct", task, Act.CONTINUE, text="Lắp thêm hai trạm.", basis="5/TB-UBND", due=day[60])
    reopened = whole.state(task)
    assert (reopened.work_state, reopened.due) == (WorkState.ACTIVE, today + 60 * DAY)
    people.act("gd-a", task, Act.REPORT, text="Đã lắp một trạm.", percent="50")
    complete(people, task, "14/BC", day[0])
    assert whole.state(task).work_state is WorkState.DONE


def complete(people: People, task: str, number: str, day: str) -> None:
    """The head of the agency reports completion and the Office confirms it; the form says what was submitted."""
    people.act("gd-a", task, Act.SUBMIT_COMPLETION, text="Đã xong.", document_number=number, document_date=day)
    people.act("vp", task, Act.CONFIRM_COMPLETION, completed_on=day)
    expect(people.pages["vp"].locator("#task-facts .task-state.is-done")).to_be_visible(timeout=LONG)


def test_task_of_another_system_shows_its_acts_and_is_read_only_until_its_second_completion(
    whole: ConnectedCentre, people: People
) -> None:
    whole.connect()
    today = whole.city.today
    due, later = (f"{today + n * DAY}" for n in (10, 30))
    sent = {
        "external_id": "VB-1", "number": "9/MP-UBND", "issued_on": f"{today}", "title": "Chống ngập",
        "kind": "công văn", "issuer": "mp-b", "source": "chairman",
        "tasks": [{"external_id": "1", "title": "Lắp trạm", "lead": "mp-a", "assigned_on": f"{today}", "due": due}],
    }  # fmt: skip
    task = whole.post("documents", sent)["assigned_tasks"][0]
    page = people.open("gd-a", f"/nhiem-vu/{task}")
    expect(page.locator("#task-timeline .timeline > li")).to_have_count(1, timeout=LONG)
    expect(page.locator(".task-acts .btn:visible")).to_have_count(0)
    expect(page.locator("#task-others")).to_contain_text(SYSTEM_TITLE)  # who keeps it, not who may act here
    acts: tuple[tuple[str, str, dict[str, object]], ...] = (
        ("receive", "", {}),
        ("report", "", {"text": "Đã khảo sát.", "percent": 30}),
        ("submit_completion", "", {"text": "Xong.", "document_number": "1/BC", "document_date": f"{today}"}),
        ("return_completion", "", {"return_kind": "other", "text": "Thiếu biên bản."}),
        ("request_extension", "", {"due": later, "text": "Mưa.", "cause": "objective"}),
        ("decide_extension", "e4", {"is_granted": True}),
        ("submit_completion", "", {"text": "Xong.", "document_number": "2/BC", "document_date": f"{today}"}),
        ("confirm_completion", "", {"completed_on": f"{today}"}),
        ("continue", "", {"text": "Làm tiếp.", "basis": "2/TB"}),
        ("report", "", {"text": "Thêm một trạm.", "percent": 50}),
        ("submit_completion", "", {"text": "Xong.", "document_number": "3/BC", "document_date": f"{today}"}),
        ("confirm_completion", "", {"completed_on": f"{today}"}),
    )
    for number, (act, refers_to, stated) in enumerate(acts):
        body = {"document": "VB-1", "task": "1", "external_id": f"e{number}", "act": act, "refers_to": refers_to}
        whole.post("acts", body | {"stated": stated})
    page = people.open("gd-a", f"/nhiem-vu/{task}")
    expect(page.locator("#task-timeline .timeline > li")).to_have_count(1 + len(acts), timeout=LONG)
    expect(page.locator("#task-facts .task-state.is-done")).to_be_visible()
    expect(page.locator(".task-acts .btn:visible")).to_have_count(0)
    assert whole.state(task).work_state is WorkState.DONE
