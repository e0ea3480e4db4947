"""Station files behind a real OpenSSH server: what is read, whom we speak to, and what ends in a reason."""

import os
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from data_sources._files import sftp
from data_sources.tt10 import fetch
from ioc.domain.ingest.protocol import Payload, SourceError
from tests.data_sources import sshd
from tests.data_sources._files.test_folder import names, put
from tests.data_sources.server import door, free_port, row

GOOD = "pH\t7.25\t-\t20261124160000\t00\r\n"
NAME = "CT_20261124160000.txt"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sshd.Server]:
    with sshd.running(tmp_path_factory.mktemp("sshd")) as made:
        yield made


async def look(server: sshd.Server, folder: Path, way: Any, **changes: Any) -> Payload:
    options = {"host_key": server.host_key, "key": "${STATIONS_KEY}", **changes.pop("options", {})}
    source = row(changes.pop("address", server.address(folder)), options, deadline=timedelta(seconds=10), **changes)
    return await fetch(source, way.to(source))


async def test_only_new_files_come(server: sshd.Server, tmp_path: Path) -> None:
    put(tmp_path / NAME, GOOD)
    put(tmp_path / "CT_20261124155500.txt", GOOD, age=90)
    put(tmp_path / "CT_20261101000000.txt", GOOD)
    put(tmp_path / "other.csv", GOOD)
    (tmp_path / "CT_20261124160100.txt").symlink_to(tmp_path / "other.csv")
    (tmp_path / "CT_20261124160200.txt").mkdir()
    async with door(secrets={"STATIONS_KEY": server.key}) as way:
        first = await look(server, tmp_path, way)
        assert names(first) == ["CT_20261124155500.txt", NAME]
        assert (first.pages[0].body, first.pages[0].media_type) == (GOOD.encode(), "txt")
        assert (await look(server, tmp_path, way)).is_unchanged
        put(tmp_path / NAME, GOOD * 2, age=30)
        put(tmp_path / "CT_20261124160500.txt", GOOD, age=0.5)  # still moves
        assert names(await look(server, tmp_path, way)) == [NAME]


async def test_folders_of_days_one_of_which_is_not_there_yet(server: sshd.Server, tmp_path: Path) -> None:
    put(tmp_path / "20261123" / "CT_20261123230000.txt", GOOD)
    async with door(secrets={"STATIONS_KEY": server.key}) as way:
        payload = await look(server, tmp_path, way, options={"folders": "%Y%m%d"})
    assert names(payload) == ["20261123/CT_20261123230000.txt"]


async def test_a_backlog_comes_in_pieces_the_newest_first(
    server: sshd.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(20):
        put(tmp_path / f"CT_202611241500{n:02}.txt", GOOD, age=600 - n)
    monkeypatch.setattr(sftp, "POLL_LIMIT", len(GOOD) * 8)
    async with door(secrets={"STATIONS_KEY": server.key}) as way:
        pieces = [names(await look(server, tmp_path, way)) for _ in range(2)]
        assert (await look(server, tmp_path, way)).is_unchanged
    assert [len(one) for one in pieces] == [16, 4]
    assert pieces[0][-1] == "CT_20261124150019.txt" and pieces[1][0] == "CT_20261124150000.txt"


async def test_another_host_key_ends_before_any_secret_is_sent(server: sshd.Server, tmp_path: Path) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    async with door(secrets={"STATIONS_KEY": server.key}) as way:
        with pytest.raises(SourceError, match="does not have the host key of the row") as caught:
            await look(server, tmp_path, way, options={"host_key": other})
    assert not caught.value.is_refused


async def test_a_key_that_is_not_known_stops_the_source(server: sshd.Server, tmp_path: Path) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    async with door(secrets={"STATIONS_KEY": other}) as way:
        with pytest.raises(SourceError, match="refuses our user") as caught:
            await look(server, tmp_path, way)
    assert caught.value.is_refused


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"options": {"key": "", "password": ""}}, "SFTP wants sftp://user@host"),
        ({"options": {"host_key": ""}}, "SFTP wants sftp://user@host"),
        ({"options": {"host_key": "ssh-ed25519 AAAA"}}, "no key that can be read"),
        ({"options": {"key": "${PASSWORD}"}}, "no key that can be read"),
        ({"options": {"key": "${NOWHERE_KEY}"}}, "NOWHERE_KEY is not set"),
        ({"address": "sftp://ioc:geheim@127.0.0.1/x"}, "the address holds a password"),
        ({"address": "sftp:///x"}, "SFTP wants sftp://user@host"),
        ({"address": f"sftp://ioc@127.0.0.1:{free_port()}/x"}, "no SFTP connection to 127.0.0.1"),
    ],
)
async def test_what_a_row_lacks_is_said(
    server: sshd.Server, tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    async with door(secrets={"STATIONS_KEY": server.key, "PASSWORD": "geheim"}) as way:
        with pytest.raises(SourceError, match=reason) as caught:
            await look(server, tmp_path, way, **changes)
    assert "geheim" not in caught.value.failure


async def test_a_folder_that_is_not_there_and_one_without_files(server: sshd.Server, tmp_path: Path) -> None:
    async with door(secrets={"STATIONS_KEY": server.key}) as way:
        with pytest.raises(SourceError, match=r"the folder of .* cannot be read: No such file"):
            await look(server, tmp_path / "nowhere", way)
        with pytest.raises(SourceError, match="no file"):
            await look(server, tmp_path, way)


async def test_a_file_we_may_not_read_leaves_the_others(server: sshd.Server, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    put(tmp_path / NAME, GOOD)
    put(tmp_path / "CT_20261124155500.txt", GOOD).chmod(0)
    async with door(secrets={"STATIONS_KEY": server.key}) as way:
        assert names(await look(server, tmp_path, way)) == [NAME]


class _WithPassword(asyncssh.SSHServer):
    """A server that lets one password in."""

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("ioc", "geheim")


@pytest.mark.parametrize("password", ["geheim", "falsch"])
async def test_a_password_lets_in_or_is_refused(tmp_path: Path, password: str) -> None:
    put(tmp_path / NAME, GOOD)
    host = asyncssh.generate_private_key("ssh-ed25519")
    async with (
        await asyncssh.listen(
            "127.0.0.1", 0, server_factory=_WithPassword, server_host_keys=[host], sftp_factory=True
        ) as made,
        door(secrets={"STATIONS_PASSWORD": password}) as way,
    ):
        options = {"host_key": host.export_public_key().decode(), "password": "${STATIONS_PASSWORD}"}
        source = row(f"sftp://ioc@127.0.0.1:{made.get_port()}{tmp_path}", options)
        if password == "geheim":
            assert names(await fetch(source, way.context_for(source))) == [NAME]
            return
        with pytest.raises(SourceError, match="refuses our user") as caught:
            await fetch(source, way.context_for(source))
        assert caught.value.is_refused and "falsch" not in caught.value.failure


async def test_a_server_that_says_nothing_ends_at_the_deadline(server: sshd.Server) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        options = {"host_key": server.host_key, "key": "${STATIONS_KEY}"}
        address = f"sftp://ioc@127.0.0.1:{silent.getsockname()[1]}/x"
        source = row(address, options, deadline=timedelta(seconds=0.3))
        async with door(secrets={"STATIONS_KEY": server.key}) as way:
            with pytest.raises(SourceError, match=r"no answer within 0.3 s"):
                await fetch(source, way.context_for(source))
