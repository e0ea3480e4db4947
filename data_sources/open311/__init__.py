"""Open311 GeoReport v2: citizen reports as events; what persons wrote is stored apart from what is shown."""

from data_sources.open311.fetch import fetch
from data_sources.open311.options import Options
from data_sources.open311.parse import parse

__all__ = ["Options", "fetch", "parse"]
