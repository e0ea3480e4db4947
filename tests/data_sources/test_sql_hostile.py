"""A server that breaks the protocol of PostgreSQL fails its own source; the poller goes on."""

import asyncio
import time
from datetime import timedelta

import pytest

from data_sources.sql_view import fetch
from data_sources.sql_view.errors import SqlViewCode
from ioc.domain.ingest.protocol import SourceError
from tests.data_sources.hostile_postgresql import hostile_server
from tests.data_sources.server import client_factory, row

OPTIONS = {"query": "SELECT c0, c1 FROM a", "series": "{c1}", "value": "c0"}


async def test_columns_that_were_not_described_do_not_end_the_process() -> None:
    with hostile_server("undescribed") as address:
        async with client_factory() as clients:
            source = row(address, OPTIONS, deadline=timedelta(seconds=60))
            payload = await fetch(source, clients.context_for(source))
    assert payload.pages[0].body == b'[{"c0":"x","c1":"x","c2":"x"}]'


async def test_very_many_columns_hold_up_no_other_work() -> None:
    gaps = [0.0]

    async def measure() -> None:
        while True:
            before = time.thread_time()
            await asyncio.sleep(0.01)
            gaps.append(time.thread_time() - before)

    measuring = asyncio.create_task(measure())
    with hostile_server("columns") as address:
        async with client_factory() as clients:
            source = row(address, OPTIONS, deadline=timedelta(seconds=60))
            with pytest.raises(SourceError) as caught:
                await fetch(source, clients.context_for(source))
    measuring.cancel()
    assert caught.value.failure.code == SqlViewCode.TOO_MANY_COLUMNS
    assert max(gaps) < 0.5
