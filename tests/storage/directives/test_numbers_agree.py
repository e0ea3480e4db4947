"""Statistics, register of tasks and register of documents give one number of tasks, whatever states orders are in."""

import random
from datetime import timedelta

import pytest

from ioc.directives import queries, register_filter
from ioc.directives.document_register import list_documents
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.act_errors import ActError
from ioc.domain.directives.acts import Act
from ioc.domain.directives.directive import Task, Visibility
from ioc.domain.directives.statistics import AgencyView
from ioc.domain.directives.task_numbers import TaskNumbers, add_numbers
from ioc.storage.db.store import Store
from ioc.storage.directives.followed import followed_tasks
from tests.storage.directives.cases import START, make_document
from tests.storage.directives.harness import USERS, Harness

KEYS = ("nv-0", "nv-0-a", "nv-0-b", "nv-0-c", "nv-1")


def numbers(city: Harness, who: str) -> dict[str, TaskNumbers]:
    """The numbers of tasks by the place that gives them."""
    context, by = city.context, USERS[who]
    documents = list_documents(context, {}, by).rows
    return {
        "statistics": queries.statistics(context, None, AgencyView.HELD, by).numbers,
        "at a moment": queries.statistics(context, city.now, AgencyView.HELD, by).numbers,
        "register of tasks": register_filter.count_states(context, {}, by).numbers,
        "register of documents": add_numbers(row.totals.assigned for row in documents),
        "document": add_numbers(queries.find_document(context, row.document.key, by).numbers for row in documents),
    }


def followed(city: Harness) -> TaskNumbers:
    """As the pages that everybody sees have them."""
    with city.store.read() as conn:
        return add_numbers(
            part.statistics.numbers for part in followed_tasks(conn, city.context.limits, None, city.now).parts
        )


@pytest.mark.parametrize("seed", range(6))
def test_places_agree_after_orders_were_paused_and_withdrawn(store: Store, seed: int) -> None:
    """An order counted by its own state, not by whether one of its parts did."""
    city, chance, days = Harness(store), random.Random(seed), (START, START + timedelta(days=90))
    order, *parts, plain = (
        Task(key, LocalizedText("x"), key[-1] if key[-1].isalpha() else "a", *days, part_of="nv-0" * (len(key) > 4))
        for key in KEYS
    )
    tasks = (Task(order.key, order.title, "a", *days, is_order=True), *parts, plain)
    city.enter(make_document("g", tasks=tasks), assign=True)
    city.enter(make_document("h", tasks=tasks, visibility=Visibility.AGENCIES_CONCERNED), assign=True)
    for _ in range(12):
        city.now += timedelta(hours=1)
        task, act = chance.choice(KEYS), chance.choice([Act.PAUSE, Act.RESUME, Act.WITHDRAW, Act.PAUSE])
        try:
            city.act("vp", act, f"{chance.choice('gh')}/{task}", text="x", basis="1/QĐ")
        except ActError:
            continue
        for who in ("vp", "gd-a", "gd-b"):
            found = numbers(city, who)
            assert len(set(found.values())) == 1, (who, found)
        rows = list_documents(city.context, {}, USERS["vp"]).rows
        seen_by_all = (row.totals.assigned for row in rows if row.document.key == "g")
        assert followed(city) == add_numbers(seen_by_all)
