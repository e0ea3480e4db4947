"""The page around every form: the shell's look, one person's words, and no script at all."""

from dataclasses import dataclass
from functools import cache
from urllib.parse import urlencode

import htpy as h
from flask import Response, current_app, request
from markupsafe import Markup
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from components.screens.shell import rail
from components.ui.i18n import LANGS, t
from components.ui.icons import icon
from ioc.auth.permissions import Action, is_allowed
from ioc.auth.principal import Principal, PrincipalKind
from ioc.web.live import stylesheets
from ioc.web.live.ssr import ICON_LINK
from ioc.web.middleware.authentication import principal_of

_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_ADDRESS_FIELDS = ("ky", "tiep")  # fields of forms that belong to the address of their page


@dataclass(frozen=True, slots=True)
class PageContext:
    """For whom a page is drawn, and in which language and theme."""

    principal: Principal
    lang: str
    theme: str

    def t(self, key: str, **parts: object) -> str:
        """The message `key` in this language."""
        return t(key, self.lang, **parts)


def page_context() -> PageContext:
    """Of the request at hand."""
    lang = request.args.get("lang") or request.cookies.get("lang", "")
    theme = request.args.get("theme") or request.cookies.get("theme", "")
    return PageContext(
        principal_of(request.environ),
        lang if lang in LANGS else LANGS[0],
        theme if theme in ("dark", "light") else "dark",
    )


def render_page(
    title: str, *body: h.Node, status: int = 200, is_bare: bool = False, refresh: str = "", nav_key: str = ""
) -> Response:
    """A whole page. `bare`: without the rail. `refresh`: of a meta element. `here`: the rail's entry it belongs to."""
    said = page_context()
    head = h.head[
        h.meta(charset="utf-8"),
        h.meta(name="viewport", content="width=device-width, initial-scale=1"),
        refresh and h.meta(http_equiv="refresh", content=refresh),
        h.title[f"{title} · IOC"],
        Markup(ICON_LINK),  # nosec B704
        h.link(rel="stylesheet", href=stylesheets.form_stylesheet()[0]),
    ]
    stage = h.div(".stage")[_header(said, title, is_bare, status), h.main(".page.forms")[list(body)]]
    inside: list[h.Node] = [stage] if is_bare else [_navigation(said.lang, nav_key), stage]
    shell = h.div(class_=["shell", "shell-forms", "is-bare" if is_bare else ""])[inside]
    can = " ".join(one for one in Action if is_allowed(said.principal, one))
    whole = h.html(lang=said.lang, data_theme=said.theme, data_can=can)[head, h.body[shell]]
    return _with_headers(Response(str(whole), status, mimetype="text/html"), said)


@cache
def _navigation(lang: str, nav_key: str) -> Markup:
    """Drawn once: it is the same for everybody, and half the work of a page that says no."""
    return Markup(str(h.nav(".rail")[rail(lang, nav_key)]))  # nosec B704


def _header(context: PageContext, title: str, is_bare: bool, status: int) -> h.Element:
    other = next(one for one in LANGS if one != context.lang)
    speak = t("shell.other_language", context.lang)
    return h.header(".head")[
        h.div(".head-title")[
            h.span(".head-centre")[t("common.centre", context.lang)],
            h.h1(".head-page")[title],
        ],
        h.div(".head-tools")[
            # What is shown once, in the answer to a form, has no address; nobody may lose it by a press.
            (request.method == "GET" or status >= 400)
            and h.a(".tool", href=_language_link(other), hreflang=other, lang=other, title=speak)[
                icon("language"), h.span[speak]
            ],
            context.principal.kind is PrincipalKind.USER and not is_bare and account_link(context),
        ],
    ]


def _language_link(lang: str) -> str:
    """The address of this page in `lang`; of an answer to a form, of the page that the form stands on."""
    if request.method == "GET":
        return f"?{urlencode({**request.args, 'lang': lang})}"
    return f"{_nearest_page_path(request.path)}?{urlencode({**request.args, **_address_fields(), 'lang': lang})}"


def _address_fields() -> dict[str, str]:
    """What the form told of its page's address; nothing of one that was too large to be read."""
    try:
        return {name: value for name in _ADDRESS_FIELDS if (value := request.form.get(name))}
    except RequestEntityTooLarge:
        return {}


def _nearest_page_path(path: str) -> str:
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


def account_link(context: PageContext) -> h.Element:
    """Who is signed in; leads to the own account."""
    return h.a(".tool.tool-me", href="/tai-khoan")[
        icon("person"), h.span[context.principal.display_name or context.principal.name]
    ]


def _with_headers(answer: Response, context: PageContext) -> Response:
    """One person's page is kept nowhere, runs nothing, and remembers the language that was chosen by hand."""
    answer.headers["Content-Security-Policy"] = _CONTENT_SECURITY_POLICY
    answer.headers["Cache-Control"] = "no-store"
    if request.args.get("lang") == context.lang and request.cookies.get("lang") != context.lang:
        answer.set_cookie("lang", context.lang, max_age=365 * 86400, samesite="Lax", secure=request.is_secure)
    return answer
