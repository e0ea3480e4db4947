"""What the web reads from: ioc.snapshot.cache in the program, a fake in tests."""

from datetime import datetime
from typing import Protocol

from ioc.domain.snapshot import Snapshot
from ioc.snapshot.view import History


class ReadModel(Protocol):
    """Snapshots and histories of the store."""

    @property
    def history(self) -> History:
        """Reads the line of one series, for charts."""

    def versions(self) -> tuple[int, int, int]:
        """(version of the store, heartbeat of the poller, newest data time), times in epoch ms, 0 for never. Cheap."""

    def known_versions(self) -> tuple[int, int, int] | None:
        """What `versions` returned last; None before its first call. Never waits."""

    def snapshot(self) -> Snapshot:
        """The present; built again only when the store changed, and not too often."""

    def at(self, moment: datetime) -> Snapshot:
        """What was known at `moment` (aware)."""
