"""Acts on briefings are appended within a command's transaction; and the notice of one is entered as a document."""

from datetime import datetime

from ioc.directives.context import Actor
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.briefing import BriefingAct, BriefingEvent, BriefingFields
from ioc.storage.db.store import Conn
from ioc.storage.directives import briefings


def append_act(
    conn: Conn, actor: Actor, briefing: str, act: BriefingAct, now: datetime, stated: BriefingFields, item: int = 0
) -> BriefingEvent:
    """Appends what `actor` did; returns it with its number."""
    by, position = actor.principal.name, actor.position.key
    return briefings.append(conn, BriefingEvent(0, briefing, act, now, by, position, actor.on_behalf_of, item, stated))


def enter_notice(conn: Conn, actor: Actor, briefing: str, document: str, now: datetime) -> None:
    """Notes that the document of that key holds the conclusions. ActError (NO_NOTICE_WAITS): one does already."""
    found = briefings.find_briefing(conn, briefing)
    if found is None or not found.awaits_notice:
        raise ActError(ActCode.NO_NOTICE_WAITS)
    append_act(conn, actor, briefing, BriefingAct.ENTER, now, BriefingFields(document=document))
