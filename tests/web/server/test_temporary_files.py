"""Large bodies lie in temporary files: a full disk is named."""

from collections.abc import Iterable

import orjson
import pytest

from ioc.web.errors.codes import RequestCode
from ioc.web.wsgi import Environ, StartResponse
from tests.web.server.test_asgi import Exchange, served


@pytest.mark.parametrize("length", [300_000, 0], ids=["request", "answer"])
async def test_a_full_disk_of_temporary_files_is_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, length: int
) -> None:
    def large(_environ: Environ, start: StartResponse) -> Iterable[bytes]:
        start("200 OK", [])
        return [b"x" * 2_000_000]

    for name in ("tempfile.TemporaryFile", "ioc.web.server.responses.TemporaryFile"):
        monkeypatch.setattr(name, lambda *_, **__: open("/dev/full", "r+b", buffering=0))  # noqa: SIM115
    exchange = await Exchange("/vao/letters", method="POST", body=b"x" * length).run(served(large))
    assert exchange.status == 507 and orjson.loads(exchange.received)["code"] == RequestCode.FILE_NOT_KEPT
    assert "Traceback" not in caplog.text and [record.levelname for record in caplog.records] == ["ERROR"]
