"""Commands that act upon a source: give it a fault, have it asked again."""

import sys
from collections.abc import Iterable
from contextlib import closing
from datetime import timedelta

from components.ui.i18n import say
from components.ui.status_badges import source_word
from ioc.cli.context import Context
from ioc.domain.ingest.health import SourceState

_ALIVE = timedelta(seconds=5)  # a poller whose heart is older does not poll


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def fault(context: Context, source: str, kind: str, seconds: str = "60") -> int:
    """Give a source of the running simulated city a fault."""
    from simulator.city import feeds
    from simulator.faults import CLEAR, LONGEST, FaultRefused, command, kinds_of, lasting

    if source not in feeds():
        context.complain("not_simulated", source=source, known=_names(feeds()))
        return 1
    kinds = kinds_of(feeds()[source].shape)
    if kind not in kinds:
        context.complain("no_fault", kind=kind, known=_names(kinds))
        return 1
    lasts = lasting(seconds)
    if lasts is None:
        context.complain("wrong_seconds", seconds=seconds[:40], most=LONGEST)
        return 1
    try:
        command(context.simulator(), source, kind, lasts)
    except FaultRefused as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except OSError:
        context.complain("no_simulator", address=context.simulator())
        return 1
    what = say(f"commands.fault_{kind}", context.lang)
    context.say("fault_ok" if kind == CLEAR else "fault_set", source=source, what=what, seconds=f"{lasts:g}")
    return 0


def believe(context: Context, key: str) -> int:
    """Take what a source brings from now on as its shape: its fields, units and counts have changed for good."""
    from ioc.poller.repoll_queue import note

    source = context.source(key)
    if source is None:
        return 2
    if not context.settings.data.is_dir():
        context.complain("again_nowhere", source=key, folder=context.settings.data)
        return 1
    with closing(context.store()) as store, store.write() as conn:
        note(conn, key, context.clock(), believe=True)
    context.say("believed", source=key)
    return 0


def again(context: Context, key: str) -> int:
    """Have a source that was stopped by 401 or 403 asked again: the other side has mended, the row did not change."""
    from ioc.poller.repoll_queue import note
    from ioc.storage.db import change_counter
    from ioc.storage.timeseries import source_health

    source = context.source(key)
    if source is None:
        return 2
    if not source.enabled:
        context.complain("again_off", source=key)
        return 1
    if not context.settings.data.is_dir():
        context.complain("again_nowhere", source=key, folder=context.settings.data)
        return 1
    now = context.clock()
    with closing(context.store()) as store:
        with store.read() as conn:
            health, beat = source_health.current(conn).get(key), change_counter.read(conn).beat
        with store.write() as conn:
            note(conn, key, now)
    polled = beat is not None and now - beat < _ALIVE
    if polled and health is not None and health.state is not SourceState.REFUSED:
        context.say("again_needless", source=key, state=source_word(health.state, context.lang))
    else:
        context.say("again_asked" if polled else "again_unpolled", source=key)
    return 0
