"""GTFS-Realtime: vehicles and alerts as events, delays as readings; a static GTFS zip gives lines and stops names."""

from data_sources.gtfs_rt.fetch import fetch
from data_sources.gtfs_rt.options import Options
from data_sources.gtfs_rt.parse import parse

__all__ = ["Options", "fetch", "parse"]
