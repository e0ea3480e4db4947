"""GET /api/v1/directives/<key> of a document that is followed in the store, in the shape of configured ones."""

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from components.ui.i18n import t
from ioc.domain.directives.act_errors import ActCode
from ioc.web.api import directive_views
from ioc.web.api.schemas.directives import DirectiveDetail
from ioc.web.api.views import blueprint
from ioc.web.errors.codes import ApiCode
from tests.city import full_city
from tests.conftest import empty_store
from tests.web.api.test_directive_api import DOCUMENT, KEY, READER, Site
from tests.web.api.test_views import FakeApiReads

PATH = "qlvb-qlvb-1"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with closing(empty_store(tmp_path)) as store:
        site = Site(store)
        site.add(blueprint(FakeApiReads(full_city()), partial(directive_views.followed, site.context)))
        yield site


def test_document_is_read_back_with_its_tasks(site: Site) -> None:
    site.post("documents", DOCUMENT)
    site.act("e1", "receive")
    site.principal = READER
    status, body = site.get(PATH)
    found = DirectiveDetail.model_validate(body, by_name=True)
    assert (status, found.directive.number, found.directive.task_count) == (200, "1/MP", 2)
    assert [(task.current_agency, task.work_state) for task in found.tasks] == [("a", "active"), ("b", "not_started")]
    assert found.directive.overdue_task_count == 1 and not found.is_simulated


def test_document_that_the_key_may_not_see_is_unknown(site: Site) -> None:
    site.post("documents", DOCUMENT | {"visibility": "agencies_concerned"})
    assert site.get(PATH)[0] == 200  # its own system
    site.principal = READER
    assert site.get(PATH)[1]["code"] == site.get("none")[1]["code"] == ApiCode.UNKNOWN_DIRECTIVE


def test_past_moment_of_it_is_not_known(site: Site) -> None:
    site.post("documents", DOCUMENT)
    assert site.get(f"{PATH}?luc=2025-01-10")[0] == 404


def test_field_that_is_missing_names_the_allowed_values(site: Site) -> None:
    site.principal = KEY
    body = {name: value for name, value in DOCUMENT.items() if name != "source"}
    status, answer = site.post("documents", body)
    assert (status, answer["code"], answer["params"]["name"]) == (400, ApiCode.BAD_CHOICE, "source")
    assert "peoples_committee" in answer["params"]["allowed"] and "peoples_committee" in answer["detail"]["vi"]
    status, answer = site.post("documents", body | {"source": "x"})
    assert (answer["code"], answer["params"]["name"]) == (ApiCode.BAD_CHOICE, "source")
    answer = site.act("e", "fly")[1]
    assert (answer["code"], answer["params"]["name"]) == (ApiCode.BAD_CHOICE, "act")
    answer = site.act("e", "return_completion", text="x", return_kind="x")[1]
    assert (answer["code"], answer["params"]["name"]) == (ApiCode.BAD_CHOICE, "stated.return_kind")


def test_errors_name_acts_states_and_fields_in_words(site: Site) -> None:
    site.post("documents", DOCUMENT)
    for answer, names, words in (
        (site.act("e1", "report", text="x"), {"act": "report", "state": "not_started"}, ("report", "not_started")),
        (site.act("e2", "decide_extension", is_granted=True), None, ("decide_extension", "not_started")),
    ):
        status, body = answer
        assert status in (409, 422) and (names is None or body["params"] == names)
        assert not any(word in body["detail"]["vi"] for word in words), body
    missing = site.act("e3", "withdraw")[1]
    named = t(f"tasks.field_{missing['params']['field']}", "vi")
    assert missing["code"] == ActCode.FIELD_MISSING
    assert named in missing["detail"]["vi"] and f"“{missing['params']['field']}”" in missing["detail"]["vi"]
