"""The page around every form: the shell's look, one person's words, and no script at all."""

from dataclasses import dataclass
from functools import cache
from urllib.parse import urlencode

import htpy as h
from flask import Response, current_app, request
from markupsafe import Markup
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from components.screens.shell import rail
from components.ui.i18n import LANGS, say
from components.ui.icons import icon
from ioc.auth.permissions import Action, may
from ioc.auth.principal import Kind, Visitor
from ioc.web.live import stylesheets
from ioc.web.live.favicon import ICON
from ioc.web.middleware.authentication import who

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_KEPT = ("ky", "tiep")  # fields of forms that belong to the address of their page


@dataclass(frozen=True, slots=True)
class Words:
    """For whom a page is drawn, and in which language and theme."""

    visitor: Visitor
    lang: str
    theme: str

    def say(self, key: str, **parts: object) -> str:
        """The message `key` in this language."""
        return say(key, self.lang, **parts)


def words() -> Words:
    """Of the request at hand."""
    lang = request.args.get("lang") or request.cookies.get("lang", "")
    theme = request.args.get("theme") or request.cookies.get("theme", "")
    return Words(
        who(request.environ), lang if lang in LANGS else LANGS[0], theme if theme in ("dark", "light") else "dark"
    )


def page(
    title: str, *body: h.Node, status: int = 200, bare: bool = False, refresh: str = "", here: str = ""
) -> Response:
    """A whole page. `bare`: without the rail. `refresh`: of a meta element. `here`: the rail's entry it belongs to."""
    said = words()
    head = h.head[
        h.meta(charset="utf-8"),
        h.meta(name="viewport", content="width=device-width, initial-scale=1"),
        refresh and h.meta(http_equiv="refresh", content=refresh),
        h.title[f"{title} · IOC"],
        Markup(ICON),  # nosec B704
        h.link(rel="stylesheet", href=stylesheets.forms()[0]),
    ]
    stage = h.div(".stage")[_header(said, title, bare, status), h.main(".page.forms")[list(body)]]
    inside: list[h.Node] = [stage] if bare else [_rail(said.lang, here), stage]
    shell = h.div(class_=["shell", "shell-forms", "is-bare" if bare else ""])[inside]
    can = " ".join(one for one in Action if may(said.visitor, one))
    whole = h.html(lang=said.lang, data_theme=said.theme, data_can=can)[head, h.body[shell]]
    return _closed(Response(str(whole), status, mimetype="text/html"), said)


@cache
def _rail(lang: str, here: str) -> Markup:
    """Drawn once: it is the same for everybody, and half the work of a page that says no."""
    return Markup(str(h.nav(".rail")[rail(lang, here)]))  # nosec B704


def _header(said: Words, title: str, bare: bool, status: int) -> h.Element:
    other = next(one for one in LANGS if one != said.lang)
    speak = say("shell.other_language", said.lang)
    return h.header(".head")[
        h.div(".head-title")[
            h.span(".head-centre")[say("common.centre", said.lang)],
            h.h1(".head-page")[title],
        ],
        h.div(".head-tools")[
            # What is shown once, in the answer to a form, has no address; nobody may lose it by a press.
            (request.method == "GET" or status >= 400)
            and h.a(".tool", href=_again(other), hreflang=other, lang=other, title=speak)[
                icon("language"), h.span[speak]
            ],
            said.visitor.kind is Kind.PERSON and not bare and me(said),
        ],
    ]


def _again(lang: str) -> str:
    """The address of this page in `lang`; of an answer to a form, of the page that the form stands on."""
    if request.method == "GET":
        return f"?{urlencode({**request.args, 'lang': lang})}"
    return f"{_read_at(request.path)}?{urlencode({**request.args, **_sent(), 'lang': lang})}"


def _sent() -> dict[str, str]:
    """What the form told of its page's address; nothing of one that was too large to be read."""
    try:
        return {name: value for name in _KEPT if (value := request.form.get(name))}
    except RequestEntityTooLarge:
        return {}


def _read_at(path: str) -> str:
    """The nearest address above `path`, or itself, at which a page is read."""
    routes = current_app.url_map.bind_to_environ(request.environ)
    while path.count("/") > 1:
        try:
            endpoint, _ = routes.match(path, method="GET")
        except HTTPException:
            endpoint = ""
        if "." in endpoint:  # a form's: Dash's own answers to every path
            return path
        path = path.rpartition("/")[0]
    return path


def me(said: Words) -> h.Element:
    """Who is signed in; leads to the own account."""
    return h.a(".tool.tool-me", href="/tai-khoan")[icon("person"), h.span[said.visitor.shown or said.visitor.name]]


def _closed(answer: Response, said: Words) -> Response:
    """One person's page is kept nowhere, runs nothing, and remembers the language that was chosen by hand."""
    answer.headers["Content-Security-Policy"] = _POLICY
    answer.headers["Cache-Control"] = "no-store"
    if request.args.get("lang") == said.lang and request.cookies.get("lang") != said.lang:
        answer.set_cookie("lang", said.lang, max_age=365 * 86400, samesite="Lax", secure=request.is_secure)
    return answer
