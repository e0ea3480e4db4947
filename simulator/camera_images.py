"""The list of the cameras and a drawing of each with the time in it."""

from collections.abc import Iterator
from datetime import datetime
from math import floor

from ioc.domain.base.times import CITY_ZONE
from simulator import canvas as simulator_canvas
from simulator.cameras import CAMERAS, is_offline
from simulator.canvas import Canvas
from simulator.noise import hour_of, random_for
from simulator.payloads import Json
from simulator.places import unit_at
from simulator.request import PathNotFoundError, SimulatedRequest, SimulatedResponse
from simulator.traffic import congestion

IMAGE_INTERVAL = 10.0  # seconds between two pictures
_MAX_VEHICLES = 7  # vehicles in a picture


def answer(request: SimulatedRequest) -> Json | SimulatedResponse:
    """Answers list.json and <camera>.png. PathNotFoundError for another path or a camera without a picture."""
    if request.path == "list.json":
        return {"cameras": [_camera_record(key, name, point) for key, (name, point) in CAMERAS.items()]}
    key = request.path.removesuffix(".png")
    if key not in CAMERAS or is_offline(key, request.seed, request.now):
        raise PathNotFoundError(request.path)
    return SimulatedResponse(camera_image(key, request.seed, request.now + request.shift), "image/png")


def _camera_record(key: str, name: str, point: tuple[float, float]) -> Json:
    lon, lat = point
    return {"id": key, "name": f"{name} (mô phỏng)", "x": lon, "y": lat, "ward": unit_at(point), "jpg": f"{key}.png"}


def camera_image(key: str, seed: int, t: float) -> bytes:
    """The drawing of a camera at `t` as PNG: road, vehicles, the moment, and that all of it is simulated."""
    t = floor(t / IMAGE_INTERVAL) * IMAGE_INTERVAL
    canvas = Canvas(night=not 6 <= hour_of(t) < 18)
    for lane, where, length in _traffic(key, seed, t):
        canvas.draw_vehicle(lane, where, length)
    canvas.draw_text(8, 6, "MÔ PHỎNG")
    canvas.draw_text(
        8, simulator_canvas.HEIGHT - 26, datetime.fromtimestamp(t, CITY_ZONE).strftime("%d/%m/%Y %H:%M:%S")
    )
    return canvas.png()


def _traffic(key: str, seed: int, t: float) -> Iterator[tuple[int, float, int]]:
    """Lane, how far along (0..1) and length of each vehicle."""
    for n in range(1 + round(_MAX_VEHICLES * congestion(t))):
        draw = random_for(seed, "seen", key, n)
        pace = draw.uniform(0.006, 0.014)
        yield draw.randrange(2), (draw.random() + t * pace) % 1.0, draw.choice((1, 1, 2))
