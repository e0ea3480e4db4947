"""The audit log in words: rows of the table, the panel of one entry, records of an exported table."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import parse_qsl

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from components.access.act_words import fact_label, fact_value
from components.ui.dialogs import facts
from components.ui.error_messages import describe
from components.ui.export_table import Cell, CellKind, ExportColumn, heads
from components.ui.forms import NONE, Option, date_field, options_of, select_field, text_field
from components.ui.i18n import catalogue, t
from components.ui.page_bar import filter_group
from components.ui.table import CellText, Column, cell, sign_and_text
from ioc.domain.access.audit_object import AuditObject, AuditObjectKind, audit_object
from ioc.domain.access.principal import PrincipalKind
from ioc.domain.base.failure import Failure
from ioc.domain.base.text_cache import cache_short_texts
from ioc.domain.base.times import CITY_ZONE

# The fields of the filter, in the order of the parameters of an address (ioc/auth/audit_review.py).
ACTOR, ACTION, TARGET, RESULT = "audit-actor", "audit-action", "audit-target", "audit-result"
SINCE, UNTIL = "audit-since", "audit-until"
FILTER_FIELDS = (ACTOR, ACTION, TARGET, RESULT, SINCE, UNTIL)
DAYS = (SINCE, UNTIL)
_RIGHT_KEYS = ("roles", "agency")  # of an account, as audited
_ACTION_PREFIX = "audit_log.did_"
_DONE = "success"
_WRONG_AT_LOGIN = ("login", "auth.password_wrong")  # whose text is about the current password of who is signed in
_CALLBACK_PATH = "/_dash-update-component"
# Those of the table in its order, then what the panel of an entry shows besides.
_RECORD_COLUMNS = {
    "when": CellKind.MOMENT,
    **dict.fromkeys(("result", "who", "what", "about", "reason", "address"), CellKind.TEXT),
    "number": CellKind.NUMBER,
    **dict.fromkeys(("who_kind", "what_code", "about_code", "before", "after"), CellKind.TEXT),
}  # fmt: skip


NamesOf = Callable[[Collection[AuditObject], str], Mapping[AuditObject, tuple[str, ...]]]


class AuditView(Protocol):
    """What is shown of an entry."""

    @property
    def id(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def actor(self) -> str: ...
    @property
    def actor_kind(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def target(self) -> str: ...
    @property
    def before(self) -> str: ...
    @property
    def after(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def result(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def detail(self) -> str | None: ...
    @property
    def hash(self) -> str: ...


def columns(lang: str) -> list[Column]:
    """The columns of the table; the fields of those that sort are columns of the log."""
    return [
        Column("number", t("audit_log.when", lang), 2, 120),
        Column("result", t("audit_log.result", lang), 2, 125),
        Column("actor", t("audit_log.who", lang), 2, 130),
        Column("action", t("audit_log.what", lang), 3, 190),
        Column("target", t("audit_log.about", lang), 3, 150),
        Column("reason", t("audit_log.reason", lang), 3, 170, is_sortable=False),
        Column("address", t("audit_log.address", lang), 2, 125),
        Column("open", t("audit_log.details", lang), 1, 95, is_action=True),
    ]


def row(entry: AuditView, failure: Failure | None, about: str, lang: str) -> Mapping[str, object]:
    """A row of the table. `failure`: why the act was denied. `about`: the object in words."""
    return {
        "id": entry.id,
        "number": moment_text(entry.at),
        "actor": actor_text(entry, lang),
        "action": cell(action_word(entry.action, lang), title=entry.action),
        "target": cell(about, title=entry.target),
        "result": result_cell(entry, lang),
        "reason": reason_text(entry, failure, lang),
        "address": entry.address,
        "open": cell(t("views.open", lang), act=str(entry.id)),
    }


def entry_facts(entry: AuditView, failure: Failure | None, about: str, lang: str) -> Component:
    """The panel of one entry. `about`: the object in words."""
    rows: dict[str, str | Component] = {
        "number": str(entry.id),
        "when": moment_text(entry.at),
        "who": entry.actor,
        "who_kind": kind_word(entry.actor_kind, lang),
        "what": f"{action_word(entry.action, lang)} ({entry.action})",
        "about": about,
        "about_code": entry.target,
        "before": change_text(entry.before, lang),
        "after": change_text(entry.after if failure is None else "", lang),
        "address": entry.address,
        "result": sign_and_text(result_cell(entry, lang)),
        "reason": reason_text(entry, failure, lang),
        **({"detail": entry.detail} if entry.detail else {}),
        "hash": entry.hash,
    }
    return facts([(t(f"audit_log.{key}", lang), value or "–") for key, value in rows.items()])


def record_columns(lang: str) -> list[ExportColumn]:
    """The columns of an exported table of entries."""
    return heads(_RECORD_COLUMNS, lang, "audit_log")


def record(entry: AuditView, failure: Failure | None, about: str, lang: str) -> list[Cell]:
    """The cells of an entry in an exported table, as `record_columns` names them. `about`: the object in words."""
    return [
        entry.at, t(f"audit_log.result_{entry.result}", lang), actor_text(entry, lang),
        action_word(entry.action, lang), about, reason_text(entry, failure, lang), entry.address,
        entry.id, kind_word(entry.actor_kind, lang), entry.action, entry.target,
        change_text(entry.before, lang), change_text(entry.after if failure is None else "", lang),
    ]  # fmt: skip


def moment_text(at: datetime) -> str:
    """To the second, local time."""
    return f"{at.astimezone(CITY_ZONE):%H:%M:%S %d/%m/%Y}"


def result_cell(entry: AuditView, lang: str) -> CellText:
    """The result: sign and word."""
    is_done = entry.result == _DONE
    kind = "normal" if is_done else "attention"
    return cell(t(f"audit_log.result_{entry.result}", lang), sign="●" if is_done else "▲", kind=kind)


def reason_text(entry: AuditView, failure: Failure | None, lang: str) -> str:
    """The text of a failure, as the denied request showed it; the words of any other reason."""
    if failure is not None and (entry.action, failure.code) == _WRONG_AT_LOGIN:
        return t("audit_log.why_login", lang)
    if failure is not None and f"errors.{failure.code}" in catalogue():
        return describe(failure, lang)
    return _word_or(f"audit_log.why_{entry.reason}", entry.reason, lang)


def actor_text(entry: AuditView, lang: str) -> str:
    """Who acted; the kind where nobody is known, as of a command of this machine; both for who was not let in."""
    kind = kind_word(entry.actor_kind, lang)
    if not entry.actor or entry.actor_kind == PrincipalKind.SHELL:
        return kind
    return f"{entry.actor} ({kind})" if entry.actor_kind == PrincipalKind.ANONYMOUS else entry.actor


def objects_in_words(entries: Sequence[AuditView], names_of: NamesOf, lang: str) -> dict[int, str]:
    """By the number of an entry, what it is about. `names_of`: see AuditNames."""
    objects = {entry.id: audit_object(entry.action, entry.target, is_done=entry.result == _DONE) for entry in entries}
    names = names_of(set(objects.values()), lang)
    return {number: object_text(about, names[about], lang) for number, about in objects.items()}


def object_text(about: AuditObject, names: Sequence[str], lang: str) -> str:
    """The object in words. `names`: of its keys, "" for one that is not known, which is then shown itself."""
    if about.kind is AuditObjectKind.OTHER:
        return about.keys[0]
    if about.kind is AuditObjectKind.FILTER:
        return _filter_text(about.keys[0], lang)
    if about.kind is AuditObjectKind.REQUEST:
        return _request_text(about.keys, names, lang)
    parts = [name or key for name, key in zip(names, about.keys, strict=True)]
    if about.kind is AuditObjectKind.ACCOUNT and names[0] not in ("", about.keys[0]):
        parts = [f"{about.keys[0]} – {names[0]}"]
    if about.kind is AuditObjectKind.TASK:
        parts[1] = parts[1].removeprefix("nv-")
    return t(f"audit_log.object_{about.kind.value}", lang, **dict(zip(("name", "second"), parts, strict=False)))


def _request_text(keys: Sequence[str], names: Sequence[str], lang: str) -> str:
    """What was denied: an act on a page, whose code tells nothing, by the name of the page where that is known."""
    path = t("audit_log.object_act", lang) if keys[1] == _CALLBACK_PATH else keys[1]
    path = t("audit_log.object_act_on", lang, page=names[1]) if names[1] else path
    return " · ".join(filter(None, (names[0] or keys[0], path)))


def _filter_text(query: str, lang: str) -> str:
    """The filter of an exported log, by the labels of its fields."""
    labels = {"ai": "who", "viec": "what", "ve": "about", "ket-qua": "result", "tu": "from_day", "den": "to_day"}
    words = {"viec": _ACTION_PREFIX, "ket-qua": "audit_log.result_"}
    parts = [
        f"{t(f'audit_log.{labels[name]}', lang)}: {_word_or(words.get(name, '') + value, value, lang)}"
        for name, value in parse_qsl(query)
        if name in labels
    ]
    return "; ".join(parts) or t("audit_log.object_everything", lang)


@cache_short_texts(1024)  # an export asks for the same few again and again
def change_text(change: str, lang: str) -> str:
    """A state in words where it is a JSON object: an account's rights, what an act on a task states."""
    try:
        state = json.loads(change)
    except ValueError:
        return change
    if not isinstance(state, dict):
        return change
    return "; ".join(_right_text(key, value, lang) for key, value in state.items() if value not in ("", []))


def _right_text(key: str, value: Any, lang: str) -> str:
    if key == "roles" and isinstance(value, list):
        value = ", ".join(_word_or(f"views.role_{role}", str(role), lang) for role in value)
    if key in _RIGHT_KEYS:
        return f"{t(f'views.{key}', lang)}: {value}"
    return f"{fact_label(key, lang)}: {fact_value(key, value, lang)}"


def kind_word(kind: str, lang: str) -> str:
    """The words of a principal kind; an unknown one as it is."""
    return _word_or(f"audit_log.kind_{kind}", kind, lang)


def action_word(action: str, lang: str) -> str:
    """The words of an action; an unknown one as it is."""
    return _word_or(f"{_ACTION_PREFIX}{action}", action, lang)


@cache_short_texts(1024)
def _word_or(key: str, fallback: str, lang: str) -> str:
    return t(key, lang) if key in catalogue() else fallback


def filter_form(values: Mapping[str, str], results: tuple[str, ...], lang: str) -> Component:
    """The fields of the filter. `values`: by the parameters of the address, in the order of FILTER_FIELDS."""
    actor, action, target, result, since, until = values.values()
    outcomes = [(NONE, t("audit_log.any", lang)), *((each, t(f"audit_log.result_{each}", lang)) for each in results)]
    return filter_group(
        "audit",
        _words_field(ACTOR, t("audit_log.who", lang), actor),
        select_field(ACTION, t("audit_log.what", lang), options_of(_action_options(action, lang)), action or NONE),
        _words_field(TARGET, t("audit_log.about", lang), target, t("audit_log.about_hint", lang)),
        select_field(RESULT, t("audit_log.result", lang), options_of(outcomes), result if result in results else NONE),
        date_field(SINCE, t("audit_log.from_day", lang), lang, since, is_debounced=True),
        date_field(UNTIL, t("audit_log.to_day", lang), lang, until, is_debounced=True),
        lang=lang,
    )  # fmt: skip


def _words_field(field: str, label: str, value: str, hint: str = "") -> Component:
    return text_field(field, label, value, hint=hint, is_required=False, is_debounced=True)


def _action_options(current: str, lang: str) -> list[Option]:
    """All actions by their words; those of equal words are told apart by their codes. `current`: kept if unknown."""
    known = [key.removeprefix(_ACTION_PREFIX) for key in catalogue() if key.startswith(_ACTION_PREFIX)]
    codes = {*known, current} - {""}
    words = {code: action_word(code, lang) for code in codes}
    counts = list(words.values())
    options = [(code, text if counts.count(text) == 1 else f"{text} ({code})") for code, text in words.items()]
    return [(NONE, t("audit_log.any", lang)), *sorted(options, key=lambda option: option[1])]


def verification_notice(text: str, *, is_intact: bool) -> dbc.Alert:
    """The result of the verification of the hash chain."""
    return dbc.Alert(html.P(text, className="mb-0"), color="success" if is_intact else "danger")
