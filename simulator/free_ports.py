"""Free ports of loopback for servers that are started a moment later.

A port of the ephemeral range is not safe: between the choice and the start the kernel may give it to an outgoing
connection. These ports are below that range, and a process is given none of them twice.
"""

import random
import socket
from contextlib import ExitStack
from pathlib import Path

_LOWEST = 11_000  # browsers refuse some ports below
_EPHEMERAL_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_DEFAULT_EPHEMERAL = 32_768
_part = (0, 1)  # number and count: this process takes its ports from this part
_next_offset = random.randrange(_DEFAULT_EPHEMERAL)  # from the first candidate; advances with each choice


def free_port() -> int:
    """A free port of loopback. OSError when there is none."""
    return free_ports(1)


def free_ports(count: int) -> int:
    """The first of `count` free ports of loopback in a row. OSError when there are none."""
    global _next_offset
    ports = candidates()
    for _ in range(len(ports)):
        first = ports[_next_offset % (len(ports) - count + 1)]
        _next_offset += count
        if all_free(range(first, first + count)):
            return first
    raise OSError(f"no {count} free ports in a row between {ports.start} and {ports.stop - 1}")


def use_part(number: int, count: int) -> None:
    """Limits the choice to part `number` of `count` equal parts, for processes that run side by side."""
    global _part
    _part = (number, count)


def candidates() -> range:
    """The ports of the part below the ephemeral range; all above the lowest where that range leaves none."""
    try:
        end = int(_EPHEMERAL_RANGE.read_text().split()[0])
    except OSError:  # not Linux
        end = _DEFAULT_EPHEMERAL
    ports, (number, count) = range(_LOWEST, end if end > 2 * _LOWEST else 65_536), _part
    size = len(ports) // count
    return ports[number * size : (number + 1) * size]


def all_free(ports: range) -> bool:
    """Whether nothing is bound to any of these ports of loopback."""
    with ExitStack() as stack:
        try:
            for port in ports:
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
