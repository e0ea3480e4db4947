"""Simulated cameras along the roads. A camera sometimes gives no picture."""

from math import floor

from simulator.noise import stable_random
from simulator.series_model import SeriesModel

CAMERAS: dict[str, tuple[str, tuple[float, float]]] = {
    "cam-ben-ninh-kieu": ("Bến Ninh Kiều", (105.7885, 10.0335)),
    "cam-cho-cai-khe": ("Chợ Cái Khế", (105.7835, 10.0470)),
    "cam-30-thang-4": ("Đường 30 Tháng 4", (105.7710, 10.0220)),
    "cam-3-thang-2": ("Đường 3 Tháng 2", (105.7610, 10.0200)),
    "cam-mau-than": ("Đường Mậu Thân", (105.7670, 10.0410)),
    "cam-quang-trung": ("Cầu Quang Trung", (105.7850, 10.0190)),
    "cam-binh-thuy": ("Bình Thủy", (105.7450, 10.0700)),
    "cam-tra-noc": ("Khu công nghiệp Trà Nóc", (105.7100, 10.0930)),
    "cam-cai-rang": ("Cái Răng", (105.7480, 10.0020)),
    "cam-hung-phu": ("Hưng Phú", (105.7950, 10.0090)),
    "cam-vi-thanh": ("Trung tâm Vị Thanh", (105.4700, 9.7840)),
    "cam-soc-trang": ("Trung tâm Phú Lợi", (105.9740, 9.6030)),
}
_SLOT, _OFFLINE_PROBABILITY = 1_800.0, 0.04  # for so long a camera may give no picture


def is_offline(key: str, seed: int, t: float) -> bool:
    """Whether a camera gives no picture now."""
    return (
        stable_random(seed, "camera", key, floor(t / _SLOT + stable_random(seed, "camera", key))) < _OFFLINE_PROBABILITY
    )


def _count_offline(seed: int, t: float) -> float:
    return sum(is_offline(key, seed, t) for key in CAMERAS)


def series_models() -> dict[str, SeriesModel]:
    """The series that are counted over the cameras."""
    return {"cameras-lost": SeriesModel(_count_offline, 0, "")}
