"""A real Prometheus, of the system's package, for a test."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from simulator.free_ports import free_port


@contextmanager
def prometheus(folder: Path, **jobs: Mapping[str, Any]) -> Iterator[str]:
    """The address of a server that scrapes itself as the job `self`, and `jobs`, each second.

    A scrape may take a second: a busy machine does not answer sooner.
    """
    program = shutil.which("prometheus")
    if program is None:
        message = "prometheus is not installed: apt-get install prometheus gives it to this test"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    address = f"127.0.0.1:{free_port()}"
    all_jobs = {"self": {"static_configs": [{"targets": [address]}]}, **jobs}
    scrapes = [{"job_name": name, **job} for name, job in all_jobs.items()]
    interval = {"scrape_interval": "1s", "scrape_timeout": "1s"}
    (folder / "prometheus.yml").write_text(json.dumps({"global": interval, "scrape_configs": scrapes}))
    command = [program, "--config.file=prometheus.yml", "--storage.tsdb.path=data", f"--web.listen-address={address}",
               "--storage.tsdb.retention.size=50MB", "--log.level=error"]  # fmt: skip
    environment = {**os.environ, "GOMAXPROCS": "1"}
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            yield f"http://{address}"
        finally:
            server.terminate()
            server.wait(20)
