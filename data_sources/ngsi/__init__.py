"""NGSI-LD and NGSI v2: entities of a context broker, polled page by page or pushed to us as notifications."""

from data_sources.ngsi.fetch import fetch
from data_sources.ngsi.options import Options
from data_sources.ngsi.parse import parse

__all__ = ["Options", "fetch", "parse"]
