"""A worker whose connection is cut while it claims a job or stores its result."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from ioc.storage import jobs
from ioc.storage.db.store import Store
from tests.storage.lossy_proxy import Loss, lossy_proxy
from tests.system.program import until
from tests.worker.fake_renderer import FakeRenderer, enqueue, job, work_once


@pytest.mark.postgres
@pytest.mark.parametrize("is_reachable", [True, False])
@pytest.mark.parametrize("loss", list(Loss))
@pytest.mark.parametrize("step", ["claim", "finish"])
def test_lost_commit_leaves_no_job_that_only_seems_to_run(
    postgres_url: str, step: str, loss: Loss, is_reachable: bool
) -> None:  # fmt: skip
    """Neither one that nobody does, nor one that is done: both would wait for ABANDONED_AFTER."""
    with lossy_proxy(postgres_url) as proxy, closing(Store(proxy.url)) as store:
        number, renderer = enqueue(store), FakeRenderer()

        def lose() -> None:
            proxy.loss, proxy.is_reachable = loss, is_reachable

        if step == "claim":
            lose()
        else:
            renderer.on_render = lose
        with ThreadPoolExecutor() as pool:
            worked = pool.submit(work_once, store, renderer)
            until(lambda: proxy.lost == 1 and (is_reachable or proxy.refused > 0), 30, "a lost COMMIT")
            proxy.is_reachable = True
            assert worked.result(30)
        assert (job(store, number).state, job(store, number).attempts) == (jobs.DONE, 1)
        assert renderer.printed == [number]
