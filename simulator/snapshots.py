"""The list of the cameras, and of each a small invented drawing with the time in it."""

from collections.abc import Iterator
from datetime import datetime
from math import floor

from ioc.domain.base.times import CITY
from simulator import drawing
from simulator.cameras import CAMERAS, lost
from simulator.chance import dice, hour_of
from simulator.drawing import Canvas
from simulator.payloads import Json
from simulator.places import unit_at
from simulator.speech import Asked, NotHere, Said
from simulator.traffic import rush

EACH = 10.0  # seconds between two pictures
_MOST = 7  # vehicles in a picture


def answer(asked: Asked) -> Json | Said:
    """list.json, or <camera>.png."""
    if asked.path == "list.json":
        return {"cameras": [_told(key, name, point) for key, (name, point) in CAMERAS.items()]}
    key = asked.path.removesuffix(".png")
    if key not in CAMERAS or lost(key, asked.seed, asked.now):
        raise NotHere(asked.path)
    return Said(picture(key, asked.seed, asked.now + asked.shift), "image/png")


def _told(key: str, name: str, point: tuple[float, float]) -> Json:
    lon, lat = point
    return {"id": key, "name": f"{name} (mô phỏng)", "x": lon, "y": lat, "ward": unit_at(point), "jpg": f"{key}.png"}


def picture(key: str, seed: int, t: float) -> bytes:
    """The drawing of a camera at `t` as PNG: road, vehicles, the moment, and that all of it is simulated."""
    t = floor(t / EACH) * EACH
    canvas = Canvas(night=not 6 <= hour_of(t) < 18)
    for lane, where, length in _traffic(key, seed, t):
        canvas.vehicle(lane, where, length)
    canvas.write(8, 6, "MÔ PHỎNG")
    canvas.write(8, drawing.HEIGHT - 26, datetime.fromtimestamp(t, CITY).strftime("%d/%m/%Y %H:%M:%S"))
    return canvas.png()


def _traffic(key: str, seed: int, t: float) -> Iterator[tuple[int, float, int]]:
    """Lane, how far along (0..1) and length of each vehicle."""
    for n in range(1 + round(_MOST * rush(t))):
        draw = dice(seed, "seen", key, n)
        pace = draw.uniform(0.006, 0.014)
        yield draw.randrange(2), (draw.random() + t * pace) % 1.0, draw.choice((1, 1, 2))
