"""One CAP alert as an event."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple
from xml.etree.ElementTree import Element

from data_sources._mapping import TimeReader
from data_sources._mapping.events import stated_end
from data_sources._mapping.xml import child_text, children, element_text, event_key, html_to_text, outermost
from data_sources.cap.area import area_of, circle_of, ring_of
from data_sources.cap.errors import CapCode
from data_sources.cap.options import Options
from ioc.domain.base.failure import Failure
from ioc.domain.base.severity import Severity
from ioc.domain.base.text import REPLACEMENT, shorten
from ioc.domain.base.times import later_by, to_ms
from ioc.domain.events.event import Area, Event, EventStage
from ioc.domain.ingest.parsing import ParseCode, ParseError, is_day, parse_end, parse_timestamp

_ACTUAL = "actual"
_DECIDING = ("status", "msgType", "scope")
_WORDS = {  # CAP 1.2, 3.2.2; "very likely" is of CAP 1.0
    "severity": ("extreme", "severe", "moderate", "minor", "unknown"),
    "urgency": ("immediate", "expected", "future", "past", "unknown"),
    "certainty": ("observed", "likely", "very likely", "possible", "unlikely", "unknown"),
}
WarningSink = Callable[[Failure], None]  # takes failures of parts of an alert that is shown without them


class _AlertTimes(NamedTuple):
    """Reads the times of an alert. Days are in the zone of its `sent`."""

    reader: TimeReader
    zone_of_days: tzinfo


def event_of(alert: Element, options: Options, reader: TimeReader, warn: WarningSink) -> Event | None:
    """The event of `alert`, None when it is not to be shown. Raises ParseError when it cannot be read."""
    status, message_type, sent = child_text(alert, "status"), child_text(alert, "msgType"), _sent(alert, reader)
    if not status:
        raise ParseError(CapCode.STATUS_MISSING)
    _check_words(alert)
    if not _is_public(alert, message_type, options, warn):
        return None
    infos = _preferred_infos(list(children(alert, "info")), options.language)
    is_cancelled = message_type.casefold() == "cancel"
    replaces = tuple(dict.fromkeys(_references(alert, sent, is_cancelled, reader, warn)))
    sent_zone = datetime.fromisoformat(child_text(alert, "sent").upper()).tzinfo
    times = _AlertTimes(reader, sent_zone or options.zone_info)
    key = _key(status, child_text(alert, "sender"), child_text(alert, "identifier"), sent)
    start = "onset" if _first_text(infos, "onset") else "effective"
    started = _time(_first_text(infos, start), start, times, warn)
    expires = _expires(infos, {"sent": sent, start: started or sent}, times, options, warn)
    return Event(
        kind=options.kind,
        key=key,
        observed=sent,
        title=_first_text(infos, "headline", "event") or child_text(alert, "note") or child_text(alert, "identifier"),
        stage=EventStage.CANCELLED if is_cancelled else EventStage.OPEN,
        source_status=message_type,
        severity=_severity(infos, warn) if status.casefold() == _ACTUAL else Severity.NORMAL,
        text=html_to_text(f"{_first_text(infos, 'description')} {_first_text(infos, 'instruction')}"),
        started=started,
        expires=expires,
        area=_area(infos, warn),
        link=_first_text(infos, "web"),
        replaces=tuple(replaced for replaced in replaces if replaced != key),
        facts=_facts(status, infos),
        is_drill=status.casefold() != _ACTUAL,
        personal={"contact": contact} if (contact := _first_text(infos, "contact")) else {},
    ).with_units(_places(infos, options))


def _check_words(alert: Element) -> None:
    """Raises ParseError for a damaged word that decides which alert it is: an actual one would count as an exercise.

    What is no character of XML became U+FFFD.
    """
    for field in _DECIDING:
        if REPLACEMENT in (word := child_text(alert, field)):
            raise ParseError(CapCode.WORD_DAMAGED, field=field, word=shorten(word, 20))


def _sent(alert: Element, reader: TimeReader) -> datetime:
    if not child_text(alert, "identifier") or not child_text(alert, "sender"):
        raise ParseError(CapCode.SENDER_MISSING)
    return _moment(child_text(alert, "sent"), "sent", reader)


def _moment(text: str, field: str, reader: TimeReader) -> datetime:
    """The time of `sent`, also in `references`. It has a time of day (CAP 1.2, 3.2.1, 3.3.2) to tell alerts apart."""
    if is_day(text):
        raise ParseError(CapCode.SENT_WITHOUT_TIME, text=shorten(text, 40))
    return reader.time(text, field)


def _is_public(alert: Element, message_type: str, options: Options, warn: WarningSink) -> bool:
    """Whether the alert is one to be shown: no acknowledgement between systems, and of a scope of the row."""
    if message_type.casefold() in ("ack", "error"):
        return False
    if message_type.casefold() not in ("alert", "update", "cancel"):
        raise ParseError(CapCode.UNKNOWN_MESSAGE_TYPE, message_type=shorten(message_type, 20))
    scope = child_text(alert, "scope") or "Public"
    if scope.casefold() in {allowed.casefold() for allowed in options.scopes}:
        return True
    warn(Failure(CapCode.NOT_PUBLIC, {"scope": shorten(scope, 20)}))
    return False


def _key(status: str, sender: str, identifier: str, sent: datetime) -> str:
    """The key of an alert; that of an exercise has a prefix, so that none can ever end an actual alert."""
    prefix = "" if status.casefold() == _ACTUAL else f"{status.casefold()}:"
    return event_key(prefix + sender, identifier, sent.isoformat())


def _references(
    alert: Element, sent: datetime, is_cancel: bool, reader: TimeReader, warn: WarningSink
) -> list[str]:  # fmt: skip
    """The keys of the alerts that `alert` ends.

    They were sent before it: two that reference each other would end both, and no warning would be left. Only a Cancel
    may be of the same second as its alert.
    """
    keys, status = [], child_text(alert, "status")
    for reference in child_text(alert, "references").split():
        sender, _, rest = reference.partition(",")
        identifier, _, text = rest.rpartition(",")
        try:
            moment = _moment(text, "references", reader)
            if REPLACEMENT in reference:
                raise ParseError(ParseCode.NAME_DAMAGED, name=shorten(reference, 60))
        except ParseError:
            warn(Failure(CapCode.INVALID_REFERENCE, {"reference": shorten(reference, 60)}))
            continue
        if moment < sent or (is_cancel and moment == sent):
            keys.append(_key(status, sender, identifier, moment))
        else:
            warn(Failure(CapCode.REFERENCE_LATER, {"reference": shorten(reference, 60)}))
    return keys


def _preferred_infos(infos: Sequence[Element], language: str) -> list[Element]:
    """The blocks in Vietnamese, else in the row's language, else in that of the first."""
    languages = [child_text(info, "language").casefold() or "en-us" for info in infos]
    for wanted in ("vi", language.casefold(), *languages[:1]):
        if matching := [info for info, own in zip(infos, languages, strict=True) if _matches_language(own, wanted)]:
            return matching
    return []


def _matches_language(language: str, wanted: str) -> bool:
    return bool(wanted) and (language == wanted or language.startswith(f"{wanted}-"))


def _first_text(infos: Sequence[Element], name: str, *others: str) -> str:
    texts = (child_text(info, tag) for tag in (name, *others) for info in infos)
    return next(filter(None, texts), "")


def _time(text: str, field: str, times: _AlertTimes, warn: WarningSink) -> datetime | None:
    """The time of `field`, of `expires` the end of a day; None for none, and for one that cannot be read."""
    is_end = field == "expires"
    try:
        if is_day(text):
            return (parse_end if is_end else parse_timestamp)(text, "iso", times.zone_of_days)
        return (times.reader.end if is_end else times.reader.time)(text, field) if text else None
    except ParseError as error:
        warn(error.failure)
        return None


def _expires(
    infos: Sequence[Element], starts: Mapping[str, datetime], times: _AlertTimes, options: Options,
    warn: WarningSink,
) -> datetime:  # fmt: skip
    """When the last of the blocks expires; one without an end does `keep_hours` after the alert was sent.

    `starts`: when it was sent and when it begins, by field. An end before either is said.
    """
    ends = [stated_end(_time(child_text(info, "expires"), "expires", times, warn)) for info in infos]
    known = [end for end in ends if end is not None]
    if not known or None in ends:
        return max([*known, later_by(starts["sent"], timedelta(hours=options.keep_hours))], key=to_ms)
    expires = max(known, key=to_ms)
    if later := next((field for field, time in starts.items() if expires < time), None):
        warn(Failure(CapCode.EXPIRES_EARLY, {"expires": expires, "field": later, "time": starts[later]}))
    return expires


def _severity(infos: Sequence[Element], warn: WarningSink) -> Severity:
    severities = {_info_severity(info) for info in infos}
    for field, known in _WORDS.items():
        for word in dict.fromkeys(child_text(info, field) for info in infos):
            if word and word.casefold() not in known:
                warn(Failure(CapCode.UNKNOWN_WORD, {"field": field, "word": shorten(word, 40)}))
    serious = (level for level in (Severity.CRITICAL, Severity.ATTENTION) if level in severities)
    return next(serious, Severity.NORMAL)


def _info_severity(info: Element) -> Severity:
    """Critical when severe or extreme, not far off and likely; unknown values count as if they were so."""
    severity, urgency, certainty = (child_text(info, name).casefold() for name in ("severity", "urgency", "certainty"))
    responses = {element_text(response).casefold() for response in children(info, "responseType")}
    if urgency == "past" or certainty == "unlikely" or "allclear" in responses or severity == "minor":
        return Severity.NORMAL
    is_near = urgency != "future" and certainty != "possible"
    return Severity.CRITICAL if severity in ("extreme", "severe") and is_near else Severity.ATTENTION


def _places(infos: Sequence[Element], options: Options) -> tuple[str, ...]:
    """The codes of all units that the areas name, by `places` of the row or by geocodes that are unit codes."""
    units: dict[str, None] = {}
    for area in (area for info in infos for area in outermost(info, "area")):
        words = [element_text(description) for description in children(area, "areaDesc")]
        for geocode in children(area, "geocode"):
            words.append(value := child_text(geocode, "value"))
            if value and value not in options.places and child_text(geocode, "valueName") in options.codes:
                units[value] = None
        units |= dict.fromkeys(code for word in words for code in options.places.get(word, ()))
    return tuple(units)


def _area(infos: Sequence[Element], warn: WarningSink) -> Area | None:
    rings, circles = [], []
    for shape in (shape for info in infos for shape in outermost(info, "polygon", "circle")):
        text = element_text(shape)
        try:
            if text and shape.tag.endswith("polygon"):
                rings.append(ring_of(text))
            elif text:
                circles.append(circle_of(text))
        except ParseError as error:
            warn(error.failure)
    try:
        return area_of(rings, circles)
    except ParseError as error:
        warn(error.failure)
        return None


def _all_texts(infos: Sequence[Element], name: str) -> str:
    """The different texts of all elements `name`."""
    texts = dict.fromkeys(element_text(element) for info in infos for element in outermost(info, name))
    return "; ".join(filter(None, texts))


def _facts(status: str, infos: Sequence[Element]) -> dict[str, str]:
    facts = {name: _first_text(infos, name) for name in ("event", "severity", "urgency", "certainty")}
    facts |= {"category": _all_texts(infos, "category"), "area": _all_texts(infos, "areaDesc")}
    facts |= {"status": status, "sender": _first_text(infos, "senderName")}
    return {name: value for name, value in facts.items() if value}
