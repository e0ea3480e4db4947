"""Public services: dossiers, service score, disbursement, pupils, visitors, press items."""

from functools import lru_cache, partial

from simulator.noise import DAY, bump, day_of, hour_of, random_for, smooth_noise, stable_random, weekday_of, year_part
from simulator.places import PHUONG, UNITS
from simulator.series_model import SeriesModel

WEEK_DAYS = 7
INVESTMENT_PLAN = 30_000.0  # tỷ đồng of public investment in a year
PUPILS = {"preschool": 148_000, "primary": 262_000, "secondary": 201_000, "high": 96_000}
# Parts of the service score (QĐ 766/QĐ-TTg): maximum, share of the lost points.
SCORE_PARTS = {
    "openness": (18, 0.14),
    "handling": (20, 0.16),
    "digitising": (22, 0.34),
    "online": (22, 0.26),
    "satisfaction": (18, 0.10),
}


def _day_progress(hour: float) -> float:
    """The part of a day's dossiers that is handled by `hour`, 0..1. Office hours are 7 to 11 and 13 to 17."""
    morning = min(1.0, max(0.0, (hour - 7) / 4))
    afternoon = min(1.0, max(0.0, (hour - 13) / 4))
    night = min(1.0, max(0.0, (hour - 6) / 17))
    return 0.48 * morning + 0.42 * afternoon + 0.10 * night


@lru_cache(maxsize=4096)
def _dossiers_of_day(seed: int, day: int) -> tuple[float, float, float]:
    """Dossiers of a local day, the share handled on time, the share submitted online."""
    draw = random_for(seed, "dossiers", day)
    total = (5600, 5200, 5100, 5000, 5300, 1300, 420)[weekday_of(day)] * draw.uniform(0.93, 1.07)
    return total, draw.uniform(0.960, 0.985), draw.uniform(0.895, 0.935)


def _dossiers_of_week(part: int, seed: int, t: float) -> float:
    """Dossiers of the last seven days and today: all (part 0), on time (1) or online (2)."""
    today, total = day_of(t), 0.0
    for day in range(today - WEEK_DAYS, today + 1):
        dossiers = _dossiers_of_day(seed, day)
        done = dossiers[0] * (_day_progress(hour_of(t)) if day == today else 1.0)
        total += int(done) if part == 0 else int(done * dossiers[part])
    return total


def _dossiers_today(share: float, seed: int, t: float) -> float:
    return int(_dossiers_of_day(seed, day_of(t))[0] * share * _day_progress(hour_of(t)))


def lost_points(unit: int, seed: int, t: float) -> float:
    """Points of the service score that a commune has lost; served once a day."""
    base: float = (9.0 if UNITS[unit] in PHUONG else 12.0) + 11.0 * stable_random(seed, "lost", unit) ** 1.5
    return base - 2.5 * year_part(t) + 0.8 * smooth_noise(seed, f"lost/{unit}", t, 20 * DAY)


@lru_cache(maxsize=2048)
def _lost_mean(seed: int, t: float) -> float:
    return sum(round(lost_points(unit, seed, t), 1) for unit in range(len(UNITS))) / len(UNITS)


def part_score(part: str, seed: int, t: float) -> float:
    """Points in one part of the score. The losses of all parts add up to the mean loss of the communes."""
    maximum, share = SCORE_PARTS[part]
    return maximum - share * _lost_mean(seed, t)


def disbursed_amount(seed: int, t: float) -> float:
    """Public investment disbursed since the start of the year, in tỷ đồng; slow at first."""
    share: float = 0.94 * year_part(t) ** 2.1
    return INVESTMENT_PLAN * share + 6 * (1 + smooth_noise(seed, "disbursed", t, 9 * DAY))


def _plan(seed: int, t: float) -> float:
    return INVESTMENT_PLAN


def pupils_present(level: str, seed: int, t: float) -> float:
    """Pupils at school on the day of `t`."""
    day = day_of(t)
    share = 0.972 - 0.008 * (weekday_of(day) in (0, 5)) + 0.007 * (stable_random(seed, "present", level, day) - 0.5)
    return PUPILS[level] * (share - (0.012 if level == "preschool" else 0.0))


def _enrolled(level: str, seed: int, t: float) -> float:
    return PUPILS[level]


def visitors(seed: int, t: float) -> float:
    """Visitors at places of interest since midnight."""
    day = day_of(t)
    total = (38_000 if weekday_of(day) >= 5 else 17_000) * (0.9 + 0.2 * stable_random(seed, "visitors", day))
    return int(total * min(1.0, max(0.0, (hour_of(t) - 5) / 17)) ** 1.3)


def press_items(negative_only: bool, seed: int, t: float) -> float:
    """Press items about the city within 24 hours; with `negative_only`, the negative ones."""
    count = 130 + 40 * smooth_noise(seed, "press", t, 1.5 * DAY) + 18 * bump(hour_of(t), 11, 6)
    return count * (0.055 + 0.03 * smooth_noise(seed, "press/bad", t, DAY)) if negative_only else count


def score_models() -> dict[str, SeriesModel]:
    """The series of the service score by key: points by part, points lost by commune."""
    parts = {f"service-{part}": SeriesModel(partial(part_score, part), 2, "điểm") for part in SCORE_PARTS}
    return parts | {
        f"service-lost-{code}": SeriesModel(partial(lost_points, n), 1, "điểm") for n, code in enumerate(UNITS)
    }


def series_models() -> dict[str, SeriesModel]:
    """The series of public services by key."""
    models = {
        "dossiers-done-week": SeriesModel(partial(_dossiers_of_week, 0), 0, "hồ sơ"),
        "dossiers-on-time-week": SeriesModel(partial(_dossiers_of_week, 1), 0, "hồ sơ"),
        "dossiers-online-week": SeriesModel(partial(_dossiers_of_week, 2), 0, "hồ sơ"),
        "dossiers-received-today": SeriesModel(partial(_dossiers_today, 1.04), 0, "hồ sơ"),
        "dossiers-done-today": SeriesModel(partial(_dossiers_today, 1.0), 0, "hồ sơ"),
        "investment-disbursed": SeriesModel(disbursed_amount, 1, "tỷ đồng"),
        "investment-plan": SeriesModel(_plan, 1, "tỷ đồng"),
        "tourism-visitors-today": SeriesModel(visitors, 0, "người"),
        "press-items": SeriesModel(partial(press_items, False), 0, "tin"),
        "press-negative": SeriesModel(partial(press_items, True), 0, "tin"),
    }
    for level in PUPILS:
        models[f"pupils-{level}-present"] = SeriesModel(partial(pupils_present, level), 0, "người")
        models[f"pupils-{level}-enrolled"] = SeriesModel(partial(_enrolled, level), 0, "người")
    return models | score_models()
