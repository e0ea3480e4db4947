"""What the exercise tells: its readings and its situations in one JSON document."""

from simulator import drill
from simulator.city import SimulatedFeed
from simulator.payloads import Json, iso
from simulator.places import unit_at


def answer(feed: SimulatedFeed, seed: int, now: float, shift: float) -> Json:
    """{"thoiDiem", "soDo": [{"ma", "giaTri", "donVi"}], "tinhHuong": [{"ma", "ten", "mucDo", …}]}."""
    t = feed.observation_times.last(now)
    values = [
        {"ma": key, "giaTri": line.value_at(seed, t), "donVi": line.unit}
        for key, line in feed.series_models.items()
        if key not in drill.EVENT_COUNTS
    ]
    return {"thoiDiem": iso(t + shift), "soDo": values, "tinhHuong": _situations(t, shift)}


def _situations(t: float, shift: float) -> list[Json]:
    start, found = drill.cycle_start(t), []
    for n, (title, text, severity, begins, ends, (x, y)) in enumerate(drill.SCRIPT, 1):
        begun, over = start + begins * 3600, start + ends * 3600
        if begun <= t:
            found.append({
                "ma": f"DT-{round(start / drill.CYCLE_SECONDS)}-{n}", "ten": title, "noiDung": text, "mucDo": severity,
                "batDau": iso(begun + shift), "ketThuc": iso(over + shift), "kinhDo": x, "viDo": y,
                "diaBan": unit_at((x, y)),
                "trangThai": "đang diễn tập" if t < over else "kết thúc tình huống",
                "capNhat": iso((over if over <= t else begun) + shift),
            })  # fmt: skip
    return found
