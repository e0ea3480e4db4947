"""Large bodies lie in temporary files: a full disk is named."""

from collections.abc import Iterable

import orjson
import pytest

from ioc.domain.base.blocking import ensure_may_block
from ioc.web.errors.codes import RequestCode
from ioc.web.server.bodies import MAX_LARGE_PER_NETWORK
from ioc.web.wsgi import Environ, StartResponse
from tests.web.server.test_asgi import Exchange, served


@pytest.mark.parametrize(("sent", "answered"), [(300_000, 10), (0, 2_000_000)], ids=["request", "answer"])
async def test_a_full_disk_of_temporary_files_is_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, sent: int, answered: int
) -> None:
    def answer(_environ: Environ, start: StartResponse) -> Iterable[bytes]:
        ensure_may_block()
        start("200 OK", [])
        return [b"x" * answered]

    for name in ("tempfile.TemporaryFile", "ioc.web.server.responses.TemporaryFile"):
        monkeypatch.setattr(name, lambda *_, **__: open("/dev/full", "r+b", buffering=0))  # noqa: SIM115
    app = served(answer)
    for _ in range(MAX_LARGE_PER_NETWORK + 1):  # one that failed takes no place
        exchange = await Exchange("/vao/messages", method="POST", body=b"x" * sent).run(app)
        assert exchange.status == 507 and orjson.loads(exchange.received)["code"] == RequestCode.FILE_NOT_KEPT
    assert "Traceback" not in caplog.text and {record.levelname for record in caplog.records} == {"ERROR"}
