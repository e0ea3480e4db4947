"""Road works: under way or paused, from their first day to their last."""

from collections.abc import Iterator
from functools import lru_cache
from math import floor
from typing import NamedTuple

from simulator.noise import DAY, ZONE, day_of, random_for
from simulator.series_model import SeriesModel

Point = tuple[float, float]
ACTIVE, PAUSED = "đang thi công", "tạm dừng thi công"
# Road: name, (lon, lat) of its works, direction in radians from the east.
ROADS: dict[str, tuple[str, Point, float]] = {
    "nguyen-van-cu": ("Đường Nguyễn Văn Cừ", (105.749, 10.030), 2.6),
    "30-thang-4": ("Đường 30 Tháng 4", (105.771, 10.022), 0.9),
    "3-thang-2": ("Đường 3 Tháng 2", (105.761, 10.022), 0.9),
    "mau-than": ("Đường Mậu Thân", (105.767, 10.041), 2.2),
    "cach-mang-thang-8": ("Đường Cách Mạng Tháng 8", (105.765, 10.060), 2.3),
    "vo-van-kiet": ("Đường Võ Văn Kiệt", (105.744, 10.058), 2.4),
    "nguyen-van-linh": ("Đường Nguyễn Văn Linh", (105.7546, 10.028), 2.1),
    "pham-hung": ("Đường Phạm Hùng", (105.749, 9.995), 1.2),
    "tran-hung-dao": ("Đường Trần Hưng Đạo", (105.7755, 10.035), 0.8),
    "le-hong-phong": ("Đường Lê Hồng Phong", (105.728, 10.084), 2.5),
}
_ACTIVITIES = (
    "sửa mặt đường", "nâng cấp cống thoát nước", "đào đặt cáp ngầm", "tái lập vỉa hè",
    "cấm xe tải giờ cao điểm", "phân luồng phục vụ lễ hội", "lắp đặt đèn tín hiệu",
)  # fmt: skip
_MAX_DAYS = 20  # days


class RoadWork(NamedTuple):
    """A road work. `start`, `end`, `pause`: seconds since 1970; during the pause the status is PAUSED."""

    key: str
    road: str
    activity: str
    start: float
    end: float
    pause: tuple[float, float]
    geometry_type: str
    length_metres: float
    lanes: int

    def is_paused(self, t: float) -> bool:
        """Whether the work is paused at `t`."""
        return self.pause[0] <= t < self.pause[1]


@lru_cache(maxsize=4096)
def _works_of_day(seed: int, day: int) -> tuple[RoadWork, ...]:
    """The works that begin on a local day."""
    draw = random_for(seed, "works", day)
    works = []
    for n in range(draw.choice((0, 1, 1, 2))):
        start = day * DAY - ZONE + draw.choice((6, 8, 21, 22)) * 3600
        duration = draw.randint(4, _MAX_DAYS) * DAY
        pause_start = floor(start + duration * draw.uniform(0.3, 0.6))
        pause = (pause_start, pause_start + (draw.randint(12, 48) * 3600 if draw.random() < 0.4 else 0))
        geometry_type = draw.choices(("LineString", "Point", "Polygon"), (6, 2, 2))[0]
        road, activity = draw.choice(tuple(ROADS)), draw.choice(_ACTIVITIES)
        works.append(RoadWork(f"MP-CT-{day}-{n}", road, activity, start, start + duration, pause, geometry_type,
                          draw.uniform(150, 600), draw.choice((1, 1, 2))))  # fmt: skip
    return tuple(works)


def open_works(seed: int, t: float) -> Iterator[RoadWork]:
    """The works that have begun and not ended at `t`."""
    for day in range(day_of(t) - _MAX_DAYS - 1, day_of(t) + 1):
        yield from (work for work in _works_of_day(seed, day) if work.start <= t < work.end)


def _count_open(seed: int, t: float) -> float:
    return sum(1 for _ in open_works(seed, t))


def _count_paused(seed: int, t: float) -> float:
    return sum(work.is_paused(t) for work in open_works(seed, t))


def series_models() -> dict[str, SeriesModel]:
    """The series that are counted over the road works."""
    return {"roadworks-open": SeriesModel(_count_open, 0, ""), "roadworks-resting": SeriesModel(_count_paused, 0, "")}
