"""Expiry of certificates in files."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from ioc.net.certificates import expires_at
from tests.data_sources import certificates


def test_expiry_is_read_from_a_certificate_file(tmp_path: Path) -> None:
    certificates.make(tmp_path)
    (tmp_path / "no.pem").write_text("-----BEGIN CERTIFICATE-----\nnonsense")
    expiry = expires_at(tmp_path / "server.pem")
    assert expiry is not None and timedelta(hours=23) < expiry - datetime.now(UTC) <= timedelta(days=1)
    assert expires_at(tmp_path / "no.pem") is None and expires_at(tmp_path / "none") is None
