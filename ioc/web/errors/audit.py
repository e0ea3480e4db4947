"""Every refusal is a line of the trail: whoever answers no, it is noted here and put down once, with who, what and why.

What answers with one of `CODES` is put down by itself; what refuses otherwise (a form that comes back) is noted.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from ioc.auth.errors import MISTAKES, Refused
from ioc.auth.permissions import Action
from ioc.auth.principal import Kind, Visitor
from ioc.web.live.page_registry import Routes
from ioc.web.middleware.authorization import asked_path, of_view, visitor

# Why, where whoever answered has not said it. 404 and 400 are no refusals: nobody was denied what there is.
CODES: Mapping[int, str] = {
    401: "sign_in", 403: "not_yours", 409: "not_now", 413: "too_large", 415: "wrong_kind", 429: "too_fast",
}  # fmt: skip
_READERS = frozenset({Kind.PROGRAM, Kind.SCREEN})  # a method that writes is no slip of theirs
# What everybody may ask is still tried for something.
_OPEN = {"/dang-nhap": "sign-in", "/man-hinh": "screen", "/vao/": "push"}
_LONGEST = 200


class Refusal(NamedTuple):
    """`action`: one of ioc.auth.permissions, or what was tried in a word. `about`: the object, an address at least."""

    visitor: Visitor
    action: str
    about: str
    why: str


Told = Callable[[Refusal], object]


class _Noted(NamedTuple):
    why: str
    action: str
    about: str
    told: bool


def note(why: str, action: str = "", about: str = "", *, told: bool = False) -> None:
    """The request at hand is refused. `action`, `about`: where its route and its address do not tell them.

    `told`: it stands in the trail already.
    """
    g.refusal = _Noted(why, action, about, told)


def note_form(refused: Refused | None) -> None:
    """A form comes back; what was only mistyped is no refusal."""
    if refused is not None and refused.key not in MISTAKES:
        cause = refused.parts.get("why", "")  # of a provider's answer: for the trail, not for whoever came with it
        note(refused.key, about=f"{about(request.path)} {cause}" if cause else "", told=refused.told)


def guard(server: Flask, pages: Routes, told: Told) -> None:
    """Has what is refused put down by `told`."""

    @server.after_request
    def put_down(answer: Response) -> Response:
        noted = g.get("refusal") or _by_itself(answer.status_code)
        if noted is not None and not noted.told:
            who = visitor()
            told(Refusal(who, noted.action or _action(server, pages), noted.about or about(asked_path()), noted.why))
        return answer


def about(path: str) -> str:
    """An address as the trail keeps it."""
    return path[:_LONGEST]


def _by_itself(status: int) -> _Noted | None:
    if status == 405 and visitor().kind in _READERS:
        return _Noted("read_only", "", "", False)
    return _Noted(CODES[status], "", "", False) if status in CODES else None


def _action(server: Flask, pages: Routes) -> str:
    found = of_view(server, request.endpoint or _reading(server)) or pages.at(asked_path())[0].action
    open_to_all = next((word for path, word in _OPEN.items() if request.path.startswith(path)), found)
    return open_to_all if found is Action.PUBLIC else found


def _reading(server: Flask) -> str:
    """The endpoint that reads at this address, for a method that it does not know."""
    try:
        return str(server.url_map.bind_to_environ(request.environ).match(method="GET")[0])
    except HTTPException:
        return ""
