"""A log that its causes cannot fill: of repeated lines the first, then a count each minute."""

import io
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from ioc.cli.log_limit import FIRST_LINES, MAX_STATEMENTS, MAX_SUBJECTS, LimitedLogHandler

ROOT = Path(__file__).parents[2]


class Log:
    """A logger with the handler alone. `lines()`: what was written since the last call."""

    def __init__(self) -> None:
        self.now, self.stream = 0.0, io.StringIO()
        self.handler = LimitedLogHandler(lambda: self.now)
        self.handler.setStream(self.stream)
        self.logger = logging.Logger("test")
        self.logger.addHandler(self.handler)

    def lines(self) -> list[str]:
        written = self.stream.getvalue().splitlines()
        self.stream.seek(0)
        self.stream.truncate()
        return written


@pytest.fixture
def log() -> Log:
    return Log()


def test_repeated_lines_are_counted_each_minute(log: Log) -> None:
    for minute in range(3):
        log.now = 60.0 * minute
        for _ in range(10_000):
            log.logger.error("%s: its messages cannot be read: %s", "meter", "ends early")
        lines = log.lines()
        counts = [line for line in lines if str(10_000 - FIRST_LINES) in line and "meter" in line]
        assert len(lines) == FIRST_LINES + len(counts)
        assert len(counts) == (1 if minute else 0)


def test_lines_about_another_source_or_of_another_kind_are_written(log: Log) -> None:
    for _ in range(100):
        log.logger.error("%s: rejected", "a")
    log.lines()
    log.logger.error("%s: rejected", "b")
    log.logger.error("%s: lost", "a")
    assert len(log.lines()) == 2


def test_the_cause_of_the_variable_parts_cannot_fill_it_either(log: Log) -> None:
    for number in range(50_000):
        log.logger.error("no response to %s", f"/{number}")
    assert len(log.lines()) == MAX_SUBJECTS + FIRST_LINES
    for number in range(50_000):
        log.logger.error(f"the text itself differs {number}")  # as libraries do
    assert len(log.lines()) <= MAX_STATEMENTS + FIRST_LINES
    log.now = 60.0
    log.logger.error("calm")
    assert len(log.lines()) <= 4


def test_the_memory_of_a_minute_is_bounded(log: Log) -> None:
    for number in range(20_000):
        log.logger.error("%s", "x" * number)
    assert len(log.handler._counts) <= MAX_SUBJECTS + 1
    assert sum(map(len, log.handler._examples.values())) < 200 * (MAX_SUBJECTS + 2)


def test_a_traceback_stays_with_its_line(log: Log) -> None:
    for _ in range(20):
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            log.logger.exception("failed")
    assert sum(line.startswith("ZeroDivisionError") for line in log.lines()) == FIRST_LINES


def test_a_command_has_this_log_and_writes_the_waiting_counts_when_it_ends() -> None:
    program = (
        "import logging; from ioc.cli.main import main\n"
        "assert main(['schema', 'a', 'word', 'too', 'many']) == 2\n"
        "for _ in range(1000): logging.error('again')"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    lines = [line for line in ended.stderr.splitlines() if "again" in line]
    assert len(lines) == FIRST_LINES + 1 and str(1000 - FIRST_LINES) in lines[-1]


def test_a_line_whose_parameters_do_not_fit_raises_nothing(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    log.logger.error("%d of %d", "one")
    assert "Traceback" not in "".join(log.lines())
