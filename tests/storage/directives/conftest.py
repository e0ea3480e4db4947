"""Fixtures of directives in a store."""

import pytest

from ioc.storage.db.store import Store
from tests.storage.directives.harness import Harness


@pytest.fixture
def city(store: Store) -> Harness:
    """With a document whose tasks are assigned: nv-0 an order to a, nv-1 its part to b, nv-2 to c."""
    harness = Harness(store)
    harness.enter(assign=True)
    return harness
