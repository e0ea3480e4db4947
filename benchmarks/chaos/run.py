"""The play itself: servers die and come back by a seed, the oracle looks each second, at the end all is counted."""

import random
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from benchmarks.chaos import installation
from benchmarks.chaos.gateways import Gateways
from benchmarks.chaos.oracle import EVERY, MAX_BACK_OFF, ServerLife, violations
from benchmarks.chaos.readings import offered_values
from benchmarks.chaos.servers import (
    ChaosServer,
    DatabaseServer,
    JsonServer,
    MqttServer,
    SensorThingsServer,
    StationFileServer,
    missing_programs,
)
from benchmarks.figures import BenchmarkFigure
from benchmarks.process import cpu_seconds
from ioc.storage.db.store import Store

UP_SECONDS, DOWN_SECONDS = (
    (3.0, 40.0),
    (1.0, 75.0),
)  # seconds that a server lives and is dead, at a whole length of ten minutes
_WHOLE = 600.0
_TIMEOUT = 30.0


@dataclass(slots=True)
class ChaosOutcome:
    """What came of it. `wrong`: what screens showed that was not so. `returns`: seconds from an answer to live."""

    kills: int = 0
    checks: int = 0
    violations: list[str] = field(default_factory=list)
    returns: list[float] = field(default_factory=list)
    offered: int = 0
    lost: list[tuple[str, int]] = field(default_factory=list)
    altered: list[tuple[str, int]] = field(default_factory=list)  # stored otherwise than it was served
    duplicates: int = 0
    poller_cpu_cores: float = 0.0  # CPU of the poller, of one core


class ServerControl:
    """One server with its life and its fate."""

    def __init__(self, server: ChaosServer, seed: int, share: float) -> None:
        self.server, self.life = (
            server,
            ServerLife(storage_delay=2 * server.step + (2.0 if isinstance(server, StationFileServer) else 0.0)),
        )
        self._chance, self._share = random.Random(f"{seed} {server.name}"), share
        self.is_awaiting_recovery = False  # for being shown as live after it came back

    def next_duration(self) -> float:
        """How long it stays as it is now; mostly short, now and then long."""
        low, high = UP_SECONDS if self.life.is_up else DOWN_SECONDS
        return low + (high * self._share - low) * self._chance.random() ** 2 if high * self._share > low else low

    def toggle(self) -> bool:
        """Kill it, or let it come back; whether it was killed."""
        if self.life.is_up:
            self.life.record_kill(time.time())
            self.server.kill()
        else:
            self.server.start()
            self.life.record_return(time.time())
        self.is_awaiting_recovery = self.life.is_up
        return not self.life.is_up


def run_chaos(seconds: float, seed: int, say: Callable[[str], None] = lambda _: None) -> ChaosOutcome:
    """Bounded: ends by itself, and all that it started with it."""
    folder = Path(tempfile.mkdtemp(prefix="ioc-chaos-"))
    folder.chmod(0o755)  # the database server is another user
    try:
        with ExitStack() as stack:
            servers = _start_servers(folder, int(time.time()), stack)
            stations, broker = (
                next(s for s in servers if isinstance(s, kind)) for kind in (StationFileServer, MqttServer)
            )
            stack.enter_context(Gateways(stations, broker))  # type: ignore[arg-type]
            shown = stack.enter_context(installation.run_installation(folder, servers))
            return _run_loop(shown, servers, seconds, seed, say)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start_servers(folder: Path, begin: int, stack: ExitStack) -> list[ChaosServer]:
    kinds: tuple[tuple[type[ChaosServer], int], ...] = (
        (JsonServer, 1),
        (SensorThingsServer, 1),
        (StationFileServer, 5),
        (MqttServer, 1),
        (DatabaseServer, 1),
    )
    servers = []
    for kind, step in kinds:
        home = folder / kind.__name__.lower()
        home.mkdir()
        server = kind(f"chaos-{kind.__name__.lower()}", home, begin, step)
        stack.callback(server.kill)
        server.prepare()
        if server.process is None:
            server.start()
        servers.append(server)
    return servers


def _run_loop(
    shown: installation.ChaosInstallation,
    servers: Sequence[ChaosServer],
    seconds: float,
    seed: int,
    say: Callable[[str], None],
) -> ChaosOutcome:
    outcome, parts = ChaosOutcome(), [ServerControl(one, seed, min(1.0, seconds / _WHOLE * 2)) for one in servers]
    begun, used = time.time(), cpu_seconds(shown.pids[0])
    due = {one.server.name: begun + one.next_duration() / 2 for one in parts}
    for one in parts:
        one.life.since = begun
    while time.time() < begun + seconds:
        for one in parts:
            if time.time() >= due[one.server.name]:
                outcome.kills += one.toggle()
                due[one.server.name] = time.time() + one.next_duration()
        _check(shown, parts, outcome, say)
        time.sleep(1 - time.time() % 1)
    outcome.poller_cpu_cores = (cpu_seconds(shown.pids[0]) - used) / seconds
    for one in parts:
        if not one.life.is_up:
            one.toggle()
    stop = int(time.time())
    _count(shown, parts, stop, outcome, say)
    return outcome


def _check(
    shown: installation.ChaosInstallation,
    parts: Sequence[ServerControl],
    outcome: ChaosOutcome,
    say: Callable[[str], None],
) -> None:
    alive, found = shown.displayed_states()
    outcome.checks += 1
    wrong = [] if alive else ["the poller looks dead"]
    for one in parts:
        name, seen = one.server.name, found[one.server.name]
        wrong += [f"{name}: {what}" for what in violations(one.life, seen)]
        if one.is_awaiting_recovery and seen.health == "live":
            outcome.returns.append(seen.answered_at - one.life.since)
            one.is_awaiting_recovery = False
    for what in wrong:
        say(what)
    outcome.violations += wrong


def _count(
    shown: installation.ChaosInstallation,
    parts: Sequence[ServerControl],
    stop: int,
    outcome: ChaosOutcome,
    say: Callable[[str], None],
) -> None:
    """Once all are back: what each offers until `stop` is awaited, then held against the store."""
    offered = {
        (name, second): value
        for one in parts
        for name, second, value in offered_values(one.server.name, one.server.begin, stop, one.server.step)
    }
    store, until = Store(installation.store_url_of(shown.folder)), time.time() + MAX_BACK_OFF + EVERY + _TIMEOUT
    try:
        while offered.keys() - (held := _stored_values(store)).keys() and time.time() < until:
            _check(shown, parts, outcome, say)
            time.sleep(1)
        with store.read() as conn:
            outcome.duplicates = int(conn.execute(text("SELECT count(*) FROM revision")).scalar_one())
    finally:
        store.close()
    outcome.offered = len(offered)
    outcome.lost = sorted(offered.keys() - held.keys())
    outcome.altered = sorted(one for one, value in held.items() if one[1] <= stop and value != offered.get(one))


def _stored_values(store: Store) -> dict[tuple[str, int], float]:
    asked = text(
        "SELECT key, observed_ms, value FROM reading JOIN series ON series.id = series_id WHERE key LIKE 'chaos-%'"
    )
    with store.read() as conn:
        return {(name, at // 1000 if at % 1000 == 0 else -at): value for name, at, value in conn.execute(asked)}


CHAOS_SECONDS, CHAOS_SEED = 600.0, 2322


def chaos_figures(share: float = 1.0, print_progress: Callable[[str], None] = lambda _: None) -> list[BenchmarkFigure]:
    """`share` < 1 plays for a shorter time, for a look at whether it works."""
    if missing := missing_programs():
        return [BenchmarkFigure("chaos: wrong states", None, 0, "", f"not installed: {', '.join(missing)}")]
    return outcome_figures(run_chaos(CHAOS_SECONDS * share, CHAOS_SEED, print_progress))


def outcome_figures(outcome: ChaosOutcome) -> list[BenchmarkFigure]:
    """An outcome beside its goals."""
    looks = f"{outcome.checks} looks at 5 sources and 5 chaos_figures, {outcome.kills} kills"
    held = f"of {outcome.offered:,} that the sources offered"
    return [
        BenchmarkFigure(
            "chaos: wrong states", len(outcome.violations), 0, "", "; ".join([looks, *outcome.violations[:3]])
        ),
        BenchmarkFigure(
            "chaos: readings lost", len(outcome.lost), 0, "", "; ".join([held, *map(str, outcome.lost[:3])])
        ),
        BenchmarkFigure(
            "chaos: readings twice", outcome.duplicates + len(outcome.altered), 0, "", "kept again, or as never served"
        ),
        BenchmarkFigure(
            "chaos: slowest return", max(outcome.returns, default=None), None, "s", "from its answer to live"
        ),
        BenchmarkFigure("chaos: CPU of the poller", 100 * outcome.poller_cpu_cores, None, "%", "of one core"),
    ]
