"""What the web reads from: ioc.snapshot.cache in the program, a fake in tests."""

from datetime import datetime
from typing import Protocol

from ioc.domain.snapshot import Snapshot
from ioc.snapshot.view import History, Instructions

Versions = tuple[int, int, int]  # of the store; heartbeat of the poller, newest data time: epoch ms, 0 for never


class ReadModel(Protocol):
    """Snapshots and histories of the store."""

    def history_at(self, moment: datetime | None) -> History:
        """Reads the line of one series, for charts, as it was known at `moment` (aware; None: now)."""

    @property
    def instructions(self) -> Instructions:
        """Reads the issued instructions that were given on pages."""

    def versions(self) -> Versions:
        """The versions now. Cheap."""

    def snapshot(self) -> Snapshot:
        """The present; built again only when the store changed, and not too often."""

    def at(self, moment: datetime) -> Snapshot:
        """What was known at `moment` (aware)."""
