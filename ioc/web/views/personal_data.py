"""/chi-tiet: what is personal, for those who may see it, once they have said what for; each look is in the trail.

Two things are personal: what a source told of the person behind an event, and counts of people too few to be told.
"""

from collections.abc import Callable, Mapping
from urllib.parse import quote

import htpy as h
from flask import Blueprint, Response, request

from components.kpi.units import unit_word
from components.ui.format import number
from components.ui.i18n import say
from ioc.auth import audit_log
from ioc.auth.permissions import Action
from ioc.domain.events.event import Event
from ioc.domain.ingest.source import Series
from ioc.domain.kpis.kpi import Latest
from ioc.domain.snapshot import Snapshot
from ioc.storage.events import events
from ioc.storage.timeseries import readings
from ioc.web.errors.audit import note
from ioc.web.middleware.authorization import demand, names
from ioc.web.views.layout import Words, page, words
from ioc.web.views.services import Office
from ioc.web.views.widgets import button, choice, field, form, given, when

HERE = "/chi-tiet"
PURPOSES = ("handle", "check", "answer", "other")
_LEAST, _MOST = 10, 300  # characters of what it is for
_MAY = names(Action.PERSONAL)


def blueprint(office: Office, snapshot: Callable[[], Snapshot]) -> Blueprint:
    """Asking what for, writing it down, and showing it once."""
    pages = Blueprint("personal", __name__, url_prefix=HERE)

    @pages.route("/su-kien/<source>/<path:key>", methods=["GET", "POST"])
    @_MAY
    def event(source: str, key: str) -> Response:
        with office.store.read() as conn:
            found, kept = events.last(conn, source, key), events.personal(conn, source, key)
        if found is None:
            return _nothing("no_event")
        about = f"{source}/{key}"
        address = f"{HERE}/su-kien/{quote(source)}/{quote(key, safe='/')}"
        return _answer(office, about, address, lambda said, opened: _event(said, found, kept, opened))

    @pages.route("/don-vi/<code>", methods=["GET", "POST"])
    @_MAY
    def counts(code: str) -> Response:
        seen = snapshot()
        unit, series = seen.units.get(code), _few(seen, code)
        if unit is None:
            return _nothing("no_unit")
        with office.store.read() as conn:
            latest = readings.latest(conn, [one.key for one in series])
        title = f"{unit.kind.capitalize()} {unit.name}"
        return _answer(
            office, f"don-vi/{code}", f"{HERE}/don-vi/{code}",
            lambda said, opened: _counts(said, title, series, latest if opened else None),
        )  # fmt: skip

    return pages


def _answer(office: Office, about: str, address: str, draw: Callable[[Words, bool], h.Node]) -> Response:
    """The question what for; what is personal (`draw` opened) in the answer to it only, once that is in the trail."""
    said = words()
    if request.method == "GET":
        return _page(said, draw(said, False), _question(said, address, ""))
    purpose, words_ = given("muc-dich"), given("ghi-chu", _MOST)
    if purpose not in PURPOSES or len(words_) < _LEAST:
        note("no_purpose")
        wrong = said.say("personal.too_short", n=_LEAST)
        return _page(said, draw(said, False), _question(said, address, wrong), status=400)
    line = audit_log.by(demand(Action.PERSONAL), "personal-opened", about, why=purpose, detail=words_)
    with office.store.write() as conn:
        audit_log.write(conn, line, office.clock())
    return _page(said, draw(said, True), h.p(".quiet")[said.say("personal.written", time=when(office.clock()))])


def _page(said: Words, *body: h.Node, status: int = 200) -> Response:
    return page(said.say("personal.title"), h.section(".box.form-box")[list(body)], status=status)


def _nothing(key: str) -> Response:
    said = words()
    return _page(said, h.p(".form-lead")[said.say(f"personal.{key}")], status=404)


def _question(said: Words, address: str, wrong: str) -> h.Element:
    options = [(one, said.say(f"personal.for_{one}")) for one in PURPOSES]
    return form(
        address,
        wrong and h.p(".said.said-wrong", role="alert")[wrong],
        h.p[said.say("personal.asked")],
        choice(said.say("personal.purpose"), "muc-dich", options),
        field(said.say("personal.note"), "ghi-chu", hint=said.say("personal.note_hint", n=_LEAST), longest=_MOST),
        h.div(".form-row")[button(said.say("personal.open"), main=True)],
    )


def _event(said: Words, event: Event, kept: Mapping[str, str], opened: bool) -> h.Fragment:
    return h.fragment[
        h.h2(".box-title")[event.title, h.small[when(event.started or event.observed)]],
        event.text and h.p[event.text],
        not kept and h.p(".nothing")[said.say("personal.none_kept")],
        opened and bool(kept) and h.dl(".facts")[((h.dt[name], h.dd[value]) for name, value in kept.items())],
    ]


def _few(snapshot: Snapshot, code: str) -> list[Series]:
    """The series of a unit that count people."""
    named = {
        key
        for one in snapshot.figures.values()
        if one.kpi.small_cells
        for key in (*one.kpi.formula.inputs, *one.kpi.formula.to)
    }
    return [
        one for view in snapshot.sources for one in view.source.series if one.place == code and one.key in named
    ]  # fmt: skip


def _counts(said: Words, title: str, series: list[Series], latest: Mapping[str, Latest] | None) -> h.Fragment:
    if not series:
        return h.fragment[h.h2(".box-title")[title], h.p(".nothing")[said.say("personal.no_counts")]]
    return h.fragment[
        h.h2(".box-title")[title],
        latest is not None
        and h.dl(".facts")[
            ((h.dt[one.name.said(said.lang)], h.dd[_count(said, one, latest.get(one.key))]) for one in series)
        ],
    ]


def _count(said: Words, series: Series, found: Latest | None) -> str:
    if found is None or found.value is None:
        return say("common.no_value", said.lang)
    return f"{number(found.value)} {unit_word(series.unit, said.lang, found.value)} · {when(found.observed)}"
