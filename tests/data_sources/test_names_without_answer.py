"""Names whose resolver does not answer hold one thread each, and none of those in which the poller does other work."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from data_sources._files.sftp import _connect
from data_sources.sql_view.postgresql_process import select
from tests.data_sources.server import client_factory, row


async def sql() -> object:
    options = {"query": "SELECT 1", "series": "x", "value": "v", "time": "t"}
    source = row("postgresql://reader@slow.example/x", options, deadline=timedelta(seconds=5))
    return await select(source, client_factory().context_for(source), {})


async def sftp() -> object:
    options: Any = None
    return await _connect("slow.example", 22, options, may_be_private=True)


@pytest.mark.parametrize("connect", [sql, sftp])
async def test_polls_of_a_name_without_answer_hold_up_no_other_work(
    connect: Callable[[], Awaitable[object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, lookups = threading.Event(), list[object]()

    def getaddrinfo(*words: object, **_: object) -> list[object]:
        lookups.append(words)
        answer.wait(60)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2))
    try:
        for _ in range(6):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await connect()
        async with asyncio.timeout(30):
            assert await asyncio.to_thread(int) == 0
        assert len(lookups) == 1
    finally:
        answer.set()
