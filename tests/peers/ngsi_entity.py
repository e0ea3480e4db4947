"""Run with the Python of the peers: entities as ngsildclient writes them, one on each line."""

import sys

from ngsildclient import Entity

for place, amount in (("ct01", 22), ("ct02", 31.5)):
    entity = Entity("AirQualityObserved", place).obs("2026-11-24T09:00:00Z").loc((10.03, 105.78))
    entity.prop("NO2", amount, unitcode="GQ", observedat="2026-11-24T09:05:00Z").prop(
        "temperature", 31.5, unitcode="CEL"
    )
    sys.stdout.write(entity.rel("refDevice", f"Device:{place}").to_json() + "\n")
