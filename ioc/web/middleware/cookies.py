"""Cookies that say who somebody is: out of reach of scripts, and behind TLS bound to this very host."""

from flask import Response, request

from ioc.web.middleware.authentication import named


def give(answer: Response, name: str, value: str, *, seconds: int | None = None, strict: bool = False) -> None:
    """Sets it; `seconds` None: until the browser is closed. Lax: a link from elsewhere finds the person signed in."""
    answer.set_cookie(
        named(name, request.is_secure), value, max_age=seconds, path="/", httponly=True, secure=request.is_secure,
        samesite="Strict" if strict else "Lax",
    )  # fmt: skip


def take(answer: Response, name: str) -> None:
    """Has the browser forget it."""
    answer.delete_cookie(named(name, request.is_secure), path="/", httponly=True, secure=request.is_secure)


def held(name: str) -> str:
    """What the browser brought, "" for nothing."""
    return request.cookies.get(named(name, request.is_secure), "")
