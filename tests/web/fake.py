"""A store that a test turns by hand, and the app over it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import dash

from ioc.auth.principal import Principal, PrincipalKind
from ioc.domain.base.times import to_ms
from ioc.domain.snapshot import Line, Snapshot
from ioc.web.app_factory import create_app
from ioc.web.middleware.csrf import cookie_value
from ioc.web.middleware.gate import GateConfig
from ioc.web.settings import WebSettings
from tests.city import full_city

KEY = b"k" * 32
NONCE = "f" * 24


def form_for(visitor: Principal) -> str:
    """The cookie that forms and questions of that visitor show."""
    return cookie_value(KEY, visitor, NONCE)


FORM = form_for(Principal(PrincipalKind.LOCAL))


class FakeReads:
    """`move()` is what a poll does."""

    def __init__(self) -> None:
        self.city = full_city()
        self.beat = to_ms(self.city.at)
        self.drawn = 0
        self.broken = False

    def move(self, seconds: float = 1) -> None:
        self.city = replace(self.city, version=self.city.version + 1, at=self.city.at + timedelta(seconds=seconds))
        self.beat = to_ms(self.city.at)

    def versions(self) -> tuple[int, int, int]:
        if self.broken:
            raise OSError("no store")
        return self.city.version, self.beat, to_ms(self.city.at)

    def snapshot(self) -> Snapshot:
        self.drawn += 1
        return self.city

    def at(self, moment: datetime) -> Snapshot:
        self.drawn += 1
        return replace(self.city, at=moment, is_live=False)

    def history(self, key: str, start: datetime, end: datetime, limit: int) -> Line:
        return ()


def settings(folder: Path, **changes: object) -> WebSettings:
    """Over the pages of tests/web/site."""
    base = WebSettings("build-1", KEY, folder / "cache", pages_package="tests.web.site", compress_ahead=False)
    return replace(base, **changes)  # type: ignore[arg-type]


@contextmanager
def app_over(reads: FakeReads, folder: Path, door: GateConfig | None = None, **changes: object) -> Iterator[dash.Dash]:
    """A fresh app."""
    yield create_app(reads, settings(folder, **changes), lambda: reads.beat / 1000, gate_config=door)
