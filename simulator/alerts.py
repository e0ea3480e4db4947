"""Warnings of the simulated weather service: bulletins by hazard, each with its update, its cancellation or its end."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache
from math import floor
from typing import NamedTuple

from ioc.domain.base.times import CITY_ZONE
from simulator import tide
from simulator.noise import random_for, stable_random
from simulator.places import CENTRES, distance_metres
from simulator.series_model import SeriesModel

Point = tuple[float, float]
SENDER, AGENCY = "canh-bao@mo-phong.example", "Cơ quan D (mô phỏng)"
INDEX_TTL = 24 * 3600.0  # seconds for which an index still names what has ended
_HOUR = 3600.0
_YEAR = tuple(range(1, 13))


class Hazard(NamedTuple):
    """`period`, `duration`: hours. `probability` of a bulletin in a month of `months`. `min_tide`: metres that the
    next high water must reach. `ring`: corners (lon, lat). `circle`: centre and radius in kilometres.
    """

    event: str
    headline: str
    text: str
    instruction: str
    place: str
    period: float
    duration: float
    months: tuple[int, ...] = _YEAR
    probability: float = 1.0
    min_tide: float = 0.0
    severity: str = "Moderate"
    category: str = "Met"
    ring: tuple[Point, ...] = ()
    circle: tuple[Point, float] | None = None
    unit_codes: tuple[str, ...] = ()  # listed in the bulletin; if empty, those with their centre in the circle

    def affected_units(self) -> tuple[str, ...]:
        """The codes of the affected units."""
        if self.unit_codes or self.circle is None:
            return self.unit_codes
        centre, radius_km = self.circle
        return tuple(code for code, at in CENTRES.items() if distance_metres(centre, at) <= radius_km * 1000)


HAZARDS = {
    "trieu-ninh-kieu": Hazard(
        "Triều cường", "Cảnh báo triều cường trên sông Hậu tại Cần Thơ",
        "Đỉnh triều hôm nay và ngày mai ở mức {top} m, có thể gây ngập các tuyến đường thấp ven sông.",
        "Kê cao đồ đạc, hạn chế đi lại qua đoạn ngập vào giờ triều lên.", "Ninh Kiều, Cái Khế, Cái Răng", 12, 14,
        min_tide=1.5, ring=((105.755, 10.075), (105.80, 10.055), (105.80, 10.005), (105.745, 9.985), (105.755, 10.075)),
        unit_codes=("31135", "31120", "31186"),
    ),
    "trieu-dai-ngai": Hazard(
        "Triều cường", "Cảnh báo triều cường vùng cửa sông Hậu",
        "Mực nước đỉnh triều lên nhanh trong hai ngày tới, đê bao thấp có nguy cơ tràn.",
        "Kiểm tra, gia cố đê bao; theo dõi mực nước tại trạm Đại Ngãi.", "Đại Ngãi, Long Phú", 24, 26, min_tide=1.6,
        circle=((106.075, 9.735), 9.0),
        unit_codes=("31645", "31639"),
    ),
    "dong-trung-tam": Hazard(
        "Mưa dông", "Cảnh báo mưa dông, sét, gió giật mạnh",
        "Mây dông phát triển gây mưa rào, đề phòng lốc, sét và gió giật mạnh trong vài giờ tới.",
        "Không trú dưới cây to; cắt điện thiết bị ngoài trời.", "khu vực trung tâm thành phố", 6, 5.5,
        months=(5, 6, 7, 8, 9, 10, 11), probability=0.7, circle=((105.77, 10.03), 12.0),
    ),
    "dong-vi-thanh": Hazard(
        "Mưa dông", "Cảnh báo mưa dông khu vực Vị Thanh, Long Mỹ",
        "Mưa dông kèm gió giật, lượng mưa có nơi trên 30 mm.", "Chằng chống nhà cửa, thu hoạch sớm nơi có thể.",
        "Vị Thanh, Long Mỹ", 8, 7, months=(5, 6, 7, 8, 9, 10, 11), probability=0.6, severity="Minor",
        circle=((105.52, 9.73), 15.0),
        unit_codes=("31321", "31471"),
    ),
    "man-tran-de": Hazard(
        "Xâm nhập mặn", "Cảnh báo xâm nhập mặn vùng cửa sông",
        "Độ mặn 4 ‰ lấn sâu theo triều, ảnh hưởng lấy nước tưới.",
        "Lấy nước khi triều rút, đóng cống khi mặn vượt 1 ‰.",
        "Trần Đề, Long Phú, Đại Ngãi", 48, 52, months=(12, 1, 2, 3, 4, 5),
        ring=((106.04, 9.76), (106.12, 9.74), (106.22, 9.54), (106.14, 9.50), (106.04, 9.76)),
        unit_codes=("31673", "31639", "31645"),
    ),
    "man-cai-con": Hazard(
        "Xâm nhập mặn", "Cảnh báo mặn lên tới khu vực Cái Côn", "Nước sông có lúc trên 2 ‰ vào đỉnh triều.",
        "Trữ nước ngọt, đo độ mặn trước khi tưới.", "Cái Côn, An Lạc Thôn", 48, 50, months=(2, 3, 4),
        circle=((105.897, 9.918), 7.0),
        unit_codes=("31531",),
    ),
    "nang-nong": Hazard(
        "Nắng nóng", "Cảnh báo nắng nóng", "Nhiệt độ cao nhất trong ngày 35–37 °C, độ ẩm thấp.",
        "Uống đủ nước, hạn chế làm việc ngoài trời từ 11 giờ đến 15 giờ.", "toàn thành phố", 24, 20, months=(3, 4, 5),
        circle=((105.75, 9.90), 45.0),
    ),
    "chay-rung": Hazard(
        "Nguy cơ cháy rừng", "Cảnh báo nguy cơ cháy rừng tràm", "Cấp dự báo cháy rừng ở mức cao do khô hạn.",
        "Không dùng lửa trong rừng; trực canh lửa.", "khu rừng tràm phía tây nam", 72, 76, months=(1, 2, 3, 4, 5),
        category="Fire", circle=((105.75, 9.58), 8.0),
    ),
    "sat-lo-tra-noc": Hazard(
        "Sạt lở bờ sông", "Cảnh báo nguy cơ sạt lở bờ sông tại rạch Trà Nóc",
        "Quan trắc thấy vết nứt dọc bờ dài khoảng 40 m, có thể sạt lở khi triều rút.",
        "Không neo đậu, không tập kết vật nặng sát bờ.", "Thới An Đông, Bình Thủy", 48, 50, category="Geo",
        circle=((105.708, 10.088), 2.0),
        unit_codes=("31174", "31168"),
    ),
    "sat-lo-o-mon": Hazard(
        "Sạt lở bờ sông", "Cảnh báo nguy cơ sạt lở bờ kênh tại Ô Môn", "Bờ kênh lún, dòng chảy xiết khi triều rút.",
        "Di dời đồ đạc khỏi mép bờ, cắm biển cảnh báo.", "Ô Môn", 72, 74, category="Geo", severity="Minor",
        circle=((105.63, 10.118), 2.5),
        unit_codes=("31153",),
    ),
    "gio-vinh-chau": Hazard(
        "Gió mạnh trên biển", "Cảnh báo gió mạnh, sóng lớn ven biển",
        "Gió đông bắc cấp 5, có lúc cấp 6, biển động, sóng cao 1,5–2,5 m.",
        "Tàu nhỏ không ra khơi; kiểm tra neo đậu.", "Vĩnh Châu, Trần Đề", 24, 26,
        months=(11, 12, 1, 2, 7, 8),
        ring=((105.85, 9.33), (106.22, 9.52), (106.36, 9.40), (105.95, 9.18), (105.85, 9.33)),
        unit_codes=("31783", "31673"),
    ),
}  # fmt: skip


class CapMessage(NamedTuple):
    """One CAP message. `supersedes`: the earlier messages of its bulletin."""

    hazard: str
    identifier: str
    kind: str
    sent: float
    expires: float
    peak_level: float  # metres of the high water ahead
    supersedes: tuple["CapMessage", ...] = ()


def _month(t: float) -> int:
    return datetime.fromtimestamp(t, CITY_ZONE).month


@lru_cache(maxsize=4096)
def _peak_level(hour: int) -> float:
    """The highest tide within a day of an hour."""
    return max(tide.harmonic(hour * _HOUR + n * 1200) for n in range(73))


@lru_cache(maxsize=4096)
def _bulletin(seed: int, key: str, number: int) -> tuple[CapMessage, ...]:
    """The messages of a bulletin of a hazard, in order; none when it is not issued."""
    hazard, draw = HAZARDS[key], random_for(seed, "alert", key, number)
    start = floor((number + 0.5 * stable_random(seed, "alerts", key)) * hazard.period * _HOUR + draw.uniform(0, 600))
    top = _peak_level(floor(start / _HOUR))
    if _month(start) not in hazard.months or draw.random() >= hazard.probability or top < hazard.min_tide:
        return ()
    duration, name = hazard.duration * _HOUR, f"MP-{key}-{number}"
    end, messages = (
        floor(start + duration),
        [CapMessage(key, f"{name}-1", "Alert", start, floor(start + duration), top)],
    )
    if draw.random() < 0.5:
        sent, end = floor(start + duration * draw.uniform(0.2, 0.5)), floor(start + duration * 1.1)
        messages.append(CapMessage(key, f"{name}-2", "Update", sent, end, top, tuple(messages)))
    if draw.random() < 0.25:
        sent = floor(start + duration * draw.uniform(0.55, 0.9))
        messages.append(CapMessage(key, f"{name}-3", "Cancel", sent, end, top, tuple(messages)))
    return tuple(messages)


def bulletins(seed: int, t: float) -> Iterator[tuple[CapMessage, ...]]:
    """The messages sent by `t` of each bulletin that is in force or ended within a day, oldest first."""
    for key, hazard in HAZARDS.items():
        newest = floor(t / _HOUR / hazard.period)
        back = floor((hazard.duration * 1.1 + INDEX_TTL / _HOUR) / hazard.period) + 2
        for number in range(newest - back, newest + 1):
            messages = tuple(message for message in _bulletin(seed, key, number) if message.sent <= t)
            if messages and max(message.expires for message in messages) > t - INDEX_TTL:
                yield messages


def in_force_count(seed: int, t: float) -> float:
    """How many bulletins are in force."""
    return sum(bulletin[-1].kind != "Cancel" and bulletin[-1].expires > t for bulletin in bulletins(seed, t))


def series_models() -> dict[str, SeriesModel]:
    """The series that are counted over the alerts."""
    models: dict[str, Callable[[int, float], float]] = {"alerts-in-force": in_force_count}
    return {key: SeriesModel(model, 0, "") for key, model in models.items()}
