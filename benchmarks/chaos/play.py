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

from benchmarks.chaos import centre
from benchmarks.chaos.gateways import Gateways
from benchmarks.chaos.oracle import EVERY, LONGEST_BACK_OFF, Life, faults
from benchmarks.chaos.servers import Broker, Database, Json, Server, Stations, Things
from benchmarks.chaos.truth import served
from benchmarks.process import cpu
from ioc.storage.db.store import Store

UP, DOWN = (3.0, 40.0), (1.0, 75.0)  # seconds that a server lives and is dead, at a whole length of ten minutes
_WHOLE = 600.0
_PATIENCE = 30.0


@dataclass(slots=True)
class Outcome:
    """What came of it. `wrong`: what screens showed that was not so. `returns`: seconds from an answer to live."""

    kills: int = 0
    looks: int = 0
    wrong: list[str] = field(default_factory=list)
    returns: list[float] = field(default_factory=list)
    offered: int = 0
    lost: list[tuple[str, int]] = field(default_factory=list)
    strange: list[tuple[str, int]] = field(default_factory=list)  # stored otherwise than it was served
    twice: int = 0
    used: float = 0.0  # CPU of the poller, of one core


class Part:
    """One server with its life and its fate."""

    def __init__(self, server: Server, seed: int, share: float) -> None:
        self.server, self.life = server, Life(fresh=2 * server.step + (2.0 if isinstance(server, Stations) else 0.0))
        self._chance, self._share = random.Random(f"{seed} {server.name}"), share
        self.waits = False  # for being shown as live after it came back

    def span(self) -> float:
        """How long it stays as it is now; mostly short, now and then long."""
        low, high = UP if self.life.up else DOWN
        return low + (high * self._share - low) * self._chance.random() ** 2 if high * self._share > low else low

    def turn(self) -> bool:
        """Kill it, or let it come back; whether it was killed."""
        if self.life.up:
            self.life.killed(time.time())
            self.server.kill()
        else:
            self.server.start()
            self.life.back(time.time())
        self.waits = self.life.up
        return not self.life.up


def play(seconds: float, seed: int, say: Callable[[str], None] = lambda _: None) -> Outcome:
    """Bounded: ends by itself, and all that it started with it."""
    folder = Path(tempfile.mkdtemp(prefix="ioc-chaos-"))
    folder.chmod(0o755)  # the database server is another user
    try:
        with ExitStack() as stack:
            servers = _started(folder, int(time.time()), stack)
            stations, broker = (next(s for s in servers if isinstance(s, kind)) for kind in (Stations, Broker))
            stack.enter_context(Gateways(stations, broker))  # type: ignore[arg-type]
            shown = stack.enter_context(centre.running(folder, servers))
            return _played(shown, servers, seconds, seed, say)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _started(folder: Path, begin: int, stack: ExitStack) -> list[Server]:
    kinds: tuple[tuple[type[Server], int], ...] = ((Json, 1), (Things, 1), (Stations, 5), (Broker, 1), (Database, 1))
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


def _played(
    shown: centre.Centre, servers: Sequence[Server], seconds: float, seed: int, say: Callable[[str], None]
) -> Outcome:
    outcome, parts = Outcome(), [Part(one, seed, min(1.0, seconds / _WHOLE * 2)) for one in servers]
    begun, used = time.time(), cpu(shown.pids[0])
    due = {one.server.name: begun + one.span() / 2 for one in parts}
    for one in parts:
        one.life.since = begun
    while time.time() < begun + seconds:
        for one in parts:
            if time.time() >= due[one.server.name]:
                outcome.kills += one.turn()
                due[one.server.name] = time.time() + one.span()
        _look(shown, parts, outcome, say)
        time.sleep(1 - time.time() % 1)
    outcome.used = (cpu(shown.pids[0]) - used) / seconds
    for one in parts:
        if not one.life.up:
            one.turn()
    stop = int(time.time())
    _count(shown, parts, stop, outcome, say)
    return outcome


def _look(shown: centre.Centre, parts: Sequence[Part], outcome: Outcome, say: Callable[[str], None]) -> None:
    alive, found = shown.shown()
    outcome.looks += 1
    wrong = [] if alive else ["the poller looks dead"]
    for one in parts:
        name, seen = one.server.name, found[one.server.name]
        wrong += [f"{name}: {what}" for what in faults(one.life, seen)]
        if one.waits and seen.health == "live":
            outcome.returns.append(seen.told - one.life.since)
            one.waits = False
    for what in wrong:
        say(what)
    outcome.wrong += wrong


def _count(
    shown: centre.Centre, parts: Sequence[Part], stop: int, outcome: Outcome, say: Callable[[str], None]
) -> None:
    """Once all are back: what each offers until `stop` is awaited, then held against the store."""
    offered = {
        (name, second): value
        for one in parts
        for name, second, value in served(one.server.name, one.server.begin, stop, one.server.step)
    }
    store, until = Store(centre.store_of(shown.folder)), time.time() + LONGEST_BACK_OFF + EVERY + _PATIENCE
    try:
        while offered.keys() - (held := _held(store)).keys() and time.time() < until:
            _look(shown, parts, outcome, say)
            time.sleep(1)
        with store.read() as conn:
            outcome.twice = int(conn.execute(text("SELECT count(*) FROM revision")).scalar_one())
    finally:
        store.close()
    outcome.offered = len(offered)
    outcome.lost = sorted(offered.keys() - held.keys())
    outcome.strange = sorted(one for one, value in held.items() if one[1] <= stop and value != offered.get(one))


def _held(store: Store) -> dict[tuple[str, int], float]:
    asked = text(
        "SELECT key, observed_ms, value FROM reading JOIN series ON series.id = series_id WHERE key LIKE 'chaos-%'"
    )
    with store.read() as conn:
        return {(name, at // 1000 if at % 1000 == 0 else -at): value for name, at, value in conn.execute(asked)}
