"""What a follower may propose: which acts, and which of the fields of a proposal belong to them."""

from collections.abc import Mapping

from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import Act, TaskEvent

# In the order of the form. A proposal may state its text besides.
PROPOSABLE: Mapping[Act, tuple[str, ...]] = {
    Act.CONFIRM_COMPLETION: (), Act.RETURN_COMPLETION: ("due",), Act.DECIDE_EXTENSION: ("is_granted", "due"),
    Act.DECIDE_ADJUSTMENT: ("is_granted", "due", "agency"), Act.EXTEND: ("due",), Act.REMIND: (), Act.PAUSE: (),
    Act.RESUME: (), Act.TRANSFER: ("agency",), Act.WITHDRAW: (),
}  # fmt: skip


def matter_of(act: Act) -> Act:
    """One of the acts that decide the same: to confirm and to return a completion are one matter."""
    return Act.CONFIRM_COMPLETION if act is Act.RETURN_COMPLETION else act


def proposed_act(event: TaskEvent) -> Act:
    """The act that `event` proposes. ActError for one that is not proposed, for a field that it does not have,
    and for a decision on a request that is not stated.
    """
    stated = event.stated
    if stated.proposed is None or stated.proposed not in PROPOSABLE:
        raise ActError(ActCode.NOT_PROPOSABLE)
    for name in ("is_granted", "due", "agency"):
        if stated.is_stated(name) and name not in PROPOSABLE[stated.proposed]:
            raise ActError(ActCode.FIELD_NOT_PROPOSED, field=name)
    if "is_granted" in PROPOSABLE[stated.proposed] and stated.is_granted is None:
        raise ActError(ActCode.FIELD_MISSING, field="is_granted")
    return stated.proposed
