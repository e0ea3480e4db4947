"""NGSI-LD and NGSI v2: entities of a context broker, asked page by page or pushed to us as notifications."""

from data_sources.ngsi.asking import fetch
from data_sources.ngsi.options import Options
from data_sources.ngsi.telling import parse

__all__ = ["Options", "fetch", "parse"]
