"""/quan-tri/nhat-ky: who did what when; narrowed, proven whole, handed on as JSON lines."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import htpy as h
import orjson
from flask import Blueprint, Response, request

from components.ui.i18n import catalogue
from components.ui.icons import mark
from ioc.auth import audit_log as entries
from ioc.auth.permissions import Action
from ioc.auth.principal import Principal
from ioc.domain.base.times import CITY_ZONE
from ioc.storage.access import audit_log
from ioc.storage.access.audit_log import AuditFilter, StoredAuditEntry
from ioc.web.middleware.authorization import require, requires
from ioc.web.views.admin import admin_page
from ioc.web.views.layout import PageContext, page_context
from ioc.web.views.services import Services, redirect_to
from ioc.web.views.widgets import action_button, button, choice, clean_text, field, table

BASE_PATH = "/quan-tri/nhat-ky"
_PAGE_ROWS, _EXPORT_ROWS = 100, 1000
_FILTER_FIELDS = ("ai", "viec", "ve", "ket-qua")
_RIGHT_KEYS = ("roles", "agency")  # what is told of an account
_ACTION_PREFIX = "forms.did_"
_RESULTS = (entries.DONE, entries.DENIED, entries.FAILED)
_requires_audit_log = requires(Action.READ_AUDIT_LOG)


def blueprint(services: Services) -> Blueprint:
    """Reading the trail. It is written by what is done (ioc/auth/audit_log.py), here by nothing but its own export."""
    pages = Blueprint("trail", __name__, url_prefix=BASE_PATH)

    @pages.get("")
    @_requires_audit_log
    def shown() -> Response:
        return _list_page(services, None)

    @pages.post("/kiem-tra")
    @_requires_audit_log
    def verified() -> Response:
        with services.store.read() as conn:
            found = audit_log.verify(conn)
        return _list_page(services, found)

    @pages.post("/xuat")
    @_requires_audit_log
    def exported() -> Response:
        wanted = _requested_filter()
        _record_export(services, require(Action.READ_AUDIT_LOG))
        answer = Response(_export_lines(services, wanted), mimetype="application/x-ndjson")
        answer.headers["Content-Disposition"] = 'attachment; filename="nhat-ky.jsonl"'
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @pages.get("/xuat")
    @pages.get("/kiem-tra")
    @_requires_audit_log
    def back() -> Response:
        return redirect_to(BASE_PATH)

    return pages


def _record_export(services: Services, by: Principal) -> None:
    with services.store.write() as conn:
        entries.write(conn, entries.entry_by(by, "audit-exported", _query_string()), services.clock())


def _export_lines(services: Services, filters: AuditFilter) -> Iterator[bytes]:
    """Oldest first, some at a time: a trail may be longer than the memory."""
    at = 0
    while True:
        with services.store.read() as conn:
            some = audit_log.oldest(conn, replace(filters, after_id=at), _EXPORT_ROWS)
        yield b"".join(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in some)
        if len(some) < _EXPORT_ROWS:
            return
        at = some[-1].id


def _requested_filter() -> AuditFilter:
    since, until, below = _query_day("tu"), _query_day("den"), _query_value("truoc")
    return AuditFilter(
        _query_value("ai"),
        _action_code(_query_value("viec")),
        _query_value("ve"),
        _query_value("ket-qua"),
        since=since,
        until=until + timedelta(days=1) if until else None,
        before_id=int(below) if below.isascii() and below.isdigit() and len(below) < 18 else None,
    )


def _action_code(typed: str) -> str:
    """An action as it is kept, of its code or of its words as the list has them."""
    words = (key for key, one in catalogue().items() if typed.casefold() in {said.casefold() for said in one.values()})
    return next((key.removeprefix(_ACTION_PREFIX) for key in words if key.startswith(_ACTION_PREFIX)), typed)


def _query_value(name: str) -> str:
    return clean_text(request.values.get(name, ""), 200)


def _query_day(name: str) -> datetime | None:
    """The beginning of the day 24/11/2026 in the city; None for what is no day."""
    try:
        found = datetime.strptime(_query_value(name), "%d/%m/%Y").replace(tzinfo=CITY_ZONE)
    except ValueError:
        return None
    return found if 2000 <= found.year < 2200 else None


def _query_string(**more: str) -> str:
    asked = {name: value for name in (*_FILTER_FIELDS, "tu", "den") if (value := _query_value(name))}
    return urlencode({**asked, **more})


def _list_page(services: Services, verification: audit_log.ChainVerification | None) -> Response:
    said, wanted = page_context(), _requested_filter()
    with services.store.read() as conn:
        rows = audit_log.newest(conn, wanted, _PAGE_ROWS + 1)
    heads = [said.t(f"forms.{one}") for one in ("when", "who", "what", "about", "before_after", "address", "result")]
    shown = rows[:_PAGE_ROWS]
    older = (
        len(rows) > _PAGE_ROWS
        and h.a(".tool", href=f"?{_query_string(truoc=str(shown[-1].id))}")[said.t("forms.older")]
    )
    listed = h.section(".box.form-box")[
        table(heads, (_entry_row(said, one) for one in shown), has_actions=False)
        if shown
        else h.p(".nothing")[said.t("forms.trail_none")],
        h.div(".pager")[older, wanted.before_id and h.a(".tool", href=f"?{_query_string()}")[said.t("forms.newest")]],
    ]
    return admin_page(
        said, said.t("forms.trail"), BASE_PATH, _verification_notice(said, verification), _filter_form(said), listed
    )


def _entry_row(context: PageContext, entry: StoredAuditEntry) -> list[h.Node]:
    here = entry.at.astimezone(CITY_ZONE)
    change = " → ".join(filter(None, (_change_text(context, told) for told in (entry.before, entry.after))))
    good = entry.result == entries.DONE
    result = h.span(".state")[mark("done" if good else "attention"), context.t(f"forms.result_{entry.result}")]
    return [
        h.fragment[h.span(".nowrap")[f"{here:%H:%M:%S %d/%m/%Y}"], h.small(".quiet")[f"№ {entry.id}"]],
        h.fragment[entry.actor or "–", h.small(".quiet")[kind_word(context, entry.actor_kind)]],
        action_word(context, entry.action),
        _target_text(context, entry),
        h.span(".spelt")[change or "–"],
        h.span(".nowrap")[entry.address or "–"],
        h.fragment[
            result, entry.reason and h.small(".quiet")[_word_or(context, f"forms.why_{entry.reason}", entry.reason)]
        ],
    ]


def _target_text(context: PageContext, entry: StoredAuditEntry) -> str:
    """What it was done to; a session is told from other numbers."""
    is_session = entry.action == "login" and entry.result == entries.DONE
    return context.t("forms.session_n", n=entry.target) if is_session else entry.target or "–"


def _change_text(context: PageContext, change: str) -> str:
    """`told` in words, where it is an object of JSON: an account's rights."""
    try:
        held = orjson.loads(change)
    except orjson.JSONDecodeError:
        return change
    if not isinstance(held, dict):
        return change
    return "; ".join(_right_text(context, key, one) for key, one in held.items() if one not in ("", []))


def _right_text(context: PageContext, key: str, value: Any) -> str:
    """One of an account's rights in words; what is called otherwise as it is."""
    if key == "roles" and isinstance(value, list):
        value = ", ".join(_word_or(context, f"forms.role_{one}", str(one)) for one in value)
    return f"{context.t(f'forms.{key}') if key in _RIGHT_KEYS else key}: {value}"


def kind_word(context: PageContext, kind: str) -> str:
    """Its word, as it is where it has none."""
    return _word_or(context, f"forms.kind_{kind}", kind)


def action_word(context: PageContext, action: str) -> h.Node:
    """What was done, in words, and as programs find it."""
    return h.fragment[_word_or(context, f"forms.did_{action}", action), h.small(".quiet")[action]]


def _word_or(context: PageContext, key: str, fallback: str) -> str:
    return context.t(key) if key in catalogue() else fallback


def _verification_notice(context: PageContext, verification: audit_log.ChainVerification | None) -> h.Element | None:
    """What the check of the whole chain has found."""
    if verification is None:
        return None
    parts = {"rows": verification.row_count, "head": verification.head.hash[:16], "id": verification.head.id}
    if verification.first_bad_id is None:
        return h.div(".said.said-done", role="status")[mark("done"), h.p[context.t("forms.trail_whole", **parts)]]
    text = context.t(
        "forms.trail_broken", row=verification.first_bad_id, fault=context.t(f"forms.fault_{verification.fault}")
    )
    return h.div(".said.said-wrong", role="alert")[mark("critical"), h.p[text]]


def _filter_form(context: PageContext) -> h.Element:
    """Reading is no writing: the filter is an address that can be kept."""
    keys = {"ai": "who", "viec": "what", "ve": "about"}
    lines = [
        field(context.t(f"forms.{key}"), name, _query_value(name), is_required=False) for name, key in keys.items()
    ]
    days = [
        field(
            context.t(f"forms.{key}"),
            name,
            _query_value(name),
            is_required=False,
            placeholder="24/11/2026",
            inputmode="numeric",
        )
        for name, key in (("tu", "from_day"), ("den", "to_day"))
    ]
    results = [("", context.t("forms.result_any")), *((one, context.t(f"forms.result_{one}")) for one in _RESULTS)]
    lines.append(choice(context.t("forms.result"), "ket-qua", results, _query_value("ket-qua")))
    kept = {name: _query_value(name) for name in (*_FILTER_FIELDS, "tu", "den")}
    bad = ", ".join(_query_value(name) for name in ("tu", "den") if _query_value(name) and _query_day(name) is None)
    return h.section(".box.form-box")[
        bad and h.div(".said.said-wrong", role="alert")[mark("late"), h.p[context.t("forms.day_bad", text=bad)]],
        h.form(".form", method="get", action=BASE_PATH)[
            h.div(".form-fields")[lines, days], h.div(".form-row")[button(context.t("forms.narrow"), is_primary=True)]
        ],
        h.div(".form-row")[
            action_button(f"{BASE_PATH}/kiem-tra", context.t("forms.trail_verify"), hidden=kept),
            action_button(f"{BASE_PATH}/xuat", context.t("forms.trail_export"), hidden=kept),
        ],
    ]  # fmt: skip
