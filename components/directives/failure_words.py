"""Errors of acts on tasks in words: acts, states, kinds of positions and fields as the catalogue names them."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from components.ui.error_messages import describe
from components.ui.format import format_date
from components.ui.i18n import catalogue, t
from ioc.domain.base.failure import Failure


def failure_text(failure: Failure, lang: str, *, names_field: bool = False) -> str:
    """The text of an error with acts, states and kinds of positions in words.

    `names_field`: with the name of its field as programs write it, too.
    """
    params: dict[str, Any] = dict(failure.params)
    if "act" in params and f"tasks.act_{params['act']}" in catalogue():
        params["act"] = t(f"tasks.act_{params['act']}", lang)
    if "state" in params:
        params["state"] = t(f"directives.{params['state']}" if params["state"] else "tasks.unassigned", lang)
    if "permitted" in params:
        params["permitted"] = kind_names(str(params["permitted"]).split(", "), lang)
    for name in ("day", "due", "until"):
        if isinstance(params.get(name), str) and (day := _iso_day(params[name])):
            params[name] = format_date(day)
    if "field" in params and f"tasks.field_{params['field']}" in catalogue():
        word = t(f"tasks.field_{params['field']}", lang)
        params["field"] = f"{word} (“{params['field']}”)" if names_field else word
    return describe(Failure(failure.code, params, failure.external), lang)


def kind_names(kinds: Iterable[str], lang: str) -> str:
    """Kinds of positions in words."""
    return ", ".join(t(f"tasks.kind_{kind}", lang) for kind in kinds if f"tasks.kind_{kind}" in catalogue())


def _iso_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
