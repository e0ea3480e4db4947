"""/chi-tiet: what is personal, for those who may see it, once they have said what for; each look is in the trail.

Two things are personal: what a source told of the person behind an event, and counts of people too few to be told.
"""

from collections.abc import Callable, Mapping
from urllib.parse import quote

import htpy as h
from flask import Blueprint, Response, request

from components.kpi.measurement_units import unit_label
from components.ui.format import format_number
from components.ui.i18n import t
from ioc.auth import audit_log
from ioc.auth.permissions import Action
from ioc.domain.events.event import Event
from ioc.domain.ingest.source import Series
from ioc.domain.kpis.kpi import Latest
from ioc.domain.snapshot import Snapshot
from ioc.storage.events import events
from ioc.storage.timeseries import readings
from ioc.web.errors.denials import mark_denied
from ioc.web.middleware.authorization import require, requires
from ioc.web.views.layout import PageContext, page_context, render_page
from ioc.web.views.services import Services
from ioc.web.views.widgets import button, choice, field, form, form_value, format_moment

BASE_PATH = "/chi-tiet"
PURPOSES = ("handle", "check", "answer", "other")
_MIN_PURPOSE_LENGTH, _MAX_PURPOSE_LENGTH = 10, 300  # characters of what it is for
_requires_view_personal = requires(Action.VIEW_PERSONAL)


def blueprint(services: Services, snapshot: Callable[[], Snapshot]) -> Blueprint:
    """Asking what for, writing it down, and showing it once."""
    pages = Blueprint("personal", __name__, url_prefix=BASE_PATH)

    @pages.route("/su-kien/<source>/<path:key>", methods=["GET", "POST"])
    @_requires_view_personal
    def event(source: str, key: str) -> Response:
        with services.store.read() as conn:
            found, kept = events.latest(conn, source, key), events.personal_data(conn, source, key)
        if found is None:
            return _not_found("no_event")
        about = f"{source}/{key}"
        address = f"{BASE_PATH}/su-kien/{quote(source)}/{quote(key, safe='/')}"
        return _ask_or_disclose(services, about, address, lambda said, opened: _event_view(said, found, kept, opened))

    @pages.route("/don-vi/<code>", methods=["GET", "POST"])
    @_requires_view_personal
    def counts(code: str) -> Response:
        seen = snapshot()
        unit, series = seen.units.get(code), _people_series(seen, code)
        if unit is None:
            return _not_found("no_unit")
        with services.store.read() as conn:
            latest = readings.latest(conn, [one.key for one in series])
        title = f"{unit.kind.capitalize()} {unit.name}"
        return _ask_or_disclose(
            services, f"don-vi/{code}", f"{BASE_PATH}/don-vi/{code}",
            lambda said, opened: _counts_view(said, title, series, latest if opened else None),
        )  # fmt: skip

    return pages


def _ask_or_disclose(
    services: Services, about: str, address: str, render: Callable[[PageContext, bool], h.Node]
) -> Response:
    """The question what for; what is personal (`draw` opened) in the answer to it only, once that is in the trail."""
    said = page_context()
    if request.method == "GET":
        return _page(said, render(said, False), _purpose_form(said, address, ""))
    purpose, words_ = form_value("muc-dich"), form_value("ghi-chu", _MAX_PURPOSE_LENGTH)
    if purpose not in PURPOSES or len(words_) < _MIN_PURPOSE_LENGTH:
        mark_denied("no_purpose")
        wrong = said.t("personal_data.too_short", n=_MIN_PURPOSE_LENGTH)
        return _page(said, render(said, False), _purpose_form(said, address, wrong), status=400)
    line = audit_log.entry_by(
        require(Action.VIEW_PERSONAL), "personal-data-viewed", about, reason=purpose, detail=words_
    )
    with services.store.write() as conn:
        audit_log.write(conn, line, services.clock())
    return _page(
        said, render(said, True), h.p(".quiet")[said.t("personal_data.written", time=format_moment(services.clock()))]
    )


def _page(context: PageContext, *body: h.Node, status: int = 200) -> Response:
    return render_page(context.t("personal_data.title"), h.section(".box.form-box")[list(body)], status=status)


def _not_found(key: str) -> Response:
    said = page_context()
    return _page(said, h.p(".form-lead")[said.t(f"personal_data.{key}")], status=404)


def _purpose_form(context: PageContext, address: str, wrong: str) -> h.Element:
    options = [(one, context.t(f"personal_data.for_{one}")) for one in PURPOSES]
    return form(
        address,
        wrong and h.p(".said.said-wrong", role="alert")[wrong],
        h.p[context.t("personal_data.asked")],
        choice(context.t("personal_data.purpose"), "muc-dich", options),
        field(
            context.t("personal_data.note"),
            "ghi-chu",
            hint=context.t("personal_data.note_hint", n=_MIN_PURPOSE_LENGTH),
            max_length=_MAX_PURPOSE_LENGTH,
        ),
        h.div(".form-row")[button(context.t("personal_data.open"), is_primary=True)],
    )


def _event_view(context: PageContext, event: Event, personal: Mapping[str, str], is_disclosed: bool) -> h.Fragment:
    return h.fragment[
        h.h2(".box-title")[event.title, h.small[format_moment(event.started or event.observed)]],
        event.text and h.p[event.text],
        not personal and h.p(".nothing")[context.t("personal_data.none_kept")],
        is_disclosed
        and bool(personal)
        and h.dl(".facts")[((h.dt[name], h.dd[value]) for name, value in personal.items())],
    ]


def _people_series(snapshot: Snapshot, code: str) -> list[Series]:
    """The series of a unit that count people."""
    named = {
        key
        for one in snapshot.figures.values()
        if one.kpi.has_small_cells
        for key in (*one.kpi.formula.inputs, *one.kpi.formula.denominator)
    }
    return [
        one for view in snapshot.sources for one in view.source.series if one.place == code and one.key in named
    ]  # fmt: skip


def _counts_view(
    context: PageContext, title: str, series: list[Series], latest: Mapping[str, Latest] | None
) -> h.Fragment:
    if not series:
        return h.fragment[h.h2(".box-title")[title], h.p(".nothing")[context.t("personal_data.no_counts")]]
    return h.fragment[
        h.h2(".box-title")[title],
        latest is not None
        and h.dl(".facts")[
            ((h.dt[one.name.get(context.lang)], h.dd[_count_text(context, one, latest.get(one.key))]) for one in series)
        ],
    ]


def _count_text(context: PageContext, series: Series, latest: Latest | None) -> str:
    if latest is None or latest.value is None:
        return t("common.no_value", context.lang)
    unit = unit_label(series.unit, context.lang, latest.value)
    return f"{format_number(latest.value)} {unit} · {format_moment(latest.observed)}"
