"""/chi-tiet: personal data, disclosed to those permitted once they state a purpose; each disclosure is audited.

Personal are: what a source states of the person behind an event, and counts of so few people that they are suppressed.
"""

from collections.abc import Callable, Mapping
from urllib.parse import quote

import htpy as h
from flask import Blueprint, Response, request

from components.kpi.measurement_units import unit_label
from components.ui.format import format_moment, format_number
from components.ui.i18n import t
from ioc.auth.personal_data import MAX_PURPOSE_LENGTH, MIN_PURPOSE_LENGTH, PURPOSES, PersonalData, Purpose
from ioc.domain.access.permissions import Action
from ioc.domain.base.failure import Failure
from ioc.domain.events.event import Event
from ioc.domain.ingest.source import Series
from ioc.domain.kpis.kpi import Latest
from ioc.domain.snapshot import Snapshot
from ioc.web.errors.codes import RequestCode
from ioc.web.errors.request_error import RequestError
from ioc.web.middleware.authorization import current_principal, requires
from ioc.web.views.form_errors import error_notice, http_status
from ioc.web.views.layout import PageContext, page_context, render_page
from ioc.web.views.services import Services
from ioc.web.views.widgets import button, choice, field, form, form_value

BASE_PATH = "/chi-tiet"
_requires_view_personal = requires(Action.VIEW_PERSONAL)


def blueprint(services: Services, snapshot: Callable[[], Snapshot]) -> Blueprint:
    """The form for the purpose, and the data in the response to it."""
    pages = Blueprint("personal_data", __name__, url_prefix=BASE_PATH)
    data = PersonalData(services.store, services.clock)

    @pages.route("/su-kien/<source>/<path:key>", methods=["GET", "POST"])
    @_requires_view_personal
    def event(source: str, key: str) -> Response:
        found = data.find_event(source, key, current_principal())
        if found is None:
            raise RequestError(RequestCode.NOT_FOUND)

        def render(context: PageContext, purpose: Purpose | None) -> h.Node:
            personal = data.disclose_event(source, key, purpose, current_principal()) if purpose else {}
            return _event_view(context, *found, personal)

        return _ask_or_disclose(services, f"{BASE_PATH}/su-kien/{quote(source)}/{quote(key, safe='/')}", render)

    @pages.route("/don-vi/<code>", methods=["GET", "POST"])
    @_requires_view_personal
    def counts(code: str) -> Response:
        current = snapshot()
        unit, series = current.units.get(code), _people_series(current, code)
        if unit is None:
            raise RequestError(RequestCode.NOT_FOUND)
        title, keys = f"{unit.kind.capitalize()} {unit.name}", [item.key for item in series]

        def render(context: PageContext, purpose: Purpose | None) -> h.Node:
            latest = data.disclose_counts(code, keys, purpose, current_principal()) if purpose else None
            return _counts_view(context, title, series, latest)

        return _ask_or_disclose(services, f"{BASE_PATH}/don-vi/{code}", render)

    return pages


def _ask_or_disclose(
    services: Services, path: str, render: Callable[[PageContext, Purpose | None], h.Node]
) -> Response:
    """The form for the purpose; after it the data (`render` with the purpose)."""
    context = page_context()
    if request.method != "POST":
        return _page(context, render(context, None), _purpose_form(context, path, None))
    purpose = Purpose.parse(form_value("muc-dich"), form_value("ghi-chu", MAX_PURPOSE_LENGTH))
    if purpose is None:
        error = RequestError(Failure(RequestCode.PURPOSE_MISSING, {"least": MIN_PURPOSE_LENGTH}))
        form_again = _purpose_form(context, path, error)
        return _page(context, render(context, None), form_again, status=http_status(error))
    return _page(
        context,
        render(context, purpose),
        h.p(".quiet")[context.t("personal_data.written", time=format_moment(services.clock()))],
    )


def _page(context: PageContext, *body: h.Node, status: int = 200) -> Response:
    return render_page(context.t("personal_data.title"), h.section(".box.form-box")[list(body)], status=status)


def _purpose_form(context: PageContext, path: str, error: RequestError | None) -> h.Element:
    options = [(purpose, context.t(f"personal_data.for_{purpose}")) for purpose in PURPOSES]
    return form(
        path,
        error_notice(context, error),
        h.p[context.t("personal_data.asked")],
        choice(context.t("personal_data.purpose"), "muc-dich", options),
        field(
            context.t("personal_data.note"),
            "ghi-chu",
            hint=context.t("personal_data.note_hint", n=MIN_PURPOSE_LENGTH),
            max_length=MAX_PURPOSE_LENGTH,
        ),
        h.div(".form-row")[button(context.t("personal_data.open"), is_primary=True)],
    )


def _event_view(context: PageContext, event: Event, has_personal: bool, personal: Mapping[str, str]) -> h.Fragment:
    """`personal`: what is disclosed, empty before."""
    return h.fragment[
        h.h2(".box-title")[event.title, h.small[format_moment(event.started or event.observed)]],
        event.text and h.p[event.text],
        not has_personal and h.p(".nothing")[context.t("personal_data.none_kept")],
        bool(personal) and h.dl(".facts")[((h.dt[name], h.dd[value]) for name, value in personal.items())],
    ]


def _people_series(snapshot: Snapshot, code: str) -> list[Series]:
    """The series of a unit that count people."""
    keys = {
        key
        for figure in snapshot.figures.values()
        if figure.kpi.has_small_cells
        for key in (*figure.kpi.formula.inputs, *figure.kpi.formula.denominator)
    }
    every = (series for view in snapshot.sources for series in view.source.series)
    return [series for series in every if series.place == code and series.key in keys]


def _counts_view(
    context: PageContext, title: str, series: list[Series], latest: Mapping[str, Latest] | None
) -> h.Fragment:
    if not series:
        return h.fragment[h.h2(".box-title")[title], h.p(".nothing")[context.t("personal_data.no_counts")]]
    return h.fragment[
        h.h2(".box-title")[title],
        latest is not None
        and h.dl(".facts")[
            (
                (h.dt[item.name.get(context.lang)], h.dd[_count_text(context, item, latest.get(item.key))])
                for item in series
            )
        ],
    ]


def _count_text(context: PageContext, series: Series, latest: Latest | None) -> str:
    if latest is None or latest.value is None:
        return t("common.no_value", context.lang)
    unit = unit_label(series.unit, context.lang, latest.value)
    return f"{format_number(latest.value)} {unit} · {format_moment(latest.observed)}"
