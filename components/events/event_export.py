"""The list of open events as an exported table."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from components.events.descriptions import (
    display_facts,
    event_disagreement_text,
    place_name,
    source_names,
    stage_label,
)
from components.events.event_groups import KIND, event_groups, shown_kinds
from components.ui.export_table import Cell, CellKind, ExportTable, age_minutes, heads, yes
from components.ui.i18n import t
from components.ui.status_badges import state_label
from ioc.domain.events.state import open_events
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import EventView, Snapshot

_TEXT, _NUMBER, _MOMENT = CellKind.TEXT, CellKind.NUMBER, CellKind.MOMENT
_COLUMNS = {
    "event_kind": _TEXT, "events.title": _TEXT, "events.severity": _TEXT, "events.place": _TEXT, "events.stage": _TEXT,
    "events.started": _MOMENT, "events.due": _MOMENT, "overdue": _TEXT, "expires": _MOMENT, "text": _TEXT,
    "facts": _TEXT, "events.source": _TEXT, "events.disagreement_label": _TEXT, "data_state": _TEXT,
    "data_time": _MOMENT, "last_changed": _MOMENT, "last_heard": _MOMENT, "age": _NUMBER, "simulated": _TEXT,
    "drill": _TEXT, "at": _MOMENT,
}  # fmt: skip


def event_export(snapshot: Snapshot, params: Mapping[str, str], lang: str) -> ExportTable:
    """A row for each open event that the page shows, in its order.

    A kind whose sources are not all live has a row that says so: nobody knows whether there are any, or any more.
    At a past moment no row has a data time: reports that change nothing are not logged.
    """
    names = shown_kinds(snapshot, lang, params.get(KIND, ""))
    unknown = (row for kind, name in names.items() for row in _unknown_rows(kind, name, snapshot, lang))
    views = (view for group in event_groups(snapshot, params, lang) for view in group.views)
    rows = chain(unknown, (_row(view, names[view.event.kind], snapshot, lang) for view in views))
    return ExportTable("su-kien", t("events.title", lang), heads(_COLUMNS, lang), rows, snapshot.at)


def _unknown_rows(kind: str, name: str, snapshot: Snapshot, lang: str) -> Iterator[Sequence[Cell]]:
    count = open_events(snapshot, kind)
    if count.state is not FigureState.OK or count.is_least:
        words = t("export.maybe_more" if count.is_known else "events.unknown", lang)
        words = words if count.state is not FigureState.OK else t("events.more", lang)
        cells: dict[str, Cell] = {
            "event_kind": name, "events.title": words, "data_state": state_label(count.state, lang), "at": snapshot.at,
        }  # fmt: skip
        yield [cells.get(column) for column in _COLUMNS]


def _row(view: EventView, kind: str, snapshot: Snapshot, lang: str) -> Sequence[Cell]:
    event, now = view.event, snapshot.at
    state = t("common.live", lang) if view.state is FigureState.OK else state_label(view.state, lang)
    return [
        kind, event.title, t(f"common.{event.severity.value}", lang), place_name(view, snapshot, lang, 10_000),
        stage_label(view, lang), view.began_at, event.due, yes(event.is_late(now), lang), event.expires, event.text,
        " · ".join(f"{label}: {value}" for label, value in display_facts(event, lang)),
        source_names(view, snapshot, lang), event_disagreement_text(view, lang), state,
        event.observed if snapshot.is_live else None, view.recorded_at, view.last_heard,
        age_minutes(view.last_heard, now), yes(view.is_simulated, lang), yes(view.is_drill, lang), now,
    ]  # fmt: skip
