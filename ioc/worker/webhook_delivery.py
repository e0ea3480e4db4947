"""Sends the acts that a system may see to its address: in their order, each at least once, from where it was told last.

Nothing waits for it: what is done is stored by others, and read here. A process that dies between an answer of the
receiver and the transaction that notes it sends the last acts again, with the same ids.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from ioc.directives.context import DirectiveContext
from ioc.directives.queries import events_after
from ioc.domain.access.permissions import PermissionDeniedError
from ioc.domain.access.principal import Principal
from ioc.domain.base.failure import Failure
from ioc.domain.base.own_thread import start_in_own_thread
from ioc.domain.directives import webhook as rules
from ioc.domain.directives.act_errors import ActError
from ioc.domain.directives.webhook import Webhook, WebhookCode, WebhookState
from ioc.domain.ingest.errors import IngestCode
from ioc.storage.db.change_counter import bump
from ioc.storage.db.store import StoreError
from ioc.storage.directives import webhooks
from ioc.storage.directives.events import EventPage, ExternalEvent
from ioc.storage.directives.visits import last_event
from ioc.worker.webhook_post import NotTaken

log = logging.getLogger("ioc.webhooks")

LOOK_SECONDS = 1.0  # between two looks for new acts
PAGE_SECONDS = 1.0  # acts sent within one second are noted together; who may see the next ones is asked anew
PAGE = 100  # acts that are read at once
_STOP_SECONDS = 2.0  # for messages that are on their way when the process ends


@dataclass(frozen=True, slots=True)
class Delivery:
    """What all deliveries share. `principal_of`: who acts by an API key, None for nobody. `secret`: by its name.

    `body`: the message of an act. `post`: sends one. `sender`: names this process. `rest`: called while nothing is to
    be sent, and with 0 seconds at the end.
    """

    context: DirectiveContext
    principal_of: Callable[[str], Principal | None]
    secret: Callable[[str], str]
    body: Callable[[ExternalEvent], bytes]
    post: Callable[[Webhook, dict[str, str], bytes], NotTaken | None]
    sender: str
    monotonic: Callable[[], float] = time.monotonic
    rest: Callable[..., None] = lambda *_: None


class WebhookSender:
    """Tells one system. One thread at a time uses it."""

    def __init__(self, webhook: Webhook, delivery: Delivery, stop: threading.Event | None = None) -> None:
        self._webhook, self._delivery, self._stop = webhook, delivery, stop or threading.Event()
        self._is_first_look = True  # a process that was just started tries at once, whatever failed before

    def deliver(self) -> bool:
        """Sends acts that wait, at most PAGE; whether there may be more. StoreError."""
        state = self._take_turn() if self._is_due() else None
        if state is None:
            return False
        self._is_first_look = False
        found = self._next_acts(state)
        if isinstance(found, Failure):
            self._put(state, state.after_failure(found, self._now()))
            return False
        page, key = found
        return self._send(state, page, key)

    def _is_due(self) -> bool:
        """Reads before it writes, so that an idle sender never takes the store's write lock."""
        system, store = self._webhook.system, self._delivery.context.store
        with store.read() as conn:
            state, newest = webhooks.states(conn, [system]).get(system), last_event(conn)
        if state is None:
            with store.write() as conn:
                webhooks.begin(conn, system, newest)
            return False
        return newest > state.cursor and (self._is_first_look or not state.wait(self._now()))

    def _take_turn(self) -> WebhookState | None:
        with self._delivery.context.store.write() as conn:
            return webhooks.take_turn(conn, self._webhook.system, self._delivery.sender, self._now())

    def _next_acts(self, state: WebhookState) -> tuple[EventPage, bytes] | Failure:
        """What the system may see, as the API would give it, and the key that signs it; else why there is none."""
        name = self._webhook.secret_name
        if not (secret := self._delivery.secret(name)):
            return Failure(IngestCode.SECRET_NOT_SET, {"name": name})
        principal = self._delivery.principal_of(self._webhook.system)
        if principal is None:
            return Failure(WebhookCode.KEY_MISSING)
        try:
            key = rules.signing_key(secret)
            return events_after(self._delivery.context, state.cursor, PAGE, principal), key
        except ValueError:
            return Failure(WebhookCode.SECRET_MALFORMED, {"name": name})
        except PermissionDeniedError:
            return Failure(WebhookCode.KEY_MISSING)
        except ActError as error:
            return error.failure

    def _send(self, state: WebhookState, page: EventPage, key: bytes) -> bool:
        stored, begun = state, self._delivery.monotonic()
        for item in page.events:
            if self._stop.is_set():
                self._put(stored, state)
                return False
            if rejected := self._post(item, key):
                self._put(stored, state.after_failure(rejected.failure, self._now(), rejected.pause))
                return False
            state = state.after_success(item.event.id, item.event.id, self._now())
            if self._delivery.monotonic() - begun >= PAGE_SECONDS:
                return self._put(stored, state)
        return self._put(stored, state.after_success(page.last, 0, self._now()))

    def _post(self, item: ExternalEvent, key: bytes) -> NotTaken | None:
        body = self._delivery.body(item)
        headers = rules.headers(key, rules.message_id(item.event), self._now(), body)
        return self._delivery.post(self._webhook, headers, body)

    def _put(self, before: WebhookState, state: WebhookState) -> bool:
        """Stores `state`, ends the turn, and tells pages where it fails now or no more.

        False where another process has the turn.
        """
        system, now = self._webhook.system, self._now()
        has_changed = before.failure != state.failure
        with self._delivery.context.store.write() as conn:
            if has_changed:
                bump(conn, ("access",), now)
            has_turn = webhooks.put_state(conn, system, self._delivery.sender, state)
        if has_changed:
            log.warning("webhook of %s: %s", system, state.failure or "delivers again")
        return has_turn

    def _now(self) -> datetime:
        return self._delivery.context.clock()


@contextmanager
def sending(targets: Sequence[Webhook], delivery: Delivery) -> Iterator[None]:
    """Tells each system in a thread of its own, so that a slow one holds up no other, until the block ends."""
    stop = threading.Event()
    threads = [start_in_own_thread(partial(_deliver_until, stop, target, delivery)) for target in targets]
    try:
        yield
    finally:
        stop.set()
        wait(threads, _STOP_SECONDS)


def _deliver_until(stop: threading.Event, target: Webhook, delivery: Delivery) -> None:
    sender, was_unavailable = WebhookSender(target, delivery, stop), False
    while not stop.is_set():
        try:
            has_more, was_unavailable = sender.deliver(), False
        except StoreError as error:
            if not was_unavailable:
                log.warning("webhook of %s: the store is unavailable: %s", target.system, error)
            has_more, was_unavailable = False, True
        except Exception as error:  # one fault of ours must not end the thread for good
            log.error("webhook of %s: %s", target.system, type(error).__name__, exc_info=True)
            has_more = False
        if not has_more:
            delivery.rest(target)
            stop.wait(LOOK_SECONDS)
    delivery.rest(target, 0.0)
