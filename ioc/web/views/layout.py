"""The page around every form: the shell's look in the caller's language, without scripts."""

from dataclasses import dataclass
from functools import cache
from urllib.parse import urlencode

import htpy as h
from flask import Response, current_app, request
from markupsafe import Markup
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from components.screens.shell import MAIN, rail
from components.ui.i18n import LANGS, Part, t
from components.ui.icons import icon
from ioc.domain.access.permissions import Action, is_allowed
from ioc.domain.access.principal import Principal, PrincipalKind
from ioc.web.live import bundles
from ioc.web.live.ssr import ICON_LINK
from ioc.web.live.theme import THEMES, page_theme
from ioc.web.middleware.authentication import principal_of

_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_ENROLMENT_PATH = "/man-hinh"  # which a wall shows
_ADDRESS_FIELDS = ("ky", "tiep")  # form fields that belong to the address of their page


@dataclass(frozen=True, slots=True)
class PageContext:
    """For whom a page is rendered, in which language and theme."""

    principal: Principal
    lang: str
    theme: str

    def t(self, key: str, **parts: Part) -> str:
        """The message `key` in this language."""
        return t(key, self.lang, **parts)


def page_context() -> PageContext:
    """The context of the current request."""
    lang = request.args.get("lang") or request.cookies.get("lang", "")
    return PageContext(
        principal_of(request.environ),
        lang if lang in LANGS else LANGS[0],
        page_theme(is_wall=request.path.startswith(_ENROLMENT_PATH)),
    )


def render_page(
    title: str, *body: h.Node, status: int = 200, is_bare: bool = False, reload_seconds: int = 0, leads_to: str = "",
    nav_key: str = "",
) -> Response:  # fmt: skip
    """A page. `is_bare`: without navigation. `reload_seconds`: until it reloads by itself, 0 for never.

    `leads_to`: the path that it opens at once. `nav_key`: its entry in the rail.
    """
    context = page_context()
    head = h.head[
        h.meta(charset="utf-8"),
        h.meta(name="viewport", content="width=device-width, initial-scale=1"),
        leads_to and h.meta(http_equiv="refresh", content=f"0;url={leads_to}"),
        h.title[f"{title} · IOC"],
        Markup(ICON_LINK),  # nosec B704
        h.link(rel="stylesheet", href=bundles.FORMS.url),
    ]
    stage = h.div(".stage")[
        _header(context, title, is_bare, status), h.main(f"#{MAIN}.page.forms", tabindex="-1")[list(body)]
    ]
    inside: list[h.Node] = [stage] if is_bare else [_navigation(context.lang, nav_key), stage]
    shell = h.div(class_=["shell", "shell-forms", "is-bare" if is_bare else ""])[inside]
    allowed = " ".join(action for action in Action if is_allowed(context.principal, action))
    document = h.html(lang=context.lang, data_theme=context.theme, data_can=allowed)[head, h.body[shell]]
    response = Response(str(document), status, mimetype="text/html")
    if reload_seconds:
        response.headers["Refresh"] = str(reload_seconds)
    return _with_headers(response, context)


@cache
def _navigation(lang: str, nav_key: str) -> Markup:
    """Rendered once: it is the same for everybody, and half the work of an error page."""
    return Markup(str(h.nav(".rail")[rail(lang, nav_key)]))  # nosec B704


def _header(context: PageContext, title: str, is_bare: bool, status: int) -> h.Element:
    other = next(lang for lang in LANGS if lang != context.lang)
    label = t("shell.other_language", context.lang)
    return h.header(".head")[
        h.div(".head-title")[
            h.span(".head-centre")[t("common.centre", context.lang)],
            h.h1(".head-page")[title],
        ],
        h.div(".head-tools")[
            # A secret shown in the response to a form has no address: a link would lose it.
            (request.method == "GET" or status >= 400)
            and h.fragment[
                h.a(".tool", href=_preference_link("lang", other), hreflang=other, lang=other, title=label)[
                    icon("language"), h.span[label]
                ],
                # Of both links the stylesheet shows the one to the other theme.
                (_theme_link(context, theme) for theme in THEMES),
            ],
            context.principal.kind is PrincipalKind.USER and not is_bare and account_link(context),
        ],
    ]


def _theme_link(context: PageContext, theme: str) -> h.Element:
    label = t(f"shell.theme_{theme}", context.lang)
    return h.a(class_=["tool", f"to-{theme}"], href=_preference_link("theme", theme), title=label, aria_label=label)[
        icon("moon" if theme == "dark" else "sun")
    ]


def _preference_link(name: str, value: str) -> str:
    """The address of this page in another language or theme; for the response to a form, of the page that it is on."""
    if request.method == "GET":
        return f"?{urlencode({**request.args, name: value})}"
    return f"{_nearest_page_path(request.path)}?{urlencode({**request.args, **_address_fields(), name: value})}"


def _address_fields() -> dict[str, str]:
    """Form fields of the page's address; none of a form that was too large to be read."""
    try:
        return {name: value for name in _ADDRESS_FIELDS if (value := request.form.get(name))}
    except RequestEntityTooLarge:
        return {}


def _nearest_page_path(path: str) -> str:
    """`path` or the nearest path above it that answers GET with a form."""
    routes = current_app.url_map.bind_to_environ(request.environ)
    while path.count("/") > 1:
        try:
            endpoint, _ = routes.match(path, method="GET")
        except HTTPException:
            endpoint = ""
        if "." in endpoint:  # of a blueprint: Dash's own endpoint matches every path
            return path
        path = path.rpartition("/")[0]
    return path


def account_link(context: PageContext) -> h.Element:
    """The signed-in user, as a link to their account."""
    name = context.principal.display_name or context.principal.name
    return h.a(".tool.tool-me", href="/tai-khoan", title=name, aria_label=name)[icon("person"), h.span[name]]


def _with_headers(response: Response, context: PageContext) -> Response:
    """A personal page is not cached and runs no scripts; a language or theme chosen by hand is remembered."""
    response.headers["Content-Security-Policy"] = _CONTENT_SECURITY_POLICY
    response.headers["Cache-Control"] = "no-store"
    for name, value in (("lang", context.lang), ("theme", context.theme)):
        if request.args.get(name) == value and request.cookies.get(name) != value:
            response.set_cookie(name, value, max_age=365 * 86400, samesite="Lax", secure=request.is_secure)
    return response
