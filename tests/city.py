"""Test cities: full, drill (everything of an exercise), empty (just started) and old (everything stale)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import sin

from data_sources._http.errors import HttpCode
from ioc.domain.base.failure import Failure
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.system_errors import SystemCode
from ioc.domain.directives.directive import Register
from ioc.domain.events.event import Area, Event
from ioc.domain.geo.place import AdminUnit, Station
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.ingest.source import EventKind, Series, Source
from ioc.domain.kpis.kpi import FigureState, Formula, FormulaOp, Kpi, KpiValue, Limit, Severity, Target
from ioc.domain.kpis.moment import value_at
from ioc.domain.snapshot import (
    AttentionItem,
    AttentionKind,
    CentreIdentity,
    EventView,
    KpiFigure,
    MapPoint,
    SeriesView,
    Snapshot,
    SourceView,
    kpi_source_keys,
)
from ioc.domain.submissions.submission import SubmissionData
from tests.city_directives import register
from tests.city_submissions import submission_data

NOW = datetime(2026, 11, 24, 9, 18, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

UNITS = {
    unit.code: unit
    for unit in (
        AdminUnit("31135", "Ninh Kiều", "phường", 9.0, 105.785, 10.03, "Cần Thơ"),
        AdminUnit("31207", "Thốt Nốt", "phường", 40.0, 105.53, 10.27, "Cần Thơ"),
        AdminUnit("31507", "Phú Lợi", "phường", 20.0, 105.97, 9.6, "Sóc Trăng"),
    )
}


def event_view(key: str, **changes: object) -> EventView:
    """A citizen report with the fields that its source states."""
    event = Event(
        "report", key, NOW - HOUR / 2, "Ngập nước trên đường", source_status="đang xử lý", severity=Severity.ATTENTION,
        started=NOW - HOUR, due=NOW + HOUR, place="31135", area=Area(105.785, 10.032), facts={"lĩnh vực": "hạ tầng"},
    )  # fmt: skip
    view = EventView(event, ("sim-tide",), NOW - HOUR / 2, True, False, id=f"sim-tide/{key}", last_heard=NOW)
    return replace(view, **changes)  # type: ignore[arg-type]


def camera(now: datetime = NOW) -> EventView:
    """A camera on a bridge."""
    area = Area(105.79, 10.02)
    event = Event("camera", "cam-1", now, "Cầu Quang Trung", place="31135", area=area, facts={"picture": "image/jpeg"})
    return EventView(event, ("sim-tide",), now, True, False, id="sim-tide/cam-1", last_heard=now)


def source(key: str = "sim-tide", **changes: object) -> Source:
    """A simulated source with one series of water level."""
    series = (
        Series("water-level-can-tho", LocalizedText("Mực nước Cần Thơ", "Water level"), "m", -3, 4, "31135", "can-tho"),
    )
    base = Source(
        key,
        LocalizedText("Trạm thủy văn (mô phỏng)", "Gauge (simulated)"),
        "http_json",
        "http://127.0.0.1:9/tide",
        timedelta(seconds=60),
        timedelta(seconds=5),
        timedelta(minutes=10),
        "mp-a",
        LocalizedText("mô phỏng", "simulated"),
        True,
        True,
        "f1",
        series=series,
        events=(
            EventKind("report", LocalizedText("Phản ánh hiện trường", "Citizen reports"), is_from_people=True),
            EventKind("camera", LocalizedText("Camera", "Cameras")),
        ),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def kpi(key: str = "water-level", **changes: object) -> Kpi:
    """The water level with its three official levels."""
    limits = (
        Limit("bd1", LocalizedText("báo động I", "alarm I"), 1.8, True, Severity.ATTENTION, 0.02),
        Limit("bd2", LocalizedText("báo động II", "alarm II"), 1.9, True, Severity.ATTENTION, 0.02),
        Limit("bd3", LocalizedText("báo động III", "alarm III"), 2.0, True, Severity.CRITICAL, 0.02),
    )
    base = Kpi(
        key,
        LocalizedText("Mực nước sông Hậu tại Cần Thơ", "Hậu river at Cần Thơ"),
        LocalizedText("Mực nước sông Hậu", "Hậu river"),
        "m",
        2,
        Formula(FormulaOp.LAST, ("water-level-can-tho",)),
        "environment",
        "mp-a",
        LocalizedText("Mực nước tức thời tại trạm Cần Thơ", "Water level at the station"),
        LocalizedText("Quyết định mô phỏng", "simulated"),
        "1",
        timedelta(minutes=1),
        None,
        limits,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def line(base: float, swing: float, now: datetime = NOW) -> tuple[tuple[datetime, float | None], ...]:
    """24 hours, a point every 15 minutes, with a gap in the middle."""
    start = now - 24 * HOUR
    return tuple(
        (start + n * HOUR / 4, None if 40 < n < 44 else round(base + swing * sin(n / 8), 2)) for n in range(97)
    )


def _figures(now: datetime) -> dict[str, KpiFigure]:
    since = now - 2 * HOUR
    level = KpiValue(
        "water-level",
        FigureState.OK,
        since,
        1.86,
        "",
        "bd1",
        Severity.ATTENTION,
        True,
        now - timedelta(minutes=2),
        1.86,
        0.12,
        timedelta(minutes=10),
    )
    share = replace(
        level, key="dossiers-on-time", value=97.4, last_value=97.4, level="", severity=Severity.NORMAL, change=0.6
    )
    zero = replace(share, key="incidents", value=0.0, last_value=0.0, change=0.0)
    states = (
        ("none", FigureState.NO_DATA, None),
        ("stale", FigureState.STALE, 412.0),
        ("error", FigureState.ERROR, 412.0),
        ("off", FigureState.OFF, None),
    )
    figures = {
        "water-level": KpiFigure(kpi(), level, line(1.2, 0.8, now), {"31135": replace(level, place="31135")}),
        "dossiers-on-time": KpiFigure(
            kpi(
                "dossiers-on-time",
                name=LocalizedText("Hồ sơ đúng hạn", "Dossiers on time"),
                short_name=LocalizedText("Hồ sơ đúng hạn", "On time"),
                unit="%",
                decimals=1,
                target=Target(">=", 95),
                limits=(),
            ),
            share,
            line(97, 1, now),
        ),
        "incidents": KpiFigure(
            kpi(
                "incidents",
                name=LocalizedText("Sự cố an toàn thông tin", "Security incidents"),
                short_name=LocalizedText("Sự cố an toàn TT", "Incidents"),
                unit="sự cố",
                decimals=0,
                limits=(),
            ),
            zero,
            line(1, 1, now),
        ),
    }
    for key, state, last in states:
        value = replace(
            zero, key=f"beds-{key}", state=state, value=None, last_value=last, change=None, reason="sim-tide"
        )
        row = kpi(
            f"beds-{key}",
            short_name=LocalizedText(f"Giường bệnh {state}", f"Beds {state}"),
            unit="giường",
            decimals=0,
            limits=(),
        )
        figures[row.key] = KpiFigure(row, value, () if last is None else line(400, 20, now))
    return figures


def full_city(now: datetime = NOW) -> Snapshot:
    """Every state once."""
    good = SourceHealth(
        "sim-tide",
        SourceState.LIVE,
        now - 9 * HOUR,
        now,
        now,
        now,
        accepted_count=4,
        rejected_count=1,
        fingerprint="f1",
    )
    lost = SourceHealth(
        "sim-beds",
        SourceState.DOWN,
        now - HOUR,
        now,
        now - HOUR,
        now - HOUR,
        Failure(HttpCode.CONNECT_FAILED, {"cause": Failure(SystemCode.CONNECTION_REFUSED)}),
        12,
        3,
        0,
        "f2",
    )
    sources = (SourceView(source(), good), SourceView(source("sim-beds", fingerprint="f2"), lost))
    station = Station("can-tho", LocalizedText("Trạm Cần Thơ", "Cần Thơ gauge"), "water", 105.79, 10.04, "31135")
    series_view = SeriesView(
        source().series[0], FigureState.OK, 1.86, 1.86, now, True, "sim-tide", 2, Severity.ATTENTION
    )
    points = (
        MapPoint(station, (series_view,), FigureState.OK, Severity.ATTENTION, True),
        MapPoint(
            replace(station, key="thot-not", lon=105.53, lat=10.27, place="31207"),
            (replace(series_view, state=FigureState.STALE, value=None, severity=Severity.NORMAL),),
            FigureState.STALE,
            Severity.NORMAL,
            True,
        ),
    )
    attention = (
        AttentionItem(
            AttentionKind.KPI,
            "water-level",
            Severity.ATTENTION,
            now - 2 * HOUR,
            "/chi-so/water-level",
            LocalizedText("Mực nước sông Hậu vượt báo động I", "Hậu above alarm I"),
            True,
        ),
        AttentionItem(
            AttentionKind.SOURCE,
            "sim-beds",
            Severity.ATTENTION,
            now - HOUR,
            "/nguon",
            LocalizedText("Mất kết nối giường bệnh", "Beds lost"),
            True,
        ),
    )
    identity = CentreIdentity(
        LocalizedText("Trung tâm giám sát, điều hành thông minh", "Intelligent operations centre"),
        LocalizedText("Thành phố Cần Thơ", "Cần Thơ City"),
    )
    names = {key: agency.name for key, agency in register(now).agencies.items()}
    return Snapshot(
        now,
        7,
        True,
        identity,
        _figures(now),
        sources,
        points,
        UNITS,
        register(now),
        attention,
        names,
        events=(event_view("r-1", recorded_at=now), camera(now)),
        camera_image_times={"sim-tide/cam-1": now - timedelta(seconds=40)},
        overview_kpis=tuple(_figures(now)),
        kpi_sources=kpi_source_keys(
            [figure.kpi for figure in _figures(now).values()], [view.source for view in sources]
        ),
        submissions=submission_data(now),
    )


def drill_city(now: datetime = NOW) -> Snapshot:
    """The full city with every source, event and figure of an exercise."""
    full = full_city(now)
    points = tuple(
        replace(point, series=tuple(replace(series_view, is_drill=True) for series_view in point.series))
        for point in full.map_points
    )
    return replace(
        full,
        figures={key: replace(figure, is_drill=True) for key, figure in full.figures.items()},
        sources=tuple(replace(view, source=replace(view.source, is_drill=True)) for view in full.sources),
        map_points=points,
        events=tuple(replace(view, is_drill=True) for view in full.events),
        attention=tuple(replace(item, is_drill=True) for item in full.attention),
    )


def empty_city(now: datetime = NOW) -> Snapshot:
    """Just started: rows but no reading, no document."""
    full = full_city(now)
    figures = {
        key: replace(figure, value=KpiValue(key, FigureState.NO_DATA, now), line=(), values_by_place={})
        for key, figure in full.figures.items()
    }
    sources = tuple(replace(view, health=SourceHealth(view.source.key, SourceState.LATE, now)) for view in full.sources)
    return replace(
        full,
        figures=figures,
        sources=sources,
        map_points=(),
        register=Register(),
        attention=(),
        version=0,
        events=(),
        camera_image_times={},
        submissions=SubmissionData(),
    )


def old_city(now: datetime = NOW) -> Snapshot:
    """The poller has been dead for two days: every value is past its limit."""
    full = full_city(now - timedelta(days=2))
    figures = {
        key: replace(
            figure,
            value=replace(value_at(figure.value, {}, now), state=FigureState.STALE, value=None),
            values_by_place={place: value_at(value, {}, now) for place, value in figure.values_by_place.items()},
        )
        for key, figure in full.figures.items()
    }
    return replace(full, at=now, figures=figures)
