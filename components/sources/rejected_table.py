"""Recently rejected items by source and reason: number, last time, and the newest item as its source wrote it."""

from collections.abc import Sequence

import htpy as h

from components.ui.error_messages import describe
from components.ui.format import format_datetime, format_number
from components.ui.i18n import t
from ioc.domain.ingest.dropped import DropReason
from ioc.domain.ingest.reading import StoredRejection
from ioc.domain.snapshot import Snapshot, SourceView

MAX_ROWS = 40
_MAX_TEXT = 120
_COLUMNS = ("source", "reason", "count", "last", "example")


def rejected_table(snapshot: Snapshot, views: Sequence[SourceView], lang: str) -> h.Element | None:
    """A row for each reason of each of the sources in `views`, newest first; None without rejections."""
    names = {view.source.key: view.source.name.get(lang) for view in views}
    groups: dict[tuple[str, str], list[StoredRejection]] = {}
    for rejection in snapshot.rejections:
        if rejection.source in names:
            groups.setdefault((rejection.source, rejection.item.failure.code), []).append(rejection)
    if not groups:
        return None
    rows = list(groups.values())
    return h.section(".box.wide.rejected-box", id="loai")[
        h.h2(".box-title")[t("rejected_items.title", lang), h.small[t("rejected_items.line", lang)]],
        h.table(".rejected")[
            h.thead[h.tr[(h.th[t(f"rejected_items.{column}", lang)] for column in _COLUMNS)]],
            h.tbody[(_row(group, names, snapshot, lang) for group in rows[:MAX_ROWS])],
        ],
        len(rows) > MAX_ROWS and h.p(".quiet")[t("rejected_items.more", lang, n=format_number(len(rows) - MAX_ROWS))],
    ]


def _row(items: Sequence[StoredRejection], names: dict[str, str], snapshot: Snapshot, lang: str) -> h.Element:
    newest = items[0]
    counted = snapshot.drop_counters.get(DropReason.REJECTED, {}).get(newest.source)

    def cell(column: str) -> h.Element:
        return h.td(data_label=t(f"rejected_items.{column}", lang))

    return h.tr[
        cell("source")[
            h.a(".link", href=f"#source-{newest.source}")[names[newest.source]],
            _small(t("rejected_items.total", lang, n=format_number(counted.total)) if counted else ""),
        ],
        cell("reason")[describe(newest.item.failure, lang)],
        cell("count")[format_number(len(items))],
        cell("last")[
            h.time(".age", data_age=newest.received_at.isoformat()),
            _small(format_datetime(newest.received_at, snapshot.at)),
        ],
        cell("example")[_truncate(newest.item.location), _small(_truncate(newest.item.sample))],
    ]


def _small(text: str) -> h.Element | None:
    return h.small(".quiet")[text] if text else None


def _truncate(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…"
