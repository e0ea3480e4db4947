"""Acts on briefings, appended within a command's transaction; what they conclude; the notice, entered as a document."""

from datetime import datetime

from ioc.directives.context import Actor
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.briefing import Briefing, BriefingAct, BriefingEvent, BriefingFields, SubjectKind
from ioc.storage.db.store import Conn
from ioc.storage.directives import briefings


def append_act(
    conn: Conn, actor: Actor, briefing: str, act: BriefingAct, now: datetime, stated: BriefingFields, item: int = 0
) -> BriefingEvent:
    """Appends what `actor` did; returns it with its number."""
    by, position = actor.principal.name, actor.position.key
    return briefings.append(conn, BriefingEvent(0, briefing, act, now, by, position, actor.on_behalf_of, item, stated))


def concluding_briefing(conn: Conn, instruction: str) -> Briefing | None:
    """The briefing without a notice that has a conclusion on the instruction of that key; None for none."""
    for each in (*briefings.open_briefings(conn), *briefings.awaiting_notice(conn)):
        item = each.find_subject(SubjectKind.INSTRUCTION, instruction)
        if item is not None and not item.conclusion.is_empty:
            return each
    return None


def enter_notice(conn: Conn, actor: Actor, briefing: str, document: str, now: datetime) -> None:
    """Notes that the document of that key holds the conclusions. ActError (NO_NOTICE_WAITS): one does already."""
    found = briefings.find_briefing(conn, briefing)
    if found is None or not found.awaits_notice:
        raise ActError(ActCode.NO_NOTICE_WAITS)
    append_act(conn, actor, briefing, BriefingAct.ENTER, now, BriefingFields(document=document))
