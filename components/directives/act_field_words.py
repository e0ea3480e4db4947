"""The words of the fields of an act: label, hint, and whether they are said to be needed."""

from collections.abc import Mapping

from components.directives.act_fields import YES
from components.ui.format import format_date
from components.ui.i18n import catalogue, t
from ioc.domain.directives.acts import ACT_RULES, Act
from ioc.domain.directives.proposals import PROPOSABLE
from ioc.domain.directives.task_state import TaskState

# Acts that set the due date anew.
_MOVE_DUE = (
    Act.REQUEST_EXTENSION, Act.DECIDE_EXTENSION, Act.EXTEND, Act.CONTINUE, Act.RETURN_COMPLETION,
    Act.REQUEST_ADJUSTMENT, Act.DECIDE_ADJUSTMENT, Act.PROPOSE,
)  # fmt: skip


def may_be_needed(act: Act, name: str, given: Mapping[str, str], decided: str) -> bool:
    """The reason of a refusal, also of one that can still be chosen; the decision that is proposed on a request; the
    due date that a return sets, which is asked for only where it must be.
    """
    if act is Act.RETURN_COMPLETION and name == "due":
        return True
    if name == "text":
        return "is_granted" in ACT_RULES[act].required and decided != YES
    proposed = given.get("proposed") if act is Act.PROPOSE and name == "is_granted" else None
    return proposed is not None and name in PROPOSABLE.get(Act(proposed), ())


def field_label(act: Act, name: str, lang: str, decided: str = "") -> str:
    """The label of a field, in the words of the act where it has its own. `decided`: see `opened_act`."""
    if decided and name == "text":
        return t(f"tasks.field_text_decided_{decided}", lang)
    own = f"tasks.field_{name}_{act.value}"
    return t(own if own in catalogue() else f"tasks.field_{name}", lang)


def field_hint(act: Act, name: str, state: TaskState | None, lang: str) -> str:
    """What is said below a field."""
    return " ".join(filter(None, (_present(act, name, state, lang), _hint(act, name, lang))))


def _hint(act: Act, name: str, lang: str) -> str:
    key = f"tasks.hint_{name}_{act.value}"
    return t(key, lang) if key in catalogue() else ""


def _present(act: Act, name: str, state: TaskState | None, lang: str) -> str:
    """What the task has now, where the field sets it anew: the dialog hides the page."""
    if state and name == "due" and act in _MOVE_DUE and state.due:
        return t("tasks.due_now", lang, day=format_date(state.due))
    sent = state.submission if state and name == "completed_on" else None
    if sent is None:
        return ""
    number, signed, day = sent.stated.document_number, sent.stated.document_date, format_date(sent.day)
    if not number or not signed:
        return t("tasks.submitted", lang, day=day)
    return t("tasks.submitted_with", lang, day=day, number=number, signed=format_date(signed))
