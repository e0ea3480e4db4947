"""The buttons of a row of a work list: which acts it has, for which kind of position, and what a button stands for."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from components.directives.act_fields import NO, YES
from ioc.domain.directives.acts import ACT_RULES, Act, ActFields, PositionKind
from ioc.domain.directives.positions import DRAFTED_ACTS
from ioc.domain.directives.task_status import WorkState


class Offer(NamedTuple):
    """A button. `label`: key of its text, by default that of the act.

    `preset`: the decision that it stands for; of PROPOSE the act that is proposed; in the row of a proposal its number.
    """

    act: Act
    label: str = ""
    preset: str = ""
    is_main: bool = False


_TAKE_BACK = Offer(Act.WITHDRAW_PROPOSAL)  # where the own proposal is open
_ON_PROPOSAL = (_TAKE_BACK, Offer(Act.DECLINE_PROPOSAL))  # which the row names
_OFFERS: Mapping[str, tuple[Offer, ...]] = {
    "petition": (Offer(Act.FORWARD_PETITION, "forward"), Offer(Act.ANSWER_PETITION, "answer", is_main=True)),
    "explanation": (Offer(Act.ANSWER_EXPLANATION, is_main=True),),
    "coordination": (Offer(Act.REPLY_COORDINATION, "answer", is_main=True),),
    "extension": (
        *_ON_PROPOSAL, Offer(Act.PROPOSE, preset=Act.DECIDE_EXTENSION), Offer(Act.DECIDE_EXTENSION, "refuse", NO),
        Offer(Act.DECIDE_EXTENSION, "agree", YES, is_main=True),
    ),
    "adjustment": (
        *_ON_PROPOSAL, Offer(Act.PROPOSE, preset=Act.DECIDE_ADJUSTMENT), Offer(Act.DECIDE_ADJUSTMENT, "refuse", NO),
        Offer(Act.DECIDE_ADJUSTMENT, "agree", YES, is_main=True),
    ),
    "completion": (
        *_ON_PROPOSAL, Offer(Act.PROPOSE), Offer(Act.RETURN_COMPLETION),
        Offer(Act.CONFIRM_COMPLETION, "confirm", is_main=True),
    ),
    "explanation_answer": (
        Offer(Act.DECIDE_EXPLANATION, "again", NO), Offer(Act.DECIDE_EXPLANATION, "accept", YES, is_main=True),
    ),
    "proposal": (),
    "starred_overdue": (Offer(Act.REMIND), Offer(Act.REQUEST_EXPLANATION, is_main=True)),
    "pause_ended": (_TAKE_BACK, Offer(Act.PROPOSE, preset=Act.RESUME), Offer(Act.RESUME, "resume", is_main=True)),
    "effect": (Offer(Act.RECORD_EFFECT, is_main=True),),
}  # fmt: skip
_OWN_OFFERS: Mapping[WorkState, tuple[Offer, ...]] = {
    WorkState.NOT_STARTED: (Offer(Act.REQUEST_ADJUSTMENT, "adjust"), Offer(Act.RECEIVE, is_main=True)),
    WorkState.ACTIVE: (Offer(Act.SUBMIT_COMPLETION), Offer(Act.REPORT, is_main=True)),
}


PROPOSAL = "proposal"  # name of the preset that is the number of a proposal
_GRANTED = ("-", YES, NO, "draft")
_DRAFT = "draft"  # the row of a draft and that of its task have the same act: two buttons never have one id


class AskedAct(NamedTuple):
    """What the button of a row stands for. `is_draft`: the draft of the act, which was there when it was drawn."""

    act: Act
    task: str
    preset: Mapping[str, str]
    is_draft: bool = False


def button_key(offer: Offer, task: str, event: int | None) -> str:
    """The key of a button's id."""
    return f"{offer.act.value} {event or '-'} {offer.preset or '-'} {task}"


def asked_act(pressed: Mapping[str, object]) -> AskedAct | None:
    """What the button with that `key` stands for; None where it is none."""
    key = pressed.get("key")
    parts = key.split(" ", 3) if isinstance(key, str) else []
    if len(parts) != 4 or parts[0] not in tuple(Act):
        return None
    act = Act(parts[0])
    preset = "proposed" if act is Act.PROPOSE else PROPOSAL if parts[2].isdecimal() else "is_granted"
    given = {"refers_to": parts[1], preset: parts[2]}
    if given.get("proposed", "-") not in ("-", *Act) or given.get("is_granted", "-") not in _GRANTED:
        return None
    stated = {name: value for name, value in given.items() if value not in ("-", _DRAFT)}
    return AskedAct(act, parts[3], stated, parts[2] == _DRAFT)


def row_offers(
    section: str, work_state: WorkState, stated: ActFields | None, draft: Act | None, kind: PositionKind
) -> Iterable[Offer]:
    """The row's acts that the table has for this kind of position; the command asks about the task itself.

    `stated`: by the open item that waits. `draft`: the act that was drafted.
    """
    if section == "draft" and draft:
        offers: Iterable[Offer] = (
            Offer(draft, "view_draft", "" if ACT_RULES[draft].answers else _DRAFT, is_main=True),
        )
    elif section == "own_tasks":
        offers = _OWN_OFFERS.get(work_state, ())
    elif section == "proposal" and stated and stated.proposed:
        offers = (Offer(Act.DECLINE_PROPOSAL), Offer(stated.proposed, is_main=True))
    else:
        offers = _OFFERS.get(section, ())
    return (offer for offer in offers if is_drafted(offer.act, kind) or kind in grant_kinds(offer.act))


def grant_kinds(act: Act) -> set[PositionKind]:
    """The kinds of positions that may do the act to some tasks."""
    return {grant.kind for grant in ACT_RULES[act].grants}


def is_drafted(act: Act, kind: PositionKind) -> bool:
    """Whether the button opens a draft for the leader of the agency."""
    return kind is PositionKind.AGENCY_OFFICER and act in DRAFTED_ACTS
