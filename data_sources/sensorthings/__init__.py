"""OGC SensorThings 1.1: the newest observations of each Datastream, page by page by @iot.nextLink."""

from data_sources.sensorthings.fetch import fetch
from data_sources.sensorthings.options import Options
from data_sources.sensorthings.parse import parse

__all__ = ["Options", "fetch", "parse"]
