"""A writer to be killed: appends batches and prints the number of each one once it is committed.

Run as `python -m tests.storage.killable_writer URL FIRST`.
"""

import sys
from datetime import timedelta

from ioc.domain.ingest.reading import Reading
from ioc.storage.db import change_counter
from ioc.storage.db.store import Store
from ioc.storage.timeseries import readings
from tests.storage.expected_store import START, make_readings

SERIES = ("a", "b", "c")


def batch(number: int) -> list[Reading]:
    """Seven seconds a batch; one reading of it comes late, by three batches."""
    seconds = [number * 7 + n for n in range(5)] + [(number - 3) * 7 + 6]
    return [reading for key in SERIES for reading in make_readings(key, [(at, float(at % 11)) for at in seconds])]


def main(url: str, first: int) -> None:
    """Runs until it is killed."""
    store, number = Store(url), first
    while True:
        with store.write() as conn:
            for again in (number - 1, number):  # a batch that was not acknowledged is sent again
                readings.append(conn, "s", batch(again), START + timedelta(seconds=number * 7))
            change_counter.bump(conn, {"readings"}, START)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
        number += 1


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
