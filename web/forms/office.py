"""What the pages of forms work with, and what they share: one object for all of them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from flask import Response, redirect, request

from domain.access import Access
from domain.text import Text
from domain.times import Clock
from security.openid import Door
from security.people import People, SignedIn
from security.programs import Programs
from security.screens import Screens
from storage.store import Store
from web.cookies import give
from web.doorman import SESSION


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
