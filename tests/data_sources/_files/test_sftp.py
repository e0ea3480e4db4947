"""Station files over SFTP from a real OpenSSH server: which files are read, whom we trust, and how it fails."""

import os
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from data_sources._files import sftp
from data_sources._files.errors import FilesCode
from data_sources._http.factory import HttpClientFactory
from data_sources.tt10 import fetch
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.system_errors import SystemCode
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import Payload, SourceError
from simulator.free_ports import free_port
from tests.data_sources import sshd
from tests.data_sources._files.test_folder import names, put
from tests.data_sources.server import client_factory, row

GOOD = "pH\t7.25\t-\t20261124160000\t00\r\n"
NAME = "CT_20261124160000.txt"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sshd.Server]:
    with sshd.running(tmp_path_factory.mktemp("sshd")) as running:
        yield running


async def poll(server: sshd.Server, folder: Path, factory: HttpClientFactory, **changes: Any) -> Payload:
    options = {"host_key": server.host_key, "key": "${STATIONS_KEY}", **changes.pop("options", {})}
    source = row(changes.pop("address", server.address(folder)), options, deadline=timedelta(seconds=10), **changes)
    return await fetch(source, factory.context_for(source))


async def error_of(server: sshd.Server, folder: Path, factory: HttpClientFactory, **changes: Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await poll(server, folder, factory, **changes)
    return caught.value


async def test_only_new_and_changed_files_are_read(server: sshd.Server, tmp_path: Path) -> None:
    put(tmp_path / NAME, GOOD)
    put(tmp_path / "CT_20261124155500.txt", GOOD, age=90)
    put(tmp_path / "CT_20261101000000.txt", GOOD)
    put(tmp_path / "other.csv", GOOD)
    (tmp_path / "CT_20261124160100.txt").symlink_to(tmp_path / "other.csv")
    (tmp_path / "CT_20261124160200.txt").mkdir()
    async with client_factory(secrets={"STATIONS_KEY": server.key}) as factory:
        first = await poll(server, tmp_path, factory)
        assert names(first) == ["CT_20261124155500.txt", NAME]
        assert (first.pages[0].body, first.pages[0].media_type) == (GOOD.encode(), "txt")
        assert (await poll(server, tmp_path, factory)).is_unchanged
        put(tmp_path / NAME, GOOD * 2, age=30)
        put(tmp_path / "CT_20261124160500.txt", GOOD, age=0.5)  # still changes
        assert names(await poll(server, tmp_path, factory)) == [NAME]


async def test_file_that_the_server_does_not_give_keeps_back_no_other(
    server: sshd.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its writer has locked it, or its disk is broken."""
    open_file, bad = asyncssh.SFTPClient.open, "CT_20261124160500.txt"

    def open_or_fail(client: asyncssh.SFTPClient, path: str, mode: str) -> Any:
        if path.endswith(bad):
            raise asyncssh.SFTPFailure("Failure")
        return open_file(client, path, mode)

    monkeypatch.setattr(asyncssh.SFTPClient, "open", open_or_fail)
    put(tmp_path / NAME, GOOD)
    put(tmp_path / bad, GOOD)
    async with client_factory(secrets={"STATIONS_KEY": server.key}) as factory:
        assert names(await poll(server, tmp_path, factory)) == [NAME]
        put(tmp_path / "CT_20261124160700.txt", GOOD)
        assert names(await poll(server, tmp_path, factory)) == ["CT_20261124160700.txt"]
        monkeypatch.undo()
        assert names(await poll(server, tmp_path, factory)) == [bad]


async def test_missing_folder_of_a_day_is_skipped(server: sshd.Server, tmp_path: Path) -> None:
    put(tmp_path / "20261123" / "CT_20261123230000.txt", GOOD)
    async with client_factory(secrets={"STATIONS_KEY": server.key}) as factory:
        payload = await poll(server, tmp_path, factory, options={"folders": "%Y%m%d"})
    assert names(payload) == ["20261123/CT_20261123230000.txt"]


async def test_backlog_is_read_over_several_polls_the_newest_first(
    server: sshd.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(20):
        put(tmp_path / f"CT_202611241500{n:02}.txt", GOOD, age=600 - n)
    monkeypatch.setattr(sftp, "POLL_LIMIT", len(GOOD) * 8)
    async with client_factory(secrets={"STATIONS_KEY": server.key}) as factory:
        polls = [names(await poll(server, tmp_path, factory)) for _ in range(2)]
        assert (await poll(server, tmp_path, factory)).is_unchanged
    assert [len(files) for files in polls] == [16, 4]
    assert polls[0][-1] == "CT_20261124150019.txt" and polls[1][0] == "CT_20261124150000.txt"


async def test_connection_to_another_host_key_is_refused(server: sshd.Server, tmp_path: Path) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    async with client_factory(secrets={"STATIONS_KEY": server.key}) as factory:
        error = await error_of(server, tmp_path, factory, options={"host_key": other})
    assert error.failure.code == FilesCode.SFTP_HOST_KEY_MISMATCH and not error.is_refused


async def test_unknown_key_is_a_refusal(server: sshd.Server, tmp_path: Path) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    async with client_factory(secrets={"STATIONS_KEY": other}) as factory:
        error = await error_of(server, tmp_path, factory)
    assert error.failure.code == FilesCode.SFTP_LOGIN_REFUSED and error.is_refused


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"options": {"key": "", "password": ""}}, FilesCode.SFTP_INCOMPLETE),
        ({"options": {"host_key": ""}}, FilesCode.SFTP_INCOMPLETE),
        ({"options": {"host_key": "ssh-ed25519 AAAA"}}, FilesCode.SFTP_KEY_UNREADABLE),
        ({"options": {"key": "${PASSWORD}"}}, FilesCode.SFTP_KEY_UNREADABLE),
        ({"options": {"key": "${NOWHERE_KEY}"}}, IngestCode.SECRET_NOT_SET),
        ({"address": "sftp://ioc:geheim@127.0.0.1/x"}, FilesCode.SFTP_PASSWORD_IN_ADDRESS),
        ({"address": "sftp:///x"}, FilesCode.SFTP_INCOMPLETE),
        ({"address": f"sftp://ioc@127.0.0.1:{free_port()}/x"}, FilesCode.SFTP_NOT_CONNECTED),
    ],
)
async def test_incomplete_row_fails_with_its_code(
    server: sshd.Server, tmp_path: Path, changes: dict[str, Any], code: ErrorCode
) -> None:
    async with client_factory(secrets={"STATIONS_KEY": server.key, "PASSWORD": "geheim"}) as factory:
        error = await error_of(server, tmp_path, factory, **changes)
    assert error.failure.code == code and "geheim" not in str(error.failure)
    if code is FilesCode.SFTP_NOT_CONNECTED:
        assert error.failure.params["cause"] == Failure(SystemCode.CONNECTION_REFUSED)


async def test_missing_folder_and_one_without_recent_files_fail_and_an_empty_one_waits(
    server: sshd.Server, tmp_path: Path
) -> None:
    async with client_factory(secrets={"STATIONS_KEY": server.key}) as factory:
        missing = (await error_of(server, tmp_path / "nowhere", factory)).failure
        assert (missing.code, missing.external) == (FilesCode.SFTP_FOLDER_UNREADABLE, "No such file")
        assert names(await poll(server, tmp_path, factory)) == []
        put(tmp_path / "CT_20200101000000.txt", GOOD)
        old = (await error_of(server, tmp_path, factory)).failure
        assert old.code == FilesCode.NO_RECENT_FILE


async def test_unreadable_file_does_not_keep_the_others_from_being_read(server: sshd.Server, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    put(tmp_path / NAME, GOOD)
    put(tmp_path / "CT_20261124155500.txt", GOOD).chmod(0)
    async with client_factory(secrets={"STATIONS_KEY": server.key}) as factory:
        assert names(await poll(server, tmp_path, factory)) == [NAME]


class _WithPassword(asyncssh.SSHServer):
    """A server that accepts one password."""

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("ioc", "geheim")


@pytest.mark.parametrize("password", ["geheim", "falsch"])
async def test_password_is_accepted_or_refused(tmp_path: Path, password: str) -> None:
    put(tmp_path / NAME, GOOD)
    host = asyncssh.generate_private_key("ssh-ed25519")
    async with (
        await asyncssh.listen(
            "127.0.0.1", 0, server_factory=_WithPassword, server_host_keys=[host], sftp_factory=True
        ) as listener,
        client_factory(secrets={"STATIONS_PASSWORD": password}) as factory,
    ):
        options = {"host_key": host.export_public_key().decode(), "password": "${STATIONS_PASSWORD}"}
        source = row(f"sftp://ioc@127.0.0.1:{listener.get_port()}{tmp_path}", options)
        if password == "geheim":
            assert names(await fetch(source, factory.context_for(source))) == [NAME]
            return
        with pytest.raises(SourceError) as caught:
            await fetch(source, factory.context_for(source))
        assert caught.value.failure.code == FilesCode.SFTP_LOGIN_REFUSED and caught.value.is_refused
        assert "falsch" not in str(caught.value.failure)


async def test_silent_server_fails_at_the_deadline(server: sshd.Server) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        options = {"host_key": server.host_key, "key": "${STATIONS_KEY}"}
        address = f"sftp://ioc@127.0.0.1:{silent.getsockname()[1]}/x"
        source = row(address, options, deadline=timedelta(seconds=0.3))
        async with client_factory(secrets={"STATIONS_KEY": server.key}) as factory:
            with pytest.raises(SourceError) as caught:
                await fetch(source, factory.context_for(source))
    assert caught.value.failure == Failure(IngestCode.DEADLINE_EXCEEDED, {"seconds": 0.3})


async def test_names_that_are_not_utf8_become_text(server: sshd.Server, tmp_path: Path) -> None:
    for name in (b"CT_bao c\xb8o_20261124155500.txt", NAME.encode()):
        put(tmp_path / os.fsdecode(name), GOOD * len(name))
    async with client_factory(secrets={"STATIONS_KEY": server.key}) as factory:
        pages = (await poll(server, tmp_path, factory)).pages
    assert len(pages) == 2 and all(page.address.encode() for page in pages)
