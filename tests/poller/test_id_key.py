"""The key of the digests in ids of events: without one they can be tried out for all telephone numbers."""

import inspect
from collections.abc import Callable

import pytest

from ioc.domain.events.validation import validate_events
from ioc.poller.admission import admit_batch
from ioc.poller.poller import Poller
from ioc.poller.service import PollingService, run


@pytest.mark.parametrize("takes_key", [validate_events, admit_batch, Poller, PollingService, run])
def test_nobody_leaves_the_key_out_by_mistake(takes_key: Callable[..., object]) -> None:
    assert inspect.signature(takes_key).parameters["id_key"].default is inspect.Parameter.empty
