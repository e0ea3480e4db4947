"""A read model that a test changes by hand, and the application over it."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dash

from ioc.domain.base.times import to_ms
from ioc.domain.directives.instruction import IssuedInstruction
from ioc.domain.snapshot import Snapshot
from ioc.snapshot.view import History
from ioc.web.app_factory import create_app
from ioc.web.middleware.gate import GateConfig
from ioc.web.settings import WebSettings
from tests.city import full_city


class FakeReads:
    """A city whose version `move()` advances, as a poll does.

    `snapshots`: how often one was read, `past_snapshots`: of the past.
    """

    def __init__(self) -> None:
        self.city = full_city()
        self.heartbeat_ms = to_ms(self.city.at)
        self.snapshots = self.past_snapshots = 0
        self.is_down = False
        self.issued: tuple[IssuedInstruction, ...] = ()

    def move(self, seconds: float = 1, **changes: Any) -> None:
        """A commit. `changes` are there together with the new version, as a frame may be drawn at any time."""
        at = self.city.at + timedelta(seconds=seconds)
        self.city = replace(self.city, version=self.city.version + 1, at=at, **changes)
        self.heartbeat_ms = to_ms(self.city.at)

    def versions(self) -> tuple[int, int, int]:
        if self.is_down:
            raise OSError("no store")
        return self.city.version, self.heartbeat_ms, to_ms(self.city.at)

    def snapshot(self) -> Snapshot:
        self.snapshots += 1
        return self.city

    def at(self, moment: datetime) -> Snapshot:
        self.snapshots += 1
        self.past_snapshots += 1
        return replace(self.city, at=moment, is_live=False)

    def instructions(self, pages: Collection[str], at: datetime | None) -> tuple[IssuedInstruction, ...]:
        with_page = (each for each in self.issued if each.origin.page in pages)
        return tuple(each for each in with_page if at is None or each.origin.given_at <= at)

    def history_at(self, moment: datetime | None) -> History:
        return lambda key, start, end, limit: ()


def settings(folder: Path, **changes: object) -> WebSettings:
    """Settings for the pages of tests/web/site."""
    base = WebSettings("build-1", folder / "cache", pages_package="tests.web.site", compress_ahead=False)
    return replace(base, **changes)  # type: ignore[arg-type]


@contextmanager
def app_over(
    reads: FakeReads, folder: Path, gate_config: GateConfig | None = None, **changes: object
) -> Iterator[dash.Dash]:
    """A new application over `reads`."""
    yield create_app(reads, settings(folder, **changes), lambda: reads.heartbeat_ms / 1000, gate_config=gate_config)
