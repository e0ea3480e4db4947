"""The list of sources as an exported table."""

from collections.abc import Mapping, Sequence

from components.sources.source_table import STATUS, protocol_name, source_columns, source_row_id, source_rows
from components.ui.error_messages import describe, describe_all
from components.ui.export_table import Cell, CellKind, ExportTable, age_minutes, heads, yes
from components.ui.i18n import t
from components.ui.live_table import SEARCH, SORT, found_rows
from components.ui.status_badges import source_status, source_status_label
from ioc.domain.ingest.health import states_own_time
from ioc.domain.snapshot import Snapshot, SourceView

_TEXT, _NUMBER, _MOMENT = CellKind.TEXT, CellKind.NUMBER, CellKind.MOMENT
_COLUMNS = {
    "sources.name": _TEXT, "key": _TEXT, "protocol": _TEXT, "status": _TEXT, "since": _MOMENT, "data_time": _MOMENT,
    "age": _NUMBER, "age_limit": _NUMBER, "own_time": _TEXT, "last_good": _MOMENT, "accepted": _NUMBER,
    "rejected": _NUMBER, "repeated": _NUMBER, "interval": _NUMBER, "deadline": _NUMBER, "kpi.owner": _TEXT,
    "licence": _TEXT, "last_error": _TEXT, "drift": _TEXT, "simulated": _TEXT, "drill": _TEXT, "at": _MOMENT,
}  # fmt: skip


def source_export(snapshot: Snapshot, params: Mapping[str, str], lang: str) -> ExportTable:
    """A row for each source that the page shows, in its order."""
    views = {source_row_id(view): view for view in snapshot.sources}
    all_rows = source_rows(snapshot, lang, params.get(STATUS, ""))
    shown = found_rows(source_columns(lang), all_rows, params.get(SEARCH, ""), params.get(SORT, ""))
    rows = (_row(views[row.id], snapshot, lang) for row in shown if not row.is_group)
    return ExportTable("nguon", t("common.sources", lang), heads(_COLUMNS, lang), rows, snapshot.at)


def _row(view: SourceView, snapshot: Snapshot, lang: str) -> Sequence[Cell]:
    source, health, names = view.source, view.health, snapshot.agency_names
    has_counts = health.last_success is not None  # before that the counts are of no answer
    return [
        source.name.get(lang), source.key, protocol_name(source.protocol, lang),
        source_status_label(source_status(health), lang), health.since, health.data_time,
        age_minutes(health.data_time, snapshot.at), source.age_limit.total_seconds() / 60,
        yes(states_own_time(health, source), lang), health.last_success,
        *((health.accepted_count, health.rejected_count, health.duplicate_count) if has_counts else (None,) * 3),
        source.poll_interval.total_seconds(), source.deadline.total_seconds(),
        names[source.owner].get(lang) if source.owner in names else source.owner, source.licence.get(lang),
        describe(health.last_error, lang) if health.last_error else "", describe_all(health.drift, lang),
        yes(source.is_simulated, lang), yes(source.is_drill, lang), snapshot.at,
    ]  # fmt: skip
