"""How much one task may have: acts, texts, open items."""

from collections.abc import Sequence

from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import TEXT_FIELDS, Act, TaskEvent
from ioc.domain.directives.task_fold import next_state
from ioc.domain.directives.task_state import TaskState

# Each act reads all acts of its task: without these bounds one sender could hold the store.
MAX_ACTS = 1_000
MAX_LAST_ACTS = 200  # beyond MAX_ACTS, of those that change the work state: every task can be ended
MAX_WRITTEN = 300_000  # characters of the texts of all acts
MAX_LAST_WRITTEN = 100_000  # beyond MAX_WRITTEN, as MAX_LAST_ACTS
MAX_OPEN_ITEMS = 50
# After which something more waits for an answer; a report does so with a petition.
_REQUESTS = {Act.REQUEST_ADJUSTMENT, Act.REQUEST_COORDINATION, Act.REQUEST_EXPLANATION, Act.REQUEST_EXTENSION}
_OPENING_ACTS = frozenset({*_REQUESTS, Act.PROPOSE})


def check_bounds(state: TaskState | None, event: TaskEvent, before: Sequence[TaskEvent]) -> None:
    """Raises ActError where a task has too much already. `before`: the acts that were done so far."""
    is_unchanged = state is not None and next_state(state, event.act) is state.work_state
    limit = MAX_ACTS if is_unchanged else MAX_ACTS + MAX_LAST_ACTS
    if len(before) >= limit:
        raise ActError(ActCode.TOO_MANY_ACTS, limit=limit)
    limit = MAX_WRITTEN if is_unchanged else MAX_WRITTEN + MAX_LAST_WRITTEN
    added = _written(event)
    if added and added + sum(map(_written, before)) > limit:
        raise ActError(ActCode.TOO_MUCH_TEXT, limit=limit)
    opens = event.stated.petition or event.act in _OPENING_ACTS
    if opens and state is not None and len(state.items) >= MAX_OPEN_ITEMS:
        raise ActError(ActCode.TOO_MANY_OPEN_ITEMS, limit=MAX_OPEN_ITEMS)


def _written(event: TaskEvent) -> int:
    return sum(len(getattr(event.stated, name)) for name in TEXT_FIELDS)
