"""/quan-tri/nhat-ky: the audit log: filtered, verified, exported as JSON lines."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import htpy as h
import orjson
from flask import Blueprint, Response, request

from components.ui.error_messages import describe
from components.ui.i18n import catalogue
from components.ui.icons import mark
from ioc.auth import audit_log as entries
from ioc.domain.access.permissions import Action
from ioc.domain.base.times import CITY_ZONE
from ioc.storage.access.audit_log import AuditFilter, ChainVerification, StoredAuditEntry
from ioc.web.middleware.authorization import current_principal, requires
from ioc.web.views.admin import admin_page
from ioc.web.views.layout import PageContext, page_context
from ioc.web.views.services import Services, redirect_to
from ioc.web.views.widgets import action_button, button, choice, clean_text, field, table

BASE_PATH = "/quan-tri/nhat-ky"
_PAGE_ROWS = 100
_FILTER_FIELDS = ("ai", "viec", "ve", "ket-qua")
_RIGHT_KEYS = ("roles", "agency")  # of an account, as audited
_ACTION_PREFIX = "audit_log.did_"
_RESULTS = (entries.DONE, entries.DENIED, entries.FAILED)
_requires_audit_log = requires(Action.READ_AUDIT_LOG)


def blueprint(services: Services) -> Blueprint:
    """Reading the audit log. Entries are written by the acts themselves; here only the export is one."""
    pages = Blueprint("audit_log", __name__, url_prefix=BASE_PATH)

    @pages.get("")
    @_requires_audit_log
    def show() -> Response:
        return _list_page(services, None)

    @pages.post("/kiem-tra")
    @_requires_audit_log
    def verify() -> Response:
        return _list_page(services, services.auth.audit.verify(current_principal()))

    @pages.post("/xuat")
    @_requires_audit_log
    def export() -> Response:
        batches = services.auth.audit.export(_requested_filter(), _query_string(), current_principal())
        lines = (b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in batch) for batch in batches)
        response = Response(lines, mimetype="application/x-ndjson")
        response.headers["Content-Disposition"] = 'attachment; filename="nhat-ky.jsonl"'
        response.headers["Cache-Control"] = "no-store"
        return response

    @pages.get("/xuat")
    @pages.get("/kiem-tra")
    @_requires_audit_log
    def redirect_to_list() -> Response:
        return redirect_to(BASE_PATH)

    return pages


def _requested_filter() -> AuditFilter:
    since, until, before = _query_day("tu"), _query_day("den"), _query_value("truoc")
    return AuditFilter(
        _query_value("ai"),
        _action_code(_query_value("viec")),
        _query_value("ve"),
        _query_value("ket-qua"),
        since=since,
        until=until + timedelta(days=1) if until else None,
        before_id=int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None,
    )


def _action_code(typed: str) -> str:
    """The action as stored, for its words in either language; anything else as it was typed."""
    for key, texts in catalogue().items():
        if key.startswith(_ACTION_PREFIX) and typed.casefold() in {text.casefold() for text in texts.values()}:
            return key.removeprefix(_ACTION_PREFIX)
    return typed


def _query_value(name: str) -> str:
    return clean_text(request.values.get(name, ""), 200)


def _query_day(name: str) -> datetime | None:
    """Midnight in the city of a day written as 24/11/2026; None for what is no day."""
    try:
        day = datetime.strptime(_query_value(name), "%d/%m/%Y").replace(tzinfo=CITY_ZONE)
    except ValueError:
        return None
    return day if 2000 <= day.year < 2200 else None


def _query_string(**more: str) -> str:
    fields = {name: value for name in (*_FILTER_FIELDS, "tu", "den") if (value := _query_value(name))}
    return urlencode({**fields, **more})


def _list_page(services: Services, verification: ChainVerification | None) -> Response:
    context, filters = page_context(), _requested_filter()
    rows = services.auth.audit.newest(filters, _PAGE_ROWS + 1, context.principal)
    columns = ("when", "who", "what", "about", "before_after", "address", "result")
    heads = [context.t(f"audit_log.{column}") for column in columns]
    shown = rows[:_PAGE_ROWS]
    older = (
        len(rows) > _PAGE_ROWS
        and h.a(".tool", href=f"?{_query_string(truoc=str(shown[-1].id))}")[context.t("audit_log.older")]
    )
    listed = h.section(".box.form-box")[
        table(heads, (_entry_row(context, row) for row in shown), has_actions=False)
        if shown
        else h.p(".nothing")[context.t("audit_log.none")],
        h.div(".pager")[
            older, filters.before_id and h.a(".tool", href=f"?{_query_string()}")[context.t("audit_log.newest")]
        ],
    ]
    return admin_page(
        context,
        context.t("audit_log.title"),
        BASE_PATH,
        _verification_notice(context, verification),
        _filter_form(context),
        listed,
    )


def _entry_row(context: PageContext, entry: StoredAuditEntry) -> list[h.Node]:
    local_time, failure = entry.at.astimezone(CITY_ZONE), entries.failure_of(entry)
    states = (entry.before, entry.after if failure is None else "")
    change = " → ".join(filter(None, (_change_text(context, state) for state in states)))
    sign = "done" if entry.result == entries.DONE else "attention"
    result = h.span(".state")[mark(sign), context.t(f"audit_log.result_{entry.result}")]
    return [
        h.fragment[h.span(".nowrap")[f"{local_time:%H:%M:%S %d/%m/%Y}"], h.small(".quiet")[f"№ {entry.id}"]],
        h.fragment[entry.actor or "–", h.small(".quiet")[kind_word(context, entry.actor_kind)]],
        action_word(context, entry.action),
        _target_text(context, entry),
        h.span(".spelt")[change or "–"],
        h.span(".nowrap")[entry.address or "–"],
        h.fragment[result, entry.reason and h.small(".quiet")[_reason_text(context, entry)]],
    ]


def _reason_text(context: PageContext, entry: StoredAuditEntry) -> str:
    """The text of a failure, as the denied request showed it; the words of any other reason."""
    failure = entries.failure_of(entry)
    if failure is not None and f"errors.{failure.code}" in catalogue():
        return describe(failure, context.lang)
    return _word_or(context, f"audit_log.why_{entry.reason}", entry.reason)


def _target_text(context: PageContext, entry: StoredAuditEntry) -> str:
    """The object of the act; the number of a session is marked as one."""
    is_session = entry.action == "login" and entry.result == entries.DONE
    return context.t("audit_log.session_n", n=entry.target) if is_session else entry.target or "–"


def _change_text(context: PageContext, change: str) -> str:
    """A state in words where it is a JSON object: an account's rights."""
    try:
        state = orjson.loads(change)
    except orjson.JSONDecodeError:
        return change
    if not isinstance(state, dict):
        return change
    return "; ".join(_right_text(context, key, value) for key, value in state.items() if value not in ("", []))


def _right_text(context: PageContext, key: str, value: Any) -> str:
    if key == "roles" and isinstance(value, list):
        value = ", ".join(_word_or(context, f"views.role_{role}", str(role)) for role in value)
    return f"{context.t(f'views.{key}') if key in _RIGHT_KEYS else key}: {value}"


def kind_word(context: PageContext, kind: str) -> str:
    """The words of a principal kind; an unknown one as it is."""
    return _word_or(context, f"audit_log.kind_{kind}", kind)


def action_word(context: PageContext, action: str) -> h.Node:
    """An action in words, and as stored."""
    return h.fragment[_word_or(context, f"audit_log.did_{action}", action), h.small(".quiet")[action]]


def _word_or(context: PageContext, key: str, fallback: str) -> str:
    return context.t(key) if key in catalogue() else fallback


def _verification_notice(context: PageContext, verification: ChainVerification | None) -> h.Element | None:
    """The result of the verification of the hash chain."""
    if verification is None:
        return None
    parts = {"rows": verification.row_count, "head": verification.head.hash[:16], "id": verification.head.id}
    if verification.first_bad_id is None:
        return h.div(".said.said-done", role="status")[mark("done"), h.p[context.t("audit_log.intact", **parts)]]
    fault = context.t(f"audit_log.fault_{verification.fault}")
    text = context.t("audit_log.tampered", row=verification.first_bad_id, fault=fault)
    return h.div(".said.said-wrong", role="alert")[mark("critical"), h.p[text]]


def _filter_form(context: PageContext) -> h.Element:
    """A GET form: a filtered list has an address that can be bookmarked."""
    keys = {"ai": "who", "viec": "what", "ve": "about"}
    lines = [
        field(context.t(f"audit_log.{key}"), name, _query_value(name), is_required=False) for name, key in keys.items()
    ]
    days = [
        field(
            context.t(f"audit_log.{key}"),
            name,
            _query_value(name),
            is_required=False,
            placeholder="24/11/2026",
            inputmode="numeric",
        )
        for name, key in (("tu", "from_day"), ("den", "to_day"))
    ]
    results = [
        ("", context.t("audit_log.result_any")),
        *((result, context.t(f"audit_log.result_{result}")) for result in _RESULTS),
    ]
    lines.append(choice(context.t("audit_log.result"), "ket-qua", results, _query_value("ket-qua")))
    hidden = {name: _query_value(name) for name in (*_FILTER_FIELDS, "tu", "den")}
    invalid = ", ".join(_query_value(name) for name in ("tu", "den") if _query_value(name) and _query_day(name) is None)
    return h.section(".box.form-box")[
        invalid
        and h.div(".said.said-wrong", role="alert")[mark("late"), h.p[context.t("audit_log.day_bad", text=invalid)]],
        h.form(".form", method="get", action=BASE_PATH)[
            h.div(".form-fields")[lines, days],
            h.div(".form-row")[button(context.t("audit_log.narrow"), is_primary=True)],
        ],
        h.div(".form-row")[
            action_button(f"{BASE_PATH}/kiem-tra", context.t("audit_log.verify"), hidden=hidden),
            action_button(f"{BASE_PATH}/xuat", context.t("audit_log.export"), hidden=hidden),
        ],
    ]  # fmt: skip
