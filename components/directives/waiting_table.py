"""Who waits for whom: the rows of the table, the names of the parties."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Protocol
from urllib.parse import urlencode

from components.directives.task_register import short_name
from components.ui.format import format_date, format_number
from components.ui.i18n import t
from components.ui.table import Column, cell
from ioc.domain.base.times import city_date
from ioc.domain.directives.agency import Agencies

_LONG_DAYS = 3  # of waiting, from which a row stands out, as in "Việc của tôi"


class PairView(Protocol):
    """What is shown of a pair."""

    @property
    def waiting(self) -> str: ...
    @property
    def waited_for(self) -> str: ...
    @property
    def count(self) -> int: ...
    @property
    def since(self) -> datetime: ...
    @property
    def is_simulated(self) -> bool: ...


def columns(lang: str) -> list[Column]:
    """The columns of the table."""
    return [
        Column("waiting", t("waiting.waiting", lang), 3, 120),
        Column("waited_for", t("waiting.waited_for", lang), 3, 120),
        Column("count", t("waiting.count", lang), 1, 100),
        Column("since", t("waiting.since", lang), 2, 170),
    ]


def row(item: PairView, agencies: Agencies, day: date, lang: str) -> Mapping[str, object]:
    """A row of the table on `day`; the number leads to the tasks in the register."""
    pair = f"{item.waiting}.{item.waited_for}"
    since = city_date(item.since)
    days = (day - since).days
    sign, kind = ("▲", "attention") if days > _LONG_DAYS else ("●", "normal")
    mark = f" · {t('common.simulated_short', lang)}" if item.is_simulated else ""
    words = t("waiting.since_days", lang, day=format_date(since), n=format_number(days))
    return {
        "id": pair,
        "waiting": f"{party_name(item.waiting, agencies, lang)}{mark}",
        "waited_for": party_name(item.waited_for, agencies, lang),
        "count": cell(
            t("document_list.tasks_n", lang, n=format_number(item.count)),
            href=f"/so-nhiem-vu?{urlencode({'cho': pair})}", order=item.count,
        ),
        "since": cell(words, sign=sign, kind=kind, order=since.toordinal()),
    }  # fmt: skip


def party_name(key: str, agencies: Agencies, lang: str) -> str:
    """The name of an agency, of the leaders or of the Office."""
    if key.startswith("_"):
        return t(f"waiting.party{key}", lang)
    return short_name(key, agencies, lang)
