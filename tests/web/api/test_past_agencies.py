"""Statistics of a past moment count by the configuration that was in force then, whatever was configured since."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from ioc.config.configuration import Configuration, with_fingerprint
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.agency import Agencies, Succession
from ioc.domain.directives.directive import Register
from ioc.snapshot.cache import SnapshotCache
from ioc.storage import config_log
from ioc.storage.db.store import Store
from tests.conftest import empty_store
from tests.domain.directives.act_cases import AGENCIES
from tests.poller.running import configured, poll_source
from tests.storage.directives.cases import START
from tests.web.api.test_directive_api import DAY, DOCUMENT, NOW, READER, Site

# The merger of b into a, which is entered after the moment for which statistics are asked.
_SUCCESSION = Succession("a", START + 5 * DAY, LocalizedText("1/QĐ"))
MERGED = AGENCIES | {"b": replace(AGENCIES["b"], until=START + 4 * DAY, successors=(_SUCCESSION,))}
SECOND = timedelta(seconds=1)


def configuration(agencies: Agencies, soon_days: int = 7) -> Configuration:
    register = Register(agencies=agencies, due_soon_days=soon_days)
    return with_fingerprint(replace(configured(poll_source("s")), agencies=agencies, register=register), {})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """With a task of a, which is due in 9 days, and one of b; the merger is known a second after NOW."""
    with closing(empty_store(tmp_path)) as store:
        due = (NOW + 9 * DAY).date().isoformat()
        tasks = [DOCUMENT["tasks"][0] | {"due": due}, DOCUMENT["tasks"][1]]
        assert Site(store).post("documents", DOCUMENT | {"tasks": tasks})[0] == 200
        with store.write() as conn:
            config_log.record(conn, configuration(AGENCIES, soon_days=10).body, NOW - DAY)
            config_log.record(conn, configuration(MERGED).body, NOW + SECOND)
        yield store


def held_at(store: Store, at: datetime | None) -> tuple[dict[str, int], int]:
    """The tasks by holder, and how many are due soon."""
    reads = SnapshotCache(store, configuration(MERGED), lambda: NOW + DAY)
    site = Site(store, MERGED, reads.configuration_at)
    site.principal = READER
    moment = f"&at={quote(at.isoformat())}" if at else ""
    status, found = site.get(f"statistics?view=held{moment}")
    assert status == 200
    return {key: each["total"] for key, each in found["by_agency"].items()}, found["by_agency"]["a"]["due_soon"]


def test_past_moment_counts_by_the_agencies_and_limits_of_then(store: Store) -> None:
    assert held_at(store, NOW) == ({"a": 1, "b": 1}, 1)
    assert held_at(store, None) == ({"a": 2}, 0)
