"""Addresses of the servers of other programs that the simulated city starts, and which of them this machine lacks.

Every process reads them with the configuration, so this file imports little.
"""

import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

from ioc.domain.base.failure import Failure
from ioc.domain.ingest.errors import IngestCode
from simulator import postgres

MQTT, SQL = "SIMULATOR_MQTT", "SIMULATOR_SQL"  # variables of the addresses in config/protocols/sources.yaml


def addresses(simulator: str, data: Path) -> dict[str, str]:
    """The addresses by variable: the ports after the city's own. `data`: the folder of the SQLite file.

    `simulator`: the address of the city. Without PostgreSQL there is an SQLite file instead.
    """
    port = urlsplit(simulator).port or 8051
    sql = postgres.database_url(port + 2) if postgres.find_programs() else f"sqlite:///{data.resolve()}/simulated.db"
    return {MQTT: f"mqtt://127.0.0.1:{port + 1}", SQL: sql}


def unavailable() -> dict[str, Failure]:
    """Why a server cannot run on this machine, by variable."""
    if find_mosquitto():
        return {}
    return {MQTT: Failure(IngestCode.PROGRAM_MISSING, {"program": "Mosquitto", "package": "mosquitto"})}


def find_mosquitto() -> str | None:
    """The path of Mosquitto; None when it is not installed."""
    return shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
