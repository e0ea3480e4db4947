"""A process whose event loop hangs ends and says so; one that is paused, starts or stops does not."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CHECKS = "from ioc.domain.base import loop_watchdog; loop_watchdog.CHECK_SECONDS, loop_watchdog.MAX_MISSED = 0.1, 20"
HANG = "async def hang(*_, **__): print('hangs', flush=True); time.sleep(300)"
TICKING = f"""
import asyncio, logging, sys, time
{CHECKS}
logging.basicConfig()
async def main():
    watchdog.tick()
    while True:
        print("runs", flush=True)
        await asyncio.sleep(0.1)
watchdog = loop_watchdog.LoopWatchdog()
asyncio.run(main())
"""
POLL = f"""
import sys, time
{CHECKS}
from ioc.cli.main import main
from ioc.poller import service
{HANG}
service.run = hang
sys.exit(main(["poll"]))
"""
WEB = f"""
import socket, sys, time
{CHECKS}
from ioc.web.server import serve
{HANG}
serve._Server.main_loop = hang
serve.serve(lambda *_: [], socket.create_server(("127.0.0.1", 0)), 1)
"""


@contextmanager
def started(program: str, data: Path) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "IOC_DATA": str(data)}
    command = [sys.executable, "-c", program]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("program", [POLL, WEB], ids=["poll", "web"])
def test_a_process_whose_loop_hangs_ends_and_shows_where(program: str, tmp_path: Path) -> None:
    with started(program, tmp_path) as process:
        out, log = process.communicate(timeout=120)
    assert "hangs" in out and process.returncode == 1
    assert "the event loop has hung for 2 s" in log and "in hang" in log


def test_a_process_that_is_paused_goes_on(tmp_path: Path) -> None:
    with started(TICKING, tmp_path) as process:
        assert process.stdout and process.stderr
        for _ in range(3):
            assert process.stdout.readline() == "runs\n"
            process.send_signal(signal.SIGSTOP)
            time.sleep(3)
            process.send_signal(signal.SIGCONT)
            read = [process.stdout.readline() for _ in range(8)]
            assert read == ["runs\n"] * 8, process.stderr.read()
        process.terminate()
        assert process.wait(60) == -signal.SIGTERM


def test_a_log_that_takes_nothing_keeps_no_process(tmp_path: Path) -> None:
    blocked = TICKING.replace("loop_watchdog.CHECK", "loop_watchdog._LOG_SECONDS = 1; loop_watchdog.CHECK").replace(
        'print("runs", flush=True)', "logging.getLogger().handlers[0].acquire(); time.sleep(300)"
    )
    with started(blocked, tmp_path) as process:
        assert process.wait(120) == -signal.SIGALRM
