"""What was denied is put down in the trail; where that cannot be written the answer stays no."""

import logging
from collections.abc import Callable

from domain.times import Clock
from security import trail
from security.permission import Denied
from storage.store import Store, StoreError

log = logging.getLogger("ioc.access")


def into(store: Store, clock: Clock) -> Callable[[Denied], None]:
    """For the door of an application over `store`."""

    def told(denied: Denied) -> None:
        try:
            trail.refused(store, denied.visitor, denied.action, denied.about, clock())
        except StoreError as error:
            log.warning("that %s was refused could not be put down: %s", denied.visitor.name or "nobody", error.reason)

    return told
