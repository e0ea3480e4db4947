"""Several addresses of one poll, fetched a few at a time, so that those that fail or hang keep back no other.

Four addresses have all of the time, more of them share it: each has a quarter or more. Those that took longer come
last at later polls, in turn, and have half of it, as long as they take longer: a slow server is read too.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from math import ceil
from typing import NamedTuple

import orjson

from data_sources._http.paging import PageCache
from data_sources._http.validators import forget
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage, SourceError
from ioc.domain.ingest.source import Source

_CONCURRENCY, _LEAST_SHARE = 4, 4
_DEADLINE_SHARE = 0.7  # of the deadline: what came by then is used, the rest is due at the next poll
_SLOW_KEY = "slow"
_FAILED = "part failed"  # media type of a page that has the failure of a part; no server can send it
Outcome = ResponsePage | SourceError | None  # None: unchanged


async def fetch_parts(
    source: Source,
    context: FetchContext,
    names: Mapping[str, str],
    begun: float,
    get: Callable[[str], Awaitable[ResponsePage | None]],
    *,
    is_kept: bool = True,
) -> Payload:
    """A page for each of `names`, with its name as `address`; of a part that failed one that `refuse_failed` refuses.

    `begun`, `get`: see fetch_several. `is_kept`: the next poll may find pages unchanged. SourceError where all parts
    fail, and where a server refuses.
    """
    outcomes = await fetch_several(source, context, names, begun, get)
    errors = [outcome for outcome in outcomes.values() if isinstance(outcome, SourceError)]
    if refusal := refusal_of(outcomes):
        raise refusal
    if len(errors) == len(outcomes):
        raise errors[0]
    cache, pages = PageCache[str](context.memory), list[ResponsePage]()
    for key, outcome in outcomes.items():
        page = _failed_page(outcome, context) if isinstance(outcome, SourceError) else cache.add(key, outcome)
        pages.append(replace(page, address=names[key]))
    cache.keep(is_needed=is_kept)
    is_unchanged = not (cache.has_changed or errors)
    return Payload(is_unchanged=True) if is_unchanged else Payload(tuple(pages), is_partial=bool(errors))


def _failed_page(error: SourceError, context: FetchContext) -> ResponsePage:
    failure = error.failure.map_text(context.mask_secrets)
    return ResponsePage(orjson.dumps(failure.to_json()), _FAILED)


def refuse_failed(page: ResponsePage) -> None:
    """SourceError where `page` stands for a part of a `fetch_parts` that failed."""
    if page.media_type == _FAILED:
        raise SourceError(Failure.from_json(orjson.loads(page.body)))


async def fetch_several(
    source: Source,
    context: FetchContext,
    addresses: Collection[str],
    begun: float,
    get: Callable[[str], Awaitable[ResponsePage | None]],
    may_go_on: Callable[[], bool] = lambda: True,
) -> dict[str, Outcome]:
    """What came of each of `addresses`, in their order. Nothing more is asked for once a server refuses.

    `begun`: when the poll began, by the clock of the event loop. `may_go_on` is asked before each request.
    """
    now, seconds = asyncio.get_running_loop().time, source.deadline.total_seconds() * _DEADLINE_SHARE
    ends, slow = begun + seconds, _SlowAddresses(context.memory.setdefault(_SLOW_KEY, {}))
    outcomes: dict[str, Outcome] = dict.fromkeys(addresses, SourceError(IngestCode.DEADLINE_EXCEEDED, seconds=seconds))
    addresses_left, share = iter(slow.last(addresses)), min(_LEAST_SHARE, ceil(len(addresses) / _CONCURRENCY))

    async def fetch_in_turn() -> None:
        for address in addresses_left:
            if now() > ends or refusal_of(outcomes) or not may_go_on():
                return
            own_seconds = seconds / (min(2, share) if address in slow.turns else share)
            usual_end, own_ends = now() + seconds / share, now() + own_seconds
            try:
                async with asyncio.timeout_at(min(ends, own_ends)):
                    outcomes[address] = await get(address)
            except TimeoutError:
                forget(context.memory, address)  # an answer that came just then is lost
                outcomes[address] = SourceError(IngestCode.DEADLINE_EXCEEDED, seconds=own_seconds)
            except SourceError as error:
                outcomes[address] = error
            if now() < ends:  # else it has not had its time
                slow.note(address, is_slow=now() >= min(usual_end, own_ends))

    await asyncio.gather(*(fetch_in_turn() for _ in range(_CONCURRENCY)))
    return outcomes


def refusal_of(outcomes: dict[str, Outcome]) -> SourceError | None:
    """The first by which a server refuses further requests, for a time or for good; None without one."""
    errors = (outcome for outcome in outcomes.values() if isinstance(outcome, SourceError))
    return next((error for error in errors if error.is_refused or error.retry_after is not None), None)


class _SlowAddresses(NamedTuple):
    """Addresses that took too long. `turns`: address -> the number of the attempt, the last one has the highest."""

    turns: dict[str, int]

    def last(self, due: Collection[str]) -> list[str]:
        """The addresses `due`, the slow ones after the others, the longest ago first. Forgets any others."""
        for address in self.turns.keys() - set(due):
            del self.turns[address]
        return sorted(due, key=lambda address: self.turns.get(address, 0))

    def note(self, address: str, *, is_slow: bool) -> None:
        """The result of an attempt."""
        self.turns.pop(address, None)
        if is_slow:
            self.turns[address] = max(self.turns.values(), default=0) + 1
