"""Cookies of identities: HttpOnly, SameSite=Strict, and over TLS Secure and bound to this host."""

from typing import Literal

from flask import Response, request

from ioc.web.middleware.authentication import cookie_name
from ioc.web.middleware.csrf import is_own_origin


def set_cookie(
    response: Response, name: str, value: str, *, seconds: int | None = None,
    samesite: Literal["Strict", "Lax"] = "Strict",
) -> None:  # fmt: skip
    """Sets a cookie; `seconds` None: until the browser is closed.

    `samesite`: Lax only for a cookie that must come with a navigation from another site, and grants nothing by itself.
    """
    response.set_cookie(
        cookie_name(name, request.is_secure), value, max_age=seconds, path="/", httponly=True, secure=request.is_secure,
        samesite=samesite,
    )  # fmt: skip


def delete_cookie(response: Response, name: str) -> None:
    """Has the browser delete a cookie."""
    response.delete_cookie(cookie_name(name, request.is_secure), path="/", httponly=True, secure=request.is_secure)


def get_cookie(name: str) -> str:
    """The value of a cookie, "" for none."""
    return request.cookies.get(cookie_name(name, request.is_secure), "")


def is_led_by_other_origin() -> bool:
    """Whether the browser says that another origin has led it here: of another site, or of this one."""
    return request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")


def lacks_strict_cookies() -> bool:
    """Whether the browser has come here by a link of another site, so that it has left out its Strict cookies.

    Where it sends no Sec-Fetch-Site (not over TLS, not on loopback) a navigation without a Referer of ours may be one.
    """
    if "Sec-Fetch-Site" not in request.headers:
        return not is_own_origin(request.headers.get("Referer", ""))
    return is_led_by_other_origin()
