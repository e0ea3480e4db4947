"""What pages of briefings (giao ban) share: who keeps them and who sees them, and what may be collected, in words."""

from components.directives.briefing import subject_key
from components.directives.briefing_subjects import SubjectGroup, SubjectTexts, attention_subjects
from components.ui.i18n import t
from ioc.dash_kit.acts import positions_of_principal
from ioc.dash_kit.context import lang, may, principal, service
from ioc.dash_kit.typed import InputError
from ioc.directives.briefings import (
    Secretary,
    briefing_candidates,
    briefing_task,
    collect_item,
    find_briefing,
    next_briefing,
)
from ioc.directives.context import DirectiveContext
from ioc.directives.document_queries import document_actors
from ioc.directives.visibility import OFFICE_KINDS
from ioc.domain.access.permissions import Action
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.briefing import Briefing, BriefingSubject, SubjectKind
from ioc.domain.directives.positions import DOCUMENT_GRANTS, DocumentAct
from ioc.snapshot.cache import SnapshotCache

_MAX_WORDS = 100  # characters
_SHOWN = 20  # items of the attention list


def may_see_briefings() -> bool:
    """Whether the principal holds a position of the Office or of a leader."""
    return any(position.kind in OFFICE_KINDS for position in positions_of_principal())


def secretary() -> Secretary | None:
    """In which position the principal keeps briefings, an own one first; None for none."""
    if not may(Action.ACT_ON_DIRECTIVES):
        return None
    actors = document_actors(service(DirectiveContext), DocumentAct.BRIEF, principal())
    return Secretary(actors[0].position.key, actors[0].on_behalf_of) if actors else None


def may_enter_notice() -> bool:
    """Whether the principal may enter the notice in which a briefing ends."""
    return may(Action.ACT_ON_DIRECTIVES) and bool(
        document_actors(service(DirectiveContext), DocumentAct.ENTER, principal())
    )


def required_secretary() -> Secretary:
    """The same. ActError (NOT_PERMITTED) for none."""
    found = secretary()
    if found is None:
        kinds = ", ".join(sorted(DOCUMENT_GRANTS[DocumentAct.BRIEF]))
        raise ActError(ActCode.NOT_PERMITTED, act=DocumentAct.BRIEF.value, permitted=kinds)
    return found


def prepared_subjects(briefing: Briefing, typed: str | None) -> list[SubjectGroup]:
    """What may be collected and is not yet: by kind, as it stands now. `typed`: words of tasks that are looked for."""
    context, by, now = service(DirectiveContext), principal(), lang()
    words = (typed or "").strip()[:_MAX_WORDS]
    found = briefing_candidates(context, words, by)
    texts, snapshot = SubjectTexts(context.agencies, context.clock(), now), service(SnapshotCache).snapshot()
    attention = [item for item in snapshot.attention if not item.is_drill]
    groups = (
        SubjectGroup(
            "petition", tuple(texts.petition(entry, found.statements) for entry in found.petitions.entries),
            sum(found.petitions.counts.values()),
        ),
        SubjectGroup("instruction", tuple(map(texts.instruction, found.instructions)), len(found.instructions)),
        SubjectGroup("starred", tuple(map(texts.task, found.starred.rows)), found.starred.total),
        SubjectGroup("found" if words else "overdue", tuple(map(texts.task, found.overdue.rows)), found.overdue.total),
        SubjectGroup("attention", attention_subjects(attention[:_SHOWN], snapshot, now), len(attention)),
    )  # fmt: skip
    return [_without(group, briefing) for group in groups]


def _without(group: SubjectGroup, briefing: Briefing) -> SubjectGroup:
    """The group without what is collected."""
    left = tuple(each for each in group.subjects if briefing.find_subject(each.kind, each.key) is None)
    return SubjectGroup(group.name, left, group.total - len(group.subjects) + len(left))


def chosen_subject(briefing: Briefing, words: str | None, key: str) -> BriefingSubject | None:
    """What the button `key` of the prepared list collects, as it stands now; None where it waits no more."""
    groups = prepared_subjects(briefing, words)
    return next((each for group in groups for each in group.subjects if subject_key(each) == key), None)


def item_number(key: str) -> int:
    """The number of the item of a button. InputError for one that was never shown."""
    if not (key.isascii() and key.isdigit() and len(key) <= 15):
        raise InputError("no item")
    return int(key)


def removal_text(briefing: Briefing, number: int) -> str:
    """What is thrown away with the item of that number. ActError (NOT_OPEN) for none."""
    item = next((each for each in briefing.items if each.number == number), None)
    if item is None:
        raise ActError(ActCode.NOT_OPEN)
    return t("briefing.remove_what", lang(), name=item.subject.name)


def briefing_for_task(key: str) -> Briefing | None:
    """The briefing into which the principal may take the task "document/task"; None for none, or where it is in it."""
    briefing = next_briefing(service(DirectiveContext), principal()) if secretary() else None
    return briefing if briefing and briefing.find_subject(SubjectKind.TASK, key) is None else None


def take_task(key: str) -> Briefing:
    """Takes a task, as it stands now, into the next briefing. ActError (NOT_PERMITTED, UNKNOWN_BRIEFING …)."""
    keeper, context, by = required_secretary(), service(DirectiveContext), principal()
    briefing = next_briefing(context, by)
    if briefing is None:
        raise ActError(ActCode.UNKNOWN_BRIEFING)
    subject = SubjectTexts(context.agencies, context.clock(), lang()).task(briefing_task(context, key, by))
    return collect_item(context, briefing.key, subject, keeper, by)


def draft_notice(key: str) -> Briefing | None:
    """The briefing of that key if its draft notice waits to be entered by the principal; None otherwise."""
    try:
        briefing = find_briefing(service(DirectiveContext), key, principal())
    except ActError:
        return None
    return briefing if briefing.awaits_notice else None
