"""Views whose GET writes: a print job, a code of a display, a sign-in. HEAD is refused there, so that it never does."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import Response, request
from werkzeug.exceptions import MethodNotAllowed

Parameters = ParamSpec("Parameters")


def get_only(view: Callable[Parameters, Response]) -> Callable[Parameters, Response]:
    """`view`, which answers HEAD with 405."""

    @wraps(view)
    def checked(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Response:
        if request.method == "HEAD":
            raise MethodNotAllowed(["GET"])
        return view(*args, **kwargs)

    return checked
