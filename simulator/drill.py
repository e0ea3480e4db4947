"""An exercise, "diễn tập ứng phó ngập lụt": a rising level at a gauge of the exercise and the situations of a script.

It restarts every six hours, so that it is always in progress. None of it belongs to the simulated city's own data.
"""

from collections.abc import Callable
from math import floor, pi, sin

from simulator.series_model import SeriesModel

CYCLE_SECONDS = 6 * 3600.0
# Situations of a round: title, text, severity, begin and end in hours from the start of the round, (lon, lat).
SCRIPT = (
    ("Diễn tập: nước lên nhanh tại điểm diễn tập", "Tình huống 1: mực nước vượt báo động I giả định.", "vừa", 0.2, 5.0,
     (105.7790, 10.0410)),
    ("Diễn tập: ngập hai tuyến đường, chia cắt giao thông", "Tình huống 2: đề nghị phân luồng, di dời tài sản.", "lớn",
     1.0, 4.5, (105.7720, 10.0360)),
    ("Diễn tập: sơ tán 20 hộ dân đến điểm an toàn", "Tình huống 3: lực lượng tại chỗ tổ chức sơ tán.", "lớn", 2.0, 4.0,
     (105.7670, 10.0440)),
    ("Diễn tập: mất điện khu vực trạm bơm", "Tình huống 4: chuyển máy phát dự phòng.", "vừa", 2.5, 3.5,
     (105.7830, 10.0460)),
)  # fmt: skip


def cycle_start(t: float) -> float:
    return floor(t / CYCLE_SECONDS) * CYCLE_SECONDS


def level(seed: int, t: float) -> float:
    """Metres at the exercise's gauge: up and down within a round."""
    return 1.2 + 1.1 * sin(pi * (t - cycle_start(t)) / CYCLE_SECONDS) ** 2


def pumps(seed: int, t: float) -> float:
    """Cubic metres a second that the exercise's pumps move."""
    return max(0.0, 6 * (level(seed, t) - 1.6))


def _open_situations(seed: int, t: float) -> float:
    gone = (t - cycle_start(t)) / 3600
    return sum(begins <= gone < ends for _, _, _, begins, ends, _ in SCRIPT)


EVENT_COUNTS: dict[str, Callable[[int, float], float]] = {"drill-situations": _open_situations}


def series_models() -> dict[str, SeriesModel]:
    """The series of the exercise by key."""
    models = {"drill-level": SeriesModel(level, 2, "m"), "drill-pumps": SeriesModel(pumps, 1, "m³/s")}
    return models | {key: SeriesModel(model, 0, "") for key, model in EVENT_COUNTS.items()}
