"""A SensorThings 1.1 service over a feed. Datastreams come in pages linked by @iot.nextLink."""

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from simulator.city import SimulatedFeed
from simulator.payloads import Json, utc

PAGE_SIZE = 12  # Datastreams in a page, whatever $top asks for
MAX_OBSERVATIONS = 100  # observations in a page
_OM = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"
_EXPANDED = re.compile(r"Observations(?:\(([^)]*)\))?")
_TOP = re.compile(r"\$top=(\d+)")


class EntityNotFoundError(LookupError):
    """No entity exists at the path: answered with 404."""


class SensorThingsService:
    """The service of one feed at `now`, seconds since 1970; `shift` seconds are added to every time."""

    def __init__(self, feed: SimulatedFeed, seed: int, now: float, shift: float, base: str) -> None:
        self.feed, self.seed, self.now, self.shift, self.base = feed, seed, now, shift, base
        self.names = list(feed.series_models)

    def answer(self, path: str, query: Mapping[str, str]) -> Json:
        """The body of GET base/path?query. EntityNotFoundError for an unknown path."""
        path = path.strip("/")
        if not path:
            return {"value": [{"name": "Datastreams", "url": f"{self.base}/Datastreams"}]}
        if path == "Datastreams":
            return self._page(path, query, len(self.names), PAGE_SIZE, lambda n: self._stream(n, query))
        match = re.fullmatch(r"Datastreams\((\d+)\)(/Observations)?", path)
        if match is None or not 1 <= int(match[1]) <= len(self.names):
            raise EntityNotFoundError(path)
        n = int(match[1]) - 1
        if not match[2]:
            return self._stream(n, query)
        return self._page(path, query, MAX_OBSERVATIONS, MAX_OBSERVATIONS, lambda back: self._observation(n, back))

    def _page(self, path: str, query: Mapping[str, str], count: int, limit: int, entity: Callable[[int], Json]) -> Json:
        skip, top = _number(query, "$skip", 0), min(limit, _number(query, "$top", limit))
        page: Json = {"@iot.count": count} if query.get("$count") == "true" else {}
        if top > 0 and skip + top < count:
            next_query = {**query, "$top": str(top), "$skip": str(skip + top)}
            page["@iot.nextLink"] = f"{self.base}/{path}?{urlencode(next_query)}"
        page["value"] = [entity(n) for n in range(skip, min(count, skip + top))]
        return page

    def _stream(self, n: int, query: Mapping[str, str]) -> Json:
        key = self.names[n]
        unit = self.feed.series_models[key].unit
        link = f"{self.base}/Datastreams({n + 1})"
        stream: Json = {
            "@iot.id": n + 1,
            "@iot.selfLink": link,
            "name": key,
            "description": f"{key} (mô phỏng)",
            "observationType": _OM,
            "unitOfMeasurement": {"name": unit, "symbol": unit, "definition": unit},
            "properties": {"key": key, "simulated": True},
            "Observations@iot.navigationLink": f"{link}/Observations",
        }
        expanded = _EXPANDED.search(query.get("$expand", ""))
        if expanded:
            top = _TOP.search(expanded[1] or "")
            stream["Observations"] = [
                self._observation(n, back) for back in range(min(MAX_OBSERVATIONS, int(top[1]) if top else 1))
            ]
            stream["Observations@iot.nextLink"] = f"{link}/Observations?$skip={len(stream['Observations'])}"
        return stream

    def _observation(self, n: int, back: int) -> Json:
        """The newest observation of a Datastream, or the one `back` steps earlier."""
        t = self.feed.observation_times.last(self.now)
        for _ in range(back):
            t = self.feed.observation_times.last(t - 0.5)
        at = utc(t + self.shift)
        number = round(t) * len(self.names) + n
        value = self.feed.series_models[self.names[n]].value_at(self.seed, t)
        return {
            "@iot.id": number,
            "@iot.selfLink": f"{self.base}/Observations({number})",
            "phenomenonTime": at,
            "resultTime": at,
            "result": value,
        }


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else default
