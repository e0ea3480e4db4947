"""What was refused of late, by source and reason: how much, when last, and the newest as its source wrote it."""

from collections.abc import Sequence

import htpy as h

from components.ui.error_messages import kind, refusal
from components.ui.format import moment, number
from components.ui.i18n import say
from ioc.domain.ingest.dropped import Way
from ioc.domain.ingest.reading import Aside
from ioc.domain.snapshot import Snapshot, SourceView

SHOWN = 40
_LONGEST = 120
_COLUMNS = ("source", "why", "times", "last", "example")


def refused_table(snapshot: Snapshot, views: Sequence[SourceView], lang: str) -> h.Element | None:
    """A row for each reason of each of the sources in `views`, the newest first; None when nothing was refused."""
    names = {one.source.key: one.source.name.said(lang) for one in views}
    groups: dict[tuple[str, str], list[Aside]] = {}
    for one in snapshot.refused:
        if one.source in names:
            groups.setdefault((one.source, kind(one.item.reason)), []).append(one)
    if not groups:
        return None
    rows = list(groups.values())
    return h.section(".box.wide.refused-box", id="loai")[
        h.h2(".box-title")[say("refused.title", lang), h.small[say("refused.line", lang)]],
        h.table(".refused")[
            h.thead[h.tr[(h.th[say(f"refused.{one}", lang)] for one in _COLUMNS)]],
            h.tbody[(_row(some, names, snapshot, lang) for some in rows[:SHOWN])],
        ],
        len(rows) > SHOWN and h.p(".quiet")[say("refused.more", lang, n=number(len(rows) - SHOWN))],
    ]


def _row(some: Sequence[Aside], names: dict[str, str], snapshot: Snapshot, lang: str) -> h.Element:
    newest = some[0]
    counted = snapshot.given_up.get(Way.REFUSED, {}).get(newest.source)

    def cell(column: str) -> h.Element:
        return h.td(data_label=say(f"refused.{column}", lang))

    return h.tr[
        cell("source")[
            h.a(".link", href=f"#source-{newest.source}")[names[newest.source]],
            _small(say("refused.total", lang, n=number(counted.total)) if counted else ""),
        ],
        cell("why")[refusal(newest.item.reason, lang)],
        cell("times")[number(len(some))],
        cell("last")[
            h.time(".age", data_age=newest.received.isoformat()), _small(moment(newest.received, snapshot.at))
        ],
        cell("example")[_cut(newest.item.where), _small(_cut(newest.item.sample))],
    ]


def _small(text: str) -> h.Element | None:
    return h.small(".quiet")[text] if text else None


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
