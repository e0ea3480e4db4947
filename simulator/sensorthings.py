"""A SensorThings 1.1 service over a feed: Datastreams in pages that only @iot.nextLink leads through."""

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
    """The path leads to nothing."""


class SensorThingsService:
    """The service of one feed as it stands at `now`; `shift` seconds are added to every time told."""

    def __init__(self, feed: SimulatedFeed, seed: int, now: float, shift: float, base: str) -> None:
        self.feed, self.seed, self.now, self.shift, self.base = feed, seed, now, shift, base
        self.names = list(feed.series_models)

    def answer(self, path: str, query: Mapping[str, str]) -> Json:
        """What GET base/path?query brings. NoSuchEntity for an unknown path."""
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

    def _page(self, path: str, query: Mapping[str, str], count: int, most: int, one: Callable[[int], Json]) -> Json:
        skip, top = _number(query, "$skip", 0), min(most, _number(query, "$top", most))
        found: Json = {"@iot.count": count} if query.get("$count") == "true" else {}
        if top > 0 and skip + top < count:
            onward = {**query, "$top": str(top), "$skip": str(skip + top)}
            found["@iot.nextLink"] = f"{self.base}/{path}?{urlencode(onward)}"
        found["value"] = [one(n) for n in range(skip, min(count, skip + top))]
        return found

    def _stream(self, n: int, query: Mapping[str, str]) -> Json:
        key = self.names[n]
        unit = self.feed.series_models[key].unit
        link = f"{self.base}/Datastreams({n + 1})"
        found: Json = {
            "@iot.id": n + 1,
            "@iot.selfLink": link,
            "name": key,
            "description": f"{key} (mô phỏng)",
            "observationType": _OM,
            "unitOfMeasurement": {"name": unit, "symbol": unit, "definition": unit},
            "properties": {"key": key, "simulated": True},
            "Observations@iot.navigationLink": f"{link}/Observations",
        }
        wanted = _EXPANDED.search(query.get("$expand", ""))
        if wanted:
            top = _TOP.search(wanted[1] or "")
            found["Observations"] = [
                self._observation(n, back) for back in range(min(MAX_OBSERVATIONS, int(top[1]) if top else 1))
            ]
            found["Observations@iot.nextLink"] = f"{link}/Observations?$skip={len(found['Observations'])}"
        return found

    def _observation(self, n: int, back: int) -> Json:
        """The newest observation of a stream, or the one `back` steps before."""
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


def _number(query: Mapping[str, str], name: str, otherwise: int) -> int:
    text = query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else otherwise
