"""Links between tasks, on both databases: to what they lead, and the reports that linked tasks share."""

from ioc.directives import queries
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.act_bounds import MAX_OPEN_ITEMS
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.acts import Act
from ioc.domain.directives.directive import Task
from tests.storage.directives.cases import START, append, make_document
from tests.storage.directives.harness import DUE, USERS, Harness, refused


def test_linked_tasks_of_the_same_agency_share_a_report(city: Harness) -> None:
    city.enter(make_document("e"), assign=True)
    for task in ("d/nv-2", "e/nv-2"):
        city.act("gd-c", Act.RECEIVE, task)
    city.act("cv", Act.LINK, linked_task="e/nv-2")
    city.act("gd-c", Act.REPORT, text="Một báo cáo", percent=30)
    state = queries.find_task(city.context, "e/nv-2", "vp", USERS["vp"]).state
    assert state is not None and state.percent == 30
    logged = [target for action, target in city.audited if action == "directive-report"]
    assert logged == ["d/nv-2", "e/nv-2"], "each task has an entry of the audit log"


def test_a_task_is_linked_once_to_one_that_exists_and_is_kept_here(city: Harness) -> None:
    key = "-".join(["so-0912-345-678", *["x" * 10] * 9])
    city.enter(make_document(key), assign=True)
    task = Task("", LocalizedText("x"), "c", START, external_id="1")
    city.enter(make_document("", tasks=(task,), external_id="P"), "qlvb", assign=True)
    for linked, code in (
        ("no/such", ActCode.UNKNOWN_TASK), ("d/nv-2", ActCode.LINKED_TO_ITSELF), ("qlvb-p/1", ActCode.EXTERNAL_MASTER),
        ("x" * 300, ActCode.UNKNOWN_TASK), ("d/nv-0\0", ActCode.UNKNOWN_TASK),
    ):  # fmt: skip
        with refused(code):
            city.act("cv", Act.LINK, linked_task=linked)
    assert city.act("cv", Act.LINK, linked_task=f" {key}/nv-2 ").state.linked_tasks == (f"{key}/nv-2",)
    with refused(ActCode.ALREADY_LINKED):
        city.act("cv", Act.LINK, linked_task=f"{key}/nv-2")


def test_a_link_that_was_stored_twice_or_in_vain_gives_one_report_and_is_told(city: Harness) -> None:
    city.enter(make_document("e"), assign=True)
    for task in ("d/nv-2", "e/nv-2"):
        city.act("gd-c", Act.RECEIVE, task)
    with city.store.write() as conn:
        for key in ("e/nv-2", "no/such", "e/nv-2"):
            append(conn, "d/nv-2", Act.LINK, city.now, linked_task=key)
    done = city.act("gd-c", Act.REPORT, text="x", percent=30, petition="y", petition_to="ct")
    assert {key: failure.code for key, failure in done.refused_links.items()} == {"no/such": ActCode.UNKNOWN_TASK}
    history = queries.find_task(city.context, "e/nv-2", "vp", USERS["vp"]).history
    assert [event.act for event in history] == [Act.ASSIGN, Act.RECEIVE, Act.REPORT]


def test_a_linked_task_that_refuses_leaves_the_report_on_the_own_task(city: Harness) -> None:
    task = Task("", LocalizedText("x"), "c", START, external_id="1")
    city.enter(make_document("", tasks=(task,), external_id="P"), "qlvb", assign=True)
    city.act("qlvb", Act.RECEIVE, "qlvb-p/1", external_id="r")
    for key in ("e", "f"):
        city.enter(make_document(key), assign=True)
        city.act("gd-c", Act.RECEIVE, f"{key}/nv-2")
    city.act("gd-c", Act.RECEIVE)
    for _ in range(MAX_OPEN_ITEMS):
        city.act("gd-c", Act.REPORT, "e/nv-2", text="x", petition="y", petition_to="ct")
    city.act("vp", Act.PAUSE, "f/nv-2", basis="1", until=DUE)
    with city.store.write() as conn:
        for key in ("qlvb-p/1", "e/nv-2", "f/nv-2", "d/nv-1"):
            append(conn, "d/nv-2", Act.LINK, city.now, linked_task=key)
    done = city.act("gd-c", Act.REPORT, text="x", percent=77, petition="y", petition_to="ct")
    assert done.state.percent == 77
    assert {key: failure.code for key, failure in done.refused_links.items()} == {
        "qlvb-p/1": ActCode.EXTERNAL_MASTER, "e/nv-2": ActCode.TOO_MANY_OPEN_ITEMS, "f/nv-2": ActCode.ACT_NOT_POSSIBLE,
    }  # fmt: skip
    state = queries.find_task(city.context, "qlvb-p/1", "vp", USERS["vp"]).state
    assert state is not None and state.percent is None
