"""An act as its command states it for the audit log."""

from typing import NamedTuple


class AuditedAct(NamedTuple):
    """What was done to what. `after`: the new values; `reason`: its key, or in whose name, "" for none."""

    action: str
    target: str
    after: str = ""
    reason: str = ""
