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
from ioc.auth.principal import Visitor
from ioc.domain.base.times import CITY
from ioc.storage.access import audit_log
from ioc.storage.access.audit_log import Line, Wanted
from ioc.web.middleware.authorization import demand, names
from ioc.web.views.admin import admin_page
from ioc.web.views.layout import Words, words
from ioc.web.views.services import Office, to
from ioc.web.views.widgets import act, button, choice, field, table, text

HERE = "/quan-tri/nhat-ky"
_PAGE, _EXPORTED = 100, 1000
_TEXTS = ("ai", "viec", "ve", "ket-qua")
_RIGHTS = ("roles", "agency")  # what is told of an account
_DID = "forms.did_"
_RESULTS = (entries.DONE, entries.REFUSED, entries.FAILED)
_READS = names(Action.TRAIL)


def blueprint(office: Office) -> Blueprint:
    """Reading the trail. It is written by what is done (ioc/auth/audit_log.py), here by nothing but its own export."""
    pages = Blueprint("trail", __name__, url_prefix=HERE)

    @pages.get("")
    @_READS
    def shown() -> Response:
        return _list(office, None)

    @pages.post("/kiem-tra")
    @_READS
    def verified() -> Response:
        with office.store.read() as conn:
            found = audit_log.verify(conn)
        return _list(office, found)

    @pages.post("/xuat")
    @_READS
    def exported() -> Response:
        wanted = _wanted()
        _note(office, demand(Action.TRAIL))
        answer = Response(_lines(office, wanted), mimetype="application/x-ndjson")
        answer.headers["Content-Disposition"] = 'attachment; filename="nhat-ky.jsonl"'
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @pages.get("/xuat")
    @pages.get("/kiem-tra")
    @_READS
    def back() -> Response:
        return to(HERE)

    return pages


def _note(office: Office, by: Visitor) -> None:
    with office.store.write() as conn:
        entries.write(conn, entries.by(by, "trail-exported", _query()), office.clock())


def _lines(office: Office, wanted: Wanted) -> Iterator[bytes]:
    """Oldest first, some at a time: a trail may be longer than the memory."""
    at = 0
    while True:
        with office.store.read() as conn:
            some = audit_log.oldest(conn, replace(wanted, above=at), _EXPORTED)
        yield b"".join(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in some)
        if len(some) < _EXPORTED:
            return
        at = some[-1].id


def _wanted() -> Wanted:
    since, until, below = _day("tu"), _day("den"), _arg("truoc")
    return Wanted(
        _arg("ai"), _code(_arg("viec")), _arg("ve"), _arg("ket-qua"), since=since,
        until=until + timedelta(days=1) if until else None,
        below=int(below) if below.isascii() and below.isdigit() and len(below) < 18 else None,
    )  # fmt: skip


def _code(typed: str) -> str:
    """An action as it is kept, of its code or of its words as the list has them."""
    words = (key for key, one in catalogue().items() if typed.casefold() in {said.casefold() for said in one.values()})
    return next((key.removeprefix(_DID) for key in words if key.startswith(_DID)), typed)


def _arg(name: str) -> str:
    return text(request.values.get(name, ""), 200)


def _day(name: str) -> datetime | None:
    """The beginning of the day 24/11/2026 in the city; None for what is no day."""
    try:
        found = datetime.strptime(_arg(name), "%d/%m/%Y").replace(tzinfo=CITY)
    except ValueError:
        return None
    return found if 2000 <= found.year < 2200 else None


def _query(**more: str) -> str:
    asked = {name: value for name in (*_TEXTS, "tu", "den") if (value := _arg(name))}
    return urlencode({**asked, **more})


def _list(office: Office, found: audit_log.Verified | None) -> Response:
    said, wanted = words(), _wanted()
    with office.store.read() as conn:
        rows = audit_log.newest(conn, wanted, _PAGE + 1)
    heads = [said.say(f"forms.{one}") for one in ("when", "who", "what", "about", "before_after", "address", "result")]
    shown = rows[:_PAGE]
    older = len(rows) > _PAGE and h.a(".tool", href=f"?{_query(truoc=str(shown[-1].id))}")[said.say("forms.older")]
    listed = h.section(".box.form-box")[
        table(heads, (_row(said, one) for one in shown), last_acts=False)
        if shown
        else h.p(".nothing")[said.say("forms.trail_none")],
        h.div(".pager")[older, wanted.below and h.a(".tool", href=f"?{_query()}")[said.say("forms.newest")]],
    ]
    return admin_page(said, said.say("forms.trail"), HERE, _told(said, found), _narrowing(said), listed)


def _row(said: Words, one: Line) -> list[h.Node]:
    here = one.at.astimezone(CITY)
    change = " → ".join(filter(None, (_spelt(said, told) for told in (one.before, one.after))))
    good = one.result == entries.DONE
    result = h.span(".state")[mark("done" if good else "attention"), said.say(f"forms.result_{one.result}")]
    return [
        h.fragment[h.span(".nowrap")[f"{here:%H:%M:%S %d/%m/%Y}"], h.small(".quiet")[f"№ {one.id}"]],
        h.fragment[one.who or "–", h.small(".quiet")[kind_word(said, one.kind)]], action_word(said, one.action),
        _about(said, one),
        h.span(".spelt")[change or "–"],
        h.span(".nowrap")[one.address or "–"],
        h.fragment[result, one.why and h.small(".quiet")[_worded(said, f"forms.why_{one.why}", one.why)]],
    ]  # fmt: skip


def _about(said: Words, one: Line) -> str:
    """What it was done to; a session is told from other numbers."""
    return said.say("forms.session_n", n=one.about) if one.action == "signed-in" else one.about or "–"


def _spelt(said: Words, told: str) -> str:
    """`told` in words, where it is an object of JSON: an account's rights."""
    try:
        held = orjson.loads(told)
    except orjson.JSONDecodeError:
        return told
    if not isinstance(held, dict):
        return told
    return "; ".join(_right(said, key, one) for key, one in held.items() if one not in ("", []))


def _right(said: Words, key: str, value: Any) -> str:
    """One of an account's rights in words; what is called otherwise as it is."""
    if key == "roles" and isinstance(value, list):
        value = ", ".join(_worded(said, f"forms.role_{one}", str(one)) for one in value)
    return f"{said.say(f'forms.{key}') if key in _RIGHTS else key}: {value}"


def kind_word(said: Words, kind: str) -> str:
    """Its word, as it is where it has none."""
    return _worded(said, f"forms.kind_{kind}", kind)


def action_word(said: Words, action: str) -> h.Node:
    """What was done, in words, and as programs find it."""
    return h.fragment[_worded(said, f"forms.did_{action}", action), h.small(".quiet")[action]]


def _worded(said: Words, key: str, otherwise: str) -> str:
    return said.say(key) if key in catalogue() else otherwise


def _told(said: Words, found: audit_log.Verified | None) -> h.Element | None:
    """What the check of the whole chain has found."""
    if found is None:
        return None
    parts = {"rows": found.rows, "head": found.head.hash[:16], "id": found.head.id}
    if found.broken is None:
        return h.div(".said.said-done", role="status")[mark("done"), h.p[said.say("forms.trail_whole", **parts)]]
    text = said.say("forms.trail_broken", row=found.broken, fault=said.say(f"forms.fault_{found.fault}"))
    return h.div(".said.said-wrong", role="alert")[mark("critical"), h.p[text]]


def _narrowing(said: Words) -> h.Element:
    """Reading is no writing: the filter is an address that can be kept."""
    keys = {"ai": "who", "viec": "what", "ve": "about"}
    lines = [field(said.say(f"forms.{key}"), name, _arg(name), need=False) for name, key in keys.items()]
    days = [field(said.say(f"forms.{key}"), name, _arg(name), need=False, placeholder="24/11/2026", inputmode="numeric")
            for name, key in (("tu", "from_day"), ("den", "to_day"))]  # fmt: skip
    results = [("", said.say("forms.result_any")), *((one, said.say(f"forms.result_{one}")) for one in _RESULTS)]
    lines.append(choice(said.say("forms.result"), "ket-qua", results, _arg("ket-qua")))
    kept = {name: _arg(name) for name in (*_TEXTS, "tu", "den")}
    bad = ", ".join(_arg(name) for name in ("tu", "den") if _arg(name) and _day(name) is None)
    return h.section(".box.form-box")[
        bad and h.div(".said.said-wrong", role="alert")[mark("late"), h.p[said.say("forms.day_bad", text=bad)]],
        h.form(".form", method="get", action=HERE)[
            h.div(".form-fields")[lines, days], h.div(".form-row")[button(said.say("forms.narrow"), main=True)]
        ],
        h.div(".form-row")[
            act(f"{HERE}/kiem-tra", said.say("forms.trail_verify"), hidden=kept),
            act(f"{HERE}/xuat", said.say("forms.trail_export"), hidden=kept),
        ],
    ]  # fmt: skip
