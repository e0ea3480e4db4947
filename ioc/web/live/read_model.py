"""What the web reads from: app.py hands in the real one, tests a made-up one."""

from datetime import datetime
from typing import Protocol

from ioc.domain.snapshot import Snapshot
from ioc.snapshot.view import History


class ReadModel(Protocol):
    """The store as screens see it."""

    @property
    def history(self) -> History:
        """Lines of charts."""

    def versions(self) -> tuple[int, int, int]:
        """(version of the store, heartbeat of the poller, newest data time), both in epoch ms, 0 for never. Cheap."""

    def snapshot(self) -> Snapshot:
        """The newest; built again only when the store moved, and not too often."""

    def at(self, moment: datetime) -> Snapshot:
        """As it was known at `moment`."""
