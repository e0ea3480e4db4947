"""One CAP alert into an event."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from xml.etree.ElementTree import Element

from data_sources._mapping.xml import child_text, children, descendants, element_text, event_key, html_to_text
from data_sources.cap.area import area_of, circle_of, ring_of
from data_sources.cap.options import Options
from ioc.domain.base.severity import Severity
from ioc.domain.base.times import to_ms
from ioc.domain.events.event import Area, Event, EventStage
from ioc.domain.ingest.parsing import parse_timestamp

_ACTUAL = "actual"
WarningSink = Callable[[str], None]  # takes what of an alert could not be read while the alert itself stands


def event_of(alert: Element, options: Options, note: WarningSink) -> Event | None:
    """The event that `alert` tells, None when it is not meant to be shown. ValueError says why it cannot be read."""
    status, kind, sent = child_text(alert, "status"), child_text(alert, "msgType"), _sent(alert, options)
    if not status:
        raise ValueError("the alert does not say whether it is actual or an exercise")
    if not _is_public(alert, kind, options, note):
        return None
    infos = _preferred_infos(list(children(alert, "info")), options.language)
    replaces = tuple(dict.fromkeys(_references(alert, status, options, note)))
    key = _key(status, child_text(alert, "sender"), child_text(alert, "identifier"), sent)
    return Event(
        kind=options.kind,
        key=key,
        observed=sent,
        title=_first_text(infos, "headline", "event") or child_text(alert, "note") or child_text(alert, "identifier"),
        stage=EventStage.CANCELLED if kind.casefold() == "cancel" else EventStage.OPEN,
        source_status=kind,
        severity=_severity(infos) if status.casefold() == _ACTUAL else Severity.NORMAL,
        text=html_to_text(
            " ".join(filter(None, (_first_text(infos, "description"), _first_text(infos, "instruction"))))
        ),
        started=_time(_first_text(infos, "onset") or _first_text(infos, "effective"), options, note),
        expires=_expires(infos, sent, options, note),
        area=_area(infos, note),
        link=_first_text(infos, "web"),
        replaces=tuple(one for one in replaces if one != key),
        facts=_facts(status, infos),
        is_drill=status.casefold() != _ACTUAL,
        personal={"contact": contact} if (contact := _first_text(infos, "contact")) else {},
    ).with_units(_places(infos, options))


def _sent(alert: Element, options: Options) -> datetime:
    if not child_text(alert, "identifier") or not child_text(alert, "sender"):
        raise ValueError("the alert has no identifier or no sender")
    return parse_timestamp(child_text(alert, "sent"), "iso", options.zone_info)


def _is_public(alert: Element, kind: str, options: Options, note: WarningSink) -> bool:
    """Not what one system acknowledges to another, nor what is meant for few."""
    if kind.casefold() in ("ack", "error"):
        return False
    if kind.casefold() not in ("alert", "update", "cancel"):
        raise ValueError(f"a message of the type {kind[:20]!r} is no alert")
    scope = child_text(alert, "scope") or "Public"
    if scope.casefold() in {one.casefold() for one in options.scopes}:
        return True
    note(f"the alert's scope is {scope[:20]!r}: it is not for everybody's eyes")
    return False


def _key(status: str, sender: str, identifier: str, sent: datetime) -> str:
    """Of an exercise it is another, so that none can ever end an actual alert."""
    mark = "" if status.casefold() == _ACTUAL else f"{status.casefold()}:"
    return event_key(mark + sender, identifier, sent.isoformat())


def _references(alert: Element, status: str, options: Options, note: WarningSink) -> list[str]:
    found = []
    for one in child_text(alert, "references").split():
        sender, _, rest = one.partition(",")
        identifier, _, sent = rest.rpartition(",")
        try:
            found.append(_key(status, sender, identifier, parse_timestamp(sent, "iso", options.zone_info)))
        except ValueError:
            note(f"references: {one[:60]!r} is not sender,identifier,sent")
    return found


def _preferred_infos(infos: Sequence[Element], language: str) -> list[Element]:
    """The blocks in Vietnamese, else in the row's language, else in that of the first."""
    tongues = [child_text(one, "language").casefold() or "en-us" for one in infos]
    for wanted in ("vi", language.casefold(), *tongues[:1]):
        if found := [one for one, tongue in zip(infos, tongues, strict=True) if _matches_language(tongue, wanted)]:
            return found
    return []


def _matches_language(tongue: str, wanted: str) -> bool:
    return bool(wanted) and (tongue == wanted or tongue.startswith(f"{wanted}-"))


def _first_text(infos: Sequence[Element], name: str, *others: str) -> str:
    found = (child_text(info, one) for one in (name, *others) for info in infos)
    return next(filter(None, found), "")


def _time(text: str, options: Options, note: WarningSink) -> datetime | None:
    try:
        return parse_timestamp(text, "iso", options.zone_info) if text else None
    except ValueError as error:
        note(str(error))
        return None


def _expires(infos: Sequence[Element], sent: datetime, options: Options, note: WarningSink) -> datetime:
    """When the last of the blocks ends; an alert that does not say so stands for the row's hours."""
    ends = [_time(child_text(one, "expires"), options, note) for one in infos]
    whole = [one for one in ends if one is not None]
    return max(whole, key=to_ms) if whole and None not in ends else sent + timedelta(hours=options.keep_hours)


def _severity(infos: Sequence[Element]) -> Severity:
    found = {_info_severity(one) for one in infos}
    return next((one for one in (Severity.CRITICAL, Severity.ATTENTION) if one in found), Severity.NORMAL)


def _info_severity(info: Element) -> Severity:
    """Severe or worse, soon and likely is critical. What is not known counts as if it could be."""
    severity, urgency, certainty = (child_text(info, one).casefold() for one in ("severity", "urgency", "certainty"))
    responses = {element_text(one).casefold() for one in children(info, "responseType")}
    if urgency == "past" or certainty == "unlikely" or "allclear" in responses or severity == "minor":
        return Severity.NORMAL
    near = urgency != "future" and certainty != "possible"
    return Severity.CRITICAL if severity in ("extreme", "severe") and near else Severity.ATTENTION


def _places(infos: Sequence[Element], options: Options) -> tuple[str, ...]:
    """The codes of all units that the areas name: by the row's words for names and geocodes, or by geocodes that are
    codes themselves.
    """
    found: dict[str, None] = {}
    for area in (one for info in infos for one in descendants(info, "area")):
        words = [element_text(one) for one in children(area, "areaDesc")]
        for geocode in children(area, "geocode"):
            words.append(value := child_text(geocode, "value"))
            if value and child_text(geocode, "valueName") in options.codes:
                found[value] = None
        found |= dict.fromkeys(code for word in words for code in options.places.get(word, ()))
    return tuple(found)


def _area(infos: Sequence[Element], note: WarningSink) -> Area | None:
    rings, circles = [], []
    for shape in (one for info in infos for one in descendants(info, "polygon", "circle")):
        text = element_text(shape)
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
    areas = dict.fromkeys(element_text(one) for info in infos for one in descendants(info, "areaDesc"))
    found = {name: _first_text(infos, name) for name in names}
    found |= {"status": status, "sender": _first_text(infos, "senderName"), "area": "; ".join(areas)}
    return {name: value for name, value in found.items() if value}
