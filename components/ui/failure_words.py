"""Parameters of errors of acts in words: acts, states, kinds of positions and fields as the catalogue names them."""

from collections.abc import Iterable
from datetime import date

from components.ui.format import format_date
from components.ui.i18n import catalogue, t
from ioc.domain.base.failure import Failure, Parameter

_PREFIX = "directives."  # of the codes of such errors


def worded_params(failure: Failure, lang: str, *, names_field: bool) -> dict[str, Parameter]:
    """The parameters, those of an error of an act in words. `names_field`: also with its field's name in programs."""
    params = dict(failure.params)
    if not failure.code.startswith(_PREFIX):
        return params
    if (key := f"tasks.act_{params.get('act')}") in catalogue():
        params["act"] = t(key, lang)
    if "state" in params:
        params["state"] = t(f"directives.{params['state']}" if params["state"] else "tasks.unassigned", lang)
    if "permitted" in params:
        params["permitted"] = kind_names(str(params["permitted"]).split(", "), lang)
    for name in ("day", "due", "until"):
        if isinstance(text := params.get(name), str) and (day := _iso_day(text)):
            params[name] = format_date(day)
    if (key := f"tasks.field_{params.get('field')}") in catalogue():
        params["field"] = f"{t(key, lang)} (“{params['field']}”)" if names_field else t(key, lang)
    return params


def kind_names(kinds: Iterable[str], lang: str) -> str:
    """Kinds of positions in words."""
    return ", ".join(t(f"tasks.kind_{kind}", lang) for kind in kinds if f"tasks.kind_{kind}" in catalogue())


def _iso_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
