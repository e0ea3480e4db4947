"""/api/v1/directives has what the page and its export have, now and at past moments."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest

from components.directives.directive_export import directive_export
from data_sources import protocols
from ioc.config.loading import load
from ioc.domain.directives.progress import assess_register
from ioc.web.api.serializers.directives import directive, directives
from simulator.directives import make_directives
from tests.city import full_city
from tests.config.test_profiles import ENVIRONMENT, ROOT

MOMENTS = [datetime(2026, *month_and_day, 3, tzinfo=UTC) for month_and_day in ((3, 1), (10, 1), (11, 24))]


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_directives_have_the_numbers_of_page_and_export(moment: datetime) -> None:
    """It counted an order beside its parts, tasks before they were assigned, documents before they were issued."""
    generate = partial(make_directives, 1)
    folder, today = ROOT / "config" / "demo", MOMENTS[-1].date()
    register = load(folder, ENVIRONMENT, protocols(), today=today, generate=generate).register
    snapshot = replace(full_city(), register=register, at=moment)
    found = directives(snapshot).directives
    views = assess_register(snapshot.register, moment).documents
    assert [one.key for one in found] == [view.document.key for view in views]
    assert [one.task_count for one in found] == [view.numbers.tasks for view in views]
    tasks = {one.number: detail.tasks for one in found if (detail := directive(snapshot, one.key)) and detail.tasks}
    rows = [row for row in directive_export(snapshot, {}, "vi").rows if row[3]]  # with the key of a task
    assert {number: len(parts) for number, parts in tasks.items()} == Counter(row[0] for row in rows)
    for one in found:
        states = [task.work_state for task in tasks.get(one.number, ()) if task.deadline_state]
        assert one.open_task_count == sum(state != "done" for state in states)
    assert any(view.orders for view in assess_register(snapshot.register, MOMENTS[-1]).documents)
