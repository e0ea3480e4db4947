"""What needs eyes now: grave events, KPIs beyond a limit, sources lost, tasks newly overdue, figures late.

Most serious first; what is of an exercise after all that is real.
"""

from collections.abc import Iterator
from urllib.parse import quote

from ioc.domain.base.host_health import NAMES
from ioc.domain.base.localized_text import Text
from ioc.domain.directives.progress import overdue_attention
from ioc.domain.ingest.health import LOST, SourceState
from ioc.domain.kpis.kpi import RANK, Severity
from ioc.domain.snapshot import Attention, Snapshot
from ioc.domain.submissions.overdue_alerts import behind_attention

# Among equals: what is told to happen, what the city's figures say, what is not seen or not believed, what ails the
# machine, then what is late; the newest of each first.
KINDS = ("event", "kpi", "source", "answers", "apart", "machine", "task", "figures")


def attention(snapshot: Snapshot) -> tuple[Attention, ...]:
    """The list at the foot of the overview. Titles are names of things; the drawing adds the words about them."""
    found = [
        *_events(snapshot),
        *_kpis(snapshot),
        *_sources(snapshot),
        *_surprises(snapshot),
        *_apart(snapshot),
        *_machine(snapshot),
        *overdue_attention(snapshot.register, snapshot.at),
        *behind_attention(snapshot.handed, snapshot.register.agencies, snapshot.at),
    ]
    return tuple(sorted(found, key=_rank))


def _rank(one: Attention) -> tuple[bool, int, int, float]:
    return one.drill, -RANK[one.severity], KINDS.index(one.kind), -one.since.timestamp()


def _events(snapshot: Snapshot) -> Iterator[Attention]:
    """Those that stand and are grave, also while nobody hears of their source: they are in force until they end."""
    for view in snapshot.events:
        one = view.event
        if one.grave and one.current(snapshot.at):
            link = f"/ban-do?su-kien={quote(view.id, safe='')}" if one.area else f"/su-kien?loai={quote(one.kind)}"
            yield Attention(
                "event", view.id, one.severity, Text(one.title), Text(""), view.since(snapshot.at), link,
                view.simulated, view.drill,
            )  # fmt: skip


def _kpis(snapshot: Snapshot) -> Iterator[Attention]:
    for key, figure in snapshot.figures.items():
        value = figure.value
        if value.severity is not Severity.NORMAL:
            limit = next(one for one in figure.kpi.limits if one.key == value.level)
            name = figure.kpi.name
            title = Text(f"{name.vi}: {limit.name.vi}", f"{name.said('en')}: {limit.name.said('en')}")
            link = f"/chi-so/{key}"
            yield Attention(
                "kpi", key, value.severity, title, Text(""), value.since, link, value.simulated, figure.drill
            )


def _sources(snapshot: Snapshot) -> Iterator[Attention]:
    for view in snapshot.sources:
        if view.health.state in LOST:
            source, since = view.source, view.health.since
            yield Attention(
                "source",
                source.key,
                Severity.ATTENTION,
                source.name,
                Text(""),
                since,
                "/nguon",
                source.simulated,
                source.drill,
            )


def _surprises(snapshot: Snapshot) -> Iterator[Attention]:
    """Sources that are heard, and whose answers are not what they were."""
    for view in snapshot.sources:
        source, health = view.source, view.health
        if health.surprise and health.state not in LOST | {SourceState.OFF}:
            since, link = health.surprised or health.since, f"/nguon#source-{source.key}"
            yield Attention(
                "answers", source.key, Severity.ATTENTION, source.name, Text(""), since, link,
                source.simulated, source.drill,
            )  # fmt: skip


def _apart(snapshot: Snapshot) -> Iterator[Attention]:
    """What two sources tell differently, known since the older of both figures."""
    pages = {one.series.key: f"/chi-so/{key}" for key, figure in snapshot.figures.items() for one in figure.pairs}
    for point in snapshot.points:
        for one in point.series:
            if one.apart is not None:
                since = min(one.data_time or one.apart.data_time, one.apart.data_time)
                link = pages.get(one.series.key, f"/ban-do?don-vi={point.station.place}")
                yield Attention(
                    "apart", one.series.key, Severity.ATTENTION, one.series.name, Text(""), since, link,
                    one.simulated, one.drill,
                )  # fmt: skip


def _machine(snapshot: Snapshot) -> Iterator[Attention]:
    for one in snapshot.machine:
        if one.severity is not Severity.NORMAL:
            yield Attention("machine", one.key, one.severity, NAMES[one.part], Text(""), one.since, "/can-chu-y#may")
