"""Works and closures on the roads: planned, under way, resting, finished; from their first day to their last."""

from collections.abc import Iterator
from functools import lru_cache
from math import floor
from typing import NamedTuple

from simulator.chance import DAY, ZONE, day_of, dice
from simulator.line import Line

Point = tuple[float, float]
UNDER_WAY, RESTING = "đang thi công", "tạm dừng thi công"
# Road: its name, where its works lie, and which way it runs (radians from the east).
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
_WHAT = (
    "sửa mặt đường", "nâng cấp cống thoát nước", "đào đặt cáp ngầm", "tái lập vỉa hè",
    "cấm xe tải giờ cao điểm", "phân luồng phục vụ lễ hội", "lắp đặt đèn tín hiệu",
)  # fmt: skip
_LONGEST = 20  # days


class Work(NamedTuple):
    """`rests`: between which times nothing moves there."""

    key: str
    road: str
    what: str
    start: float
    end: float
    rests: tuple[float, float]
    form: str
    metres: float
    lanes: int

    def resting(self, t: float) -> bool:
        """Whether the work rests at `t`."""
        return self.rests[0] <= t < self.rests[1]


@lru_cache(maxsize=4096)
def _of_day(seed: int, day: int) -> tuple[Work, ...]:
    """The works that begin on a local day."""
    draw = dice(seed, "works", day)
    found = []
    for n in range(draw.choice((0, 1, 1, 2))):
        start = day * DAY - ZONE + draw.choice((6, 8, 21, 22)) * 3600
        lasting = draw.randint(4, _LONGEST) * DAY
        rest = floor(start + lasting * draw.uniform(0.3, 0.6))
        rests = (rest, rest + (draw.randint(12, 48) * 3600 if draw.random() < 0.4 else 0))
        form = draw.choices(("LineString", "Point", "Polygon"), (6, 2, 2))[0]
        road, what = draw.choice(tuple(ROADS)), draw.choice(_WHAT)
        found.append(Work(f"MP-CT-{day}-{n}", road, what, start, start + lasting, rests, form,
                          draw.uniform(150, 600), draw.choice((1, 1, 2))))  # fmt: skip
    return tuple(found)


def standing(seed: int, t: float) -> Iterator[Work]:
    """The works that have begun and not ended."""
    for day in range(day_of(t) - _LONGEST - 1, day_of(t) + 1):
        yield from (one for one in _of_day(seed, day) if one.start <= t < one.end)


def _open(seed: int, t: float) -> float:
    return sum(1 for _ in standing(seed, t))


def _resting(seed: int, t: float) -> float:
    return sum(one.resting(t) for one in standing(seed, t))


def lines() -> dict[str, Line]:
    """Every line that is counted over the works."""
    return {"roadworks-open": Line(_open, 0, ""), "roadworks-resting": Line(_resting, 0, "")}
