"""Numbers of followed tasks lead to the register, whose list has exactly that many."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qsl

from components.directives.followed_tasks import followed_panel
from ioc.directives.register_filter import rows_of
from ioc.domain.directives.acts import Act
from ioc.domain.directives.counts import OVERDUE_BUCKETS
from ioc.domain.directives.directive import Register, Visibility
from ioc.domain.directives.followed import FollowedPart
from ioc.storage.directives.followed import followed_tasks
from tests.storage.directives.cases import fill, make_document
from tests.storage.directives.harness import AGENCIES, USERS, Harness


def expected(part: FollowedPart) -> dict[str, int]:
    """What each address must list, without what is nothing; states of agencies and ages of overdue tasks too."""
    found, scope = part.statistics, f"pham-vi={'mo-phong' if part.is_simulated else 'chinh-thuc'}"
    states = {"trong-tong": found.counts.total, "hoan-thanh": found.counts.done, "qua-han": found.counts.overdue}
    ages = {f"qua-han-{low}": size for (low, _), size in zip(OVERDUE_BUCKETS, found.ageing, strict=True)}
    handled = {
        "da-tiep-nhan": found.handling.received_count, "tra-lai": found.handling.returned_count,
        "kien-nghi": found.handling.petition_count,
    } | ages  # fmt: skip
    of_agencies = {
        f"trang-thai={state}&co-quan={agency}": size
        for agency, counts in found.by_agency.items()
        for state, size in (
            ("trong-han", counts.in_time), ("sap-den-han", counts.due_soon), ("qua-han", counts.overdue),
        )
        if agency and size
    }  # fmt: skip
    sizes = {f"trang-thai={name}": size for name, size in states.items() if size} | of_agencies
    sizes |= {f"xu-ly={name}": size for name, size in handled.items() if size}
    return {f"{query}&{scope}": size for query, size in sizes.items()}


def test_each_number_leads_to_the_tasks_that_it_counts(city: Harness) -> None:
    city.enter(make_document("x0", 3, is_simulated=True), assign=True)
    city.enter(make_document("x1", 3, visibility=Visibility.AGENCIES_CONCERNED), assign=True)
    fill(city.store)
    for task in ("d/nv-2", "x0/nv-2", "x1/nv-2"):
        city.act("gd-c", Act.RECEIVE, task)
        city.act("gd-c", Act.REPORT, task, text="x", petition="Kinh phí", petition_to="ct")
        city.act("gd-c", Act.SUBMIT_COMPLETION, task, text="Xong")
        city.act("vp", Act.RETURN_COMPLETION, task, text="Thiếu", return_kind="content")
    city.now += timedelta(days=40)
    with city.store.read() as conn:
        found = followed_tasks(conn, Register((), AGENCIES), None, city.now)
    register = Register(agencies=AGENCIES)
    links = set(re.findall(r'href="/so-nhiem-vu\?([^"]+)"', unescape(str(
        followed_panel(found, register, "vi", is_live=True)
    ))))  # fmt: skip
    wanted = {query: size for part in found.parts for query, size in expected(part).items()}
    assert links == wanted.keys() and {"xu-ly=da-tiep-nhan", "xu-ly=tra-lai", "xu-ly=kien-nghi"} <= {
        each.split("&")[0] for each in links
    }
    for query, size in wanted.items():
        params = dict(parse_qsl(query))
        assert rows_of(city.context, params, USERS["ct"], limit=0).total == size, query
    assert 'href="/so-nhiem-vu' not in str(followed_panel(found, register, "vi", is_live=False)), "of a past moment"
