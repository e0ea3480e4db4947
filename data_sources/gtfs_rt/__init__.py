"""GTFS-Realtime: vehicles and alerts as events, delays as readings, names from a static GTFS zip."""

from data_sources.gtfs_rt.fetch import fetch
from data_sources.gtfs_rt.options import Options
from data_sources.gtfs_rt.parse import parse

__all__ = ["Options", "fetch", "parse"]
