"""Errors of forms that are shown again: the notice with the text of the code, the status, the audit entry."""

import htpy as h
from flask import request

from components.ui.error_messages import describe_refusal
from components.ui.icons import mark
from ioc.domain.base.failure import FailureError
from ioc.web.errors.denials import mark_if_denied
from ioc.web.errors.request_error import request_error, status_of
from ioc.web.views.layout import PageContext


def error_notice(context: PageContext, error: FailureError | None) -> h.Element | None:
    """The texts of an error and of its `more`, which are audited if they are denials; None without one."""
    if error is None:
        return None
    texts = [h.p[error_text(context, each)] for each in (error, *error.more)]
    return h.div(".said.said-wrong", role="alert")[mark("attention"), h.div[texts]]


def error_text(context: PageContext, error: FailureError) -> str:
    """The text of an error, with the time to wait; the error is audited if it is a denial."""
    mark_if_denied(request.environ, request_error(error))
    return describe_refusal(error.failure, getattr(error, "retry_after_seconds", 0), context.lang)


def http_status(error: FailureError | None) -> int:
    """The status of a form that is shown again with an error; 200 without one."""
    return 200 if error is None else status_of(error.failure)
