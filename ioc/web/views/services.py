"""What the pages of forms work with, and what they share: one object for all of them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from flask import Response, redirect, request

from ioc.auth.account_service import AccountService, NewSession
from ioc.auth.api_keys import ApiKeyService
from ioc.auth.displays import DisplayService
from ioc.auth.oidc import OidcClient
from ioc.domain.base.access_policy import AccessPolicy
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import Clock
from ioc.storage.db.store import Store
from ioc.web.middleware.authentication import SESSION_COOKIE
from ioc.web.middleware.cookies import set_cookie


@dataclass(frozen=True, slots=True)
class Services:
    """`agencies`: all, by key; `owing`: those that owe figures now, so that somebody may act for them.

    `pages`: path -> title of those that a screen may show.
    """

    store: Store
    accounts: AccountService
    displays: DisplayService
    api_keys: ApiKeyService
    clock: Clock
    rules: AccessPolicy
    agency_names: Callable[[], Mapping[str, LocalizedText]]
    display_pages: Callable[[], Mapping[str, str]]
    oidc_client: OidcClient | None = None
    reporting_agencies: Callable[[], Collection[str]] = frozenset


def redirect_to(path: str) -> Response:
    """On to another page of ours, once the form is done: loading it again sends nothing twice."""
    answer = redirect(path, 303)
    answer.headers["Cache-Control"] = "no-store"
    assert isinstance(answer, Response)
    return answer


def with_session_cookie(answer: Response, session: NewSession) -> Response:
    """`answer` with the new session's cookie, whatever cookie came before it."""
    set_cookie(answer, SESSION_COOKIE, session.cookie)
    return answer


def user_agent() -> str:
    """The browser, as it calls itself."""
    return request.user_agent.string[:200]
