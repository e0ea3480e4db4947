"""Cookies that say who somebody is: out of reach of scripts, and behind TLS bound to this very host."""

from flask import Response, request

from ioc.web.middleware.authentication import cookie_name


def set_cookie(answer: Response, name: str, value: str, *, seconds: int | None = None, strict: bool = False) -> None:
    """Sets it; `seconds` None: until the browser is closed. Lax: a link from elsewhere finds the person signed in."""
    answer.set_cookie(
        cookie_name(name, request.is_secure), value, max_age=seconds, path="/", httponly=True, secure=request.is_secure,
        samesite="Strict" if strict else "Lax",
    )  # fmt: skip


def delete_cookie(answer: Response, name: str) -> None:
    """Has the browser forget it."""
    answer.delete_cookie(cookie_name(name, request.is_secure), path="/", httponly=True, secure=request.is_secure)


def get_cookie(name: str) -> str:
    """What the browser brought, "" for nothing."""
    return request.cookies.get(cookie_name(name, request.is_secure), "")
