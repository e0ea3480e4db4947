"""The workload's server as a child of the benchmark: `python -m benchmarks.load_server PORT SOURCES`."""

import sys

from ioc.cli.supervisor import die_with_parent
from ioc.domain.base.times import utc_now
from simulator.load import serve_load

if __name__ == "__main__":
    die_with_parent()
    # Values change each second, so that every poll brings new ones and the source of 1 s can be timed.
    serve_load(int(sys.argv[1]), utc_now, int(sys.argv[2]), every=1.0)
