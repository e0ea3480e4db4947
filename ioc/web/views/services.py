"""What the pages of forms work with, and what they share: one object for all of them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from flask import Response, redirect, request

from ioc.auth.api_keys import Programs
from ioc.auth.displays import Screens
from ioc.auth.oidc import Door
from ioc.auth.users import People, SignedIn
from ioc.domain.base.access_policy import Access
from ioc.domain.base.localized_text import Text
from ioc.domain.base.times import Clock
from ioc.storage.db.store import Store
from ioc.web.middleware.authentication import SESSION
from ioc.web.middleware.cookies import give


@dataclass(frozen=True, slots=True)
class Office:
    """`agencies`: all, by key; `owing`: those that owe figures now, so that somebody may act for them.

    `pages`: path -> title of those that a screen may show.
    """

    store: Store
    people: People
    screens: Screens
    programs: Programs
    clock: Clock
    rules: Access
    agencies: Callable[[], Mapping[str, Text]]
    pages: Callable[[], Mapping[str, str]]
    provider: Door | None = None
    owing: Callable[[], Collection[str]] = frozenset


def to(path: str) -> Response:
    """On to another page of ours, once the form is done: loading it again sends nothing twice."""
    answer = redirect(path, 303)
    answer.headers["Cache-Control"] = "no-store"
    assert isinstance(answer, Response)
    return answer


def signed(answer: Response, made: SignedIn) -> Response:
    """`answer` with the new session's cookie, whatever cookie came before it."""
    give(answer, SESSION, made.cookie)
    return answer


def agent() -> str:
    """The browser, as it calls itself."""
    return request.user_agent.string[:200]
