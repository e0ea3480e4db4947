"""Cookies of identities: HttpOnly, and over TLS Secure and bound to this host."""

from flask import Response, request

from ioc.web.middleware.authentication import cookie_name


def set_cookie(response: Response, name: str, value: str, *, seconds: int | None = None, strict: bool = False) -> None:
    """Sets a cookie; `seconds` None: until the browser is closed.

    SameSite=Lax unless `strict`: with a link from another site the user is still signed in.
    """
    response.set_cookie(
        cookie_name(name, request.is_secure), value, max_age=seconds, path="/", httponly=True, secure=request.is_secure,
        samesite="Strict" if strict else "Lax",
    )  # fmt: skip


def delete_cookie(response: Response, name: str) -> None:
    """Has the browser delete a cookie."""
    response.delete_cookie(cookie_name(name, request.is_secure), path="/", httponly=True, secure=request.is_secure)


def get_cookie(name: str) -> str:
    """The value of a cookie, "" for none."""
    return request.cookies.get(cookie_name(name, request.is_secure), "")
