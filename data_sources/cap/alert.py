"""One CAP alert into an event."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from xml.etree.ElementTree import Element

from data_sources._mapping.xml import children, key_of, line_of, plain, said, within
from data_sources.cap.area import area_of, circle_of, ring_of
from data_sources.cap.options import Options
from ioc.domain.base.severity import Severity
from ioc.domain.base.times import to_ms
from ioc.domain.events.event import Area, Event, Stage
from ioc.domain.ingest.parsing import moment

_ACTUAL = "actual"
Note = Callable[[str], None]  # takes what of an alert could not be read while the alert itself stands


def event_of(alert: Element, options: Options, note: Note) -> Event | None:
    """The event that `alert` tells, None when it is not meant to be shown. ValueError says why it cannot be read."""
    status, kind, sent = said(alert, "status"), said(alert, "msgType"), _sent(alert, options)
    if not status:
        raise ValueError("the alert does not say whether it is actual or an exercise")
    if not _shown(alert, kind, options, note):
        return None
    infos = _spoken(list(children(alert, "info")), options.language)
    replaces = tuple(dict.fromkeys(_references(alert, status, options, note)))
    key = _key(status, said(alert, "sender"), said(alert, "identifier"), sent)
    return Event(
        kind=options.kind,
        key=key,
        observed=sent,
        title=_first(infos, "headline", "event") or said(alert, "note") or said(alert, "identifier"),
        stage=Stage.CANCELLED if kind.casefold() == "cancel" else Stage.OPEN,
        word=kind,
        severity=_severity(infos) if status.casefold() == _ACTUAL else Severity.NORMAL,
        text=plain(" ".join(filter(None, (_first(infos, "description"), _first(infos, "instruction"))))),
        started=_time(_first(infos, "onset") or _first(infos, "effective"), options, note),
        expires=_expires(infos, sent, options, note),
        area=_area(infos, note),
        link=_first(infos, "web"),
        replaces=tuple(one for one in replaces if one != key),
        facts=_facts(status, infos),
        drill=status.casefold() != _ACTUAL,
        personal={"contact": contact} if (contact := _first(infos, "contact")) else {},
    ).within(_places(infos, options))


def _sent(alert: Element, options: Options) -> datetime:
    if not said(alert, "identifier") or not said(alert, "sender"):
        raise ValueError("the alert has no identifier or no sender")
    return moment(said(alert, "sent"), "iso", options.clock)


def _shown(alert: Element, kind: str, options: Options, note: Note) -> bool:
    """Not what one system acknowledges to another, nor what is meant for few."""
    if kind.casefold() in ("ack", "error"):
        return False
    if kind.casefold() not in ("alert", "update", "cancel"):
        raise ValueError(f"a message of the type {kind[:20]!r} is no alert")
    scope = said(alert, "scope") or "Public"
    if scope.casefold() in {one.casefold() for one in options.scopes}:
        return True
    note(f"the alert's scope is {scope[:20]!r}: it is not for everybody's eyes")
    return False


def _key(status: str, sender: str, identifier: str, sent: datetime) -> str:
    """Of an exercise it is another, so that none can ever end an actual alert."""
    mark = "" if status.casefold() == _ACTUAL else f"{status.casefold()}:"
    return key_of(mark + sender, identifier, sent.isoformat())


def _references(alert: Element, status: str, options: Options, note: Note) -> list[str]:
    found = []
    for one in said(alert, "references").split():
        sender, _, rest = one.partition(",")
        identifier, _, sent = rest.rpartition(",")
        try:
            found.append(_key(status, sender, identifier, moment(sent, "iso", options.clock)))
        except ValueError:
            note(f"references: {one[:60]!r} is not sender,identifier,sent")
    return found


def _spoken(infos: Sequence[Element], language: str) -> list[Element]:
    """The blocks in Vietnamese, else in the row's language, else in that of the first."""
    tongues = [said(one, "language").casefold() or "en-us" for one in infos]
    for wanted in ("vi", language.casefold(), *tongues[:1]):
        if found := [one for one, tongue in zip(infos, tongues, strict=True) if _speaks(tongue, wanted)]:
            return found
    return []


def _speaks(tongue: str, wanted: str) -> bool:
    return bool(wanted) and (tongue == wanted or tongue.startswith(f"{wanted}-"))


def _first(infos: Sequence[Element], name: str, *others: str) -> str:
    found = (said(info, one) for one in (name, *others) for info in infos)
    return next(filter(None, found), "")


def _time(text: str, options: Options, note: Note) -> datetime | None:
    try:
        return moment(text, "iso", options.clock) if text else None
    except ValueError as error:
        note(str(error))
        return None


def _expires(infos: Sequence[Element], sent: datetime, options: Options, note: Note) -> datetime:
    """When the last of the blocks ends; an alert that does not say so stands for the row's hours."""
    ends = [_time(said(one, "expires"), options, note) for one in infos]
    whole = [one for one in ends if one is not None]
    return max(whole, key=to_ms) if whole and None not in ends else sent + timedelta(hours=options.keep_hours)


def _severity(infos: Sequence[Element]) -> Severity:
    found = {_weight(one) for one in infos}
    return next((one for one in (Severity.CRITICAL, Severity.ATTENTION) if one in found), Severity.NORMAL)


def _weight(info: Element) -> Severity:
    """Severe or worse, soon and likely is critical. What is not known counts as if it could be."""
    severity, urgency, certainty = (said(info, one).casefold() for one in ("severity", "urgency", "certainty"))
    responses = {line_of(one).casefold() for one in children(info, "responseType")}
    if urgency == "past" or certainty == "unlikely" or "allclear" in responses or severity == "minor":
        return Severity.NORMAL
    near = urgency != "future" and certainty != "possible"
    return Severity.CRITICAL if severity in ("extreme", "severe") and near else Severity.ATTENTION


def _places(infos: Sequence[Element], options: Options) -> tuple[str, ...]:
    """The codes of all units that the areas name: by the row's words for names and geocodes, or by geocodes that are
    codes themselves.
    """
    found: dict[str, None] = {}
    for area in (one for info in infos for one in within(info, "area")):
        words = [line_of(one) for one in children(area, "areaDesc")]
        for geocode in children(area, "geocode"):
            words.append(value := said(geocode, "value"))
            if value and said(geocode, "valueName") in options.codes:
                found[value] = None
        found |= dict.fromkeys(code for word in words for code in options.places.get(word, ()))
    return tuple(found)


def _area(infos: Sequence[Element], note: Note) -> Area | None:
    rings, circles = [], []
    for shape in (one for info in infos for one in within(info, "polygon", "circle")):
        text = line_of(shape)
        try:
            if text and shape.tag.endswith("polygon"):
                rings.append(ring_of(text))
            elif text:
                circles.append(circle_of(text))
        except ValueError as error:
            note(str(error))
    try:
        return area_of(rings, circles)
    except ValueError as error:
        note(str(error))
        return None


def _facts(status: str, infos: Sequence[Element]) -> dict[str, str]:
    names = ("event", "category", "severity", "urgency", "certainty")
    areas = dict.fromkeys(line_of(one) for info in infos for one in within(info, "areaDesc"))
    found = {name: _first(infos, name) for name in names}
    found |= {"status": status, "sender": _first(infos, "senderName"), "area": "; ".join(areas)}
    return {name: value for name, value in found.items() if value}
