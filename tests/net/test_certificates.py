"""Until when a certificate in a file is good."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from ioc.net.certificates import expires_at
from tests.data_sources import certificates


def test_a_certificate_tells_until_when_it_is_good(tmp_path: Path) -> None:
    certificates.make(tmp_path)
    (tmp_path / "no.pem").write_text("-----BEGIN CERTIFICATE-----\nnonsense")
    until = expires_at(tmp_path / "server.pem")
    assert until is not None and timedelta(hours=23) < until - datetime.now(UTC) <= timedelta(days=1)
    assert expires_at(tmp_path / "no.pem") is None and expires_at(tmp_path / "none") is None
