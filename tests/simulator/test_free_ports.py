"""Free ports: outside the range of outgoing connections, not in use, none twice, in a row."""

import socket
from pathlib import Path

import pytest

from simulator import free_ports


@pytest.fixture(autouse=True)
def own_position(monkeypatch: pytest.MonkeyPatch) -> None:
    """The choice of this process goes on where it was after each test."""
    monkeypatch.setattr(free_ports, "_next_offset", 0)
    monkeypatch.setattr(free_ports, "_part", (0, 1))


def use_range(monkeypatch: pytest.MonkeyPatch, folder: Path, text: str) -> None:
    file = folder / "ip_local_port_range"
    file.write_text(text)
    monkeypatch.setattr(free_ports, "_EPHEMERAL_RANGE", file)


@pytest.mark.parametrize("text", ["32768\t60999\n", "25000\t65535\n"])
def test_ports_are_below_the_range_of_outgoing_connections(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str
) -> None:
    use_range(monkeypatch, tmp_path, text)
    limit = int(text.split()[0])
    for share in range(10):
        free_ports.use_part(share, 10)
        assert 11_000 <= free_ports.free_ports(3) < limit - 2


def test_range_that_leaves_no_port_below_is_not_avoided(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_range(monkeypatch, tmp_path, "1024\t65535\n")
    assert free_ports.candidates() == range(11_000, 65_536)
    monkeypatch.setattr(free_ports, "_EPHEMERAL_RANGE", tmp_path / "absent")
    assert free_ports.candidates() == range(11_000, 32_768)


def test_no_port_is_given_twice() -> None:
    ports = [free_ports.free_port() for _ in range(200)]
    assert len(set(ports)) == len(ports)


def test_port_in_use_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    first = free_ports.free_ports(4)
    with socket.create_server(("127.0.0.1", first + 1)):
        monkeypatch.setattr(free_ports, "candidates", lambda: range(first, first + 4))
        assert free_ports.free_ports(2) == first + 2
        with pytest.raises(OSError, match="no 3 free ports"):
            free_ports.free_ports(3)


def test_processes_side_by_side_are_given_different_ports() -> None:
    given = []
    for number in range(2):
        free_ports.use_part(number, 2)
        given.append({free_ports.free_port() for _ in range(100)})
    assert not given[0] & given[1]
