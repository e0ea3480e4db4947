"""Public services: dossiers through the working day, service score, money spent, pupils, visitors, press."""

from functools import lru_cache, partial

from simulator.chance import DAY, bump, day_of, dice, drift, fixed, hour_of, weekday_of, year_part
from simulator.line import Line
from simulator.places import PHUONG, UNITS

WEEK = 7
PLAN = 30_000.0  # tỷ đồng of public investment in a year
PUPILS = {"preschool": 148_000, "primary": 262_000, "secondary": 201_000, "high": 96_000}
# Parts of the service score (QĐ 766/QĐ-TTg): most points, share of the lost points.
PARTS = {
    "openness": (18, 0.14),
    "handling": (20, 0.16),
    "digitising": (22, 0.34),
    "online": (22, 0.26),
    "satisfaction": (18, 0.10),
}


def _worked(hour: float) -> float:
    """The part of a day's dossiers that is through by `hour`: the counters open from 7 to 11 and from 13 to 17."""
    morning = min(1.0, max(0.0, (hour - 7) / 4))
    afternoon = min(1.0, max(0.0, (hour - 13) / 4))
    night = min(1.0, max(0.0, (hour - 6) / 17))
    return 0.48 * morning + 0.42 * afternoon + 0.10 * night


@lru_cache(maxsize=4096)
def _day(seed: int, day: int) -> tuple[float, float, float]:
    """A local day's dossiers, the share of them on time, the share wholly online."""
    draw = dice(seed, "dossiers", day)
    whole = (5600, 5200, 5100, 5000, 5300, 1300, 420)[weekday_of(day)] * draw.uniform(0.93, 1.07)
    return whole, draw.uniform(0.960, 0.985), draw.uniform(0.895, 0.935)


def _week(part: int, seed: int, t: float) -> float:
    """Dossiers (part 0), those on time (1) or online (2) of the last seven days and today."""
    today, total = day_of(t), 0.0
    for day in range(today - WEEK, today + 1):
        found = _day(seed, day)
        done = found[0] * (_worked(hour_of(t)) if day == today else 1.0)
        total += int(done) if part == 0 else int(done * found[part])
    return total


def _today(share: float, seed: int, t: float) -> float:
    return int(_day(seed, day_of(t))[0] * share * _worked(hour_of(t)))


def lost(unit: int, seed: int, t: float) -> float:
    """Points of the service score that a commune has lost, as told once a day."""
    base: float = (9.0 if UNITS[unit] in PHUONG else 12.0) + 11.0 * fixed(seed, "lost", unit) ** 1.5
    return base - 2.5 * year_part(t) + 0.8 * drift(seed, f"lost/{unit}", t, 20 * DAY)


@lru_cache(maxsize=2048)
def _lost_mean(seed: int, t: float) -> float:
    return sum(round(lost(unit, seed, t), 1) for unit in range(len(UNITS))) / len(UNITS)


def part_score(part: str, seed: int, t: float) -> float:
    """Points won in one part: what is lost in all parts together is the communes' mean loss."""
    most, share = PARTS[part]
    return most - share * _lost_mean(seed, t)


def disbursed(seed: int, t: float) -> float:
    """Tỷ đồng spent of the year's plan: slow at first, a little each working day."""
    share: float = 0.94 * year_part(t) ** 2.1
    return PLAN * share + 6 * (1 + drift(seed, "disbursed", t, 9 * DAY))


def _plan(seed: int, t: float) -> float:
    return PLAN


def present(level: str, seed: int, t: float) -> float:
    """Pupils at school on the day of `t`."""
    day = day_of(t)
    share = 0.972 - 0.008 * (weekday_of(day) in (0, 5)) + 0.007 * (fixed(seed, "present", level, day) - 0.5)
    return PUPILS[level] * (share - (0.012 if level == "preschool" else 0.0))


def _enrolled(level: str, seed: int, t: float) -> float:
    return PUPILS[level]


def visitors(seed: int, t: float) -> float:
    """Visitors counted since midnight at the places of interest."""
    day = day_of(t)
    whole = (38_000 if weekday_of(day) >= 5 else 17_000) * (0.9 + 0.2 * fixed(seed, "visitors", day))
    return int(whole * min(1.0, max(0.0, (hour_of(t) - 5) / 17)) ** 1.3)


def press(bad: bool, seed: int, t: float) -> float:
    """News items about the city within 24 hours; `bad`: those against it."""
    count = 130 + 40 * drift(seed, "press", t, 1.5 * DAY) + 18 * bump(hour_of(t), 11, 6)
    return count * (0.055 + 0.03 * drift(seed, "press/bad", t, DAY)) if bad else count


def score_lines() -> dict[str, Line]:
    """The service score: points by part, points lost by commune."""
    found = {f"service-{part}": Line(partial(part_score, part), 2, "điểm") for part in PARTS}
    return found | {f"service-lost-{code}": Line(partial(lost, n), 1, "điểm") for n, code in enumerate(UNITS)}


def lines() -> dict[str, Line]:
    """Every line of the services."""
    found = {
        "dossiers-done-week": Line(partial(_week, 0), 0, "hồ sơ"),
        "dossiers-on-time-week": Line(partial(_week, 1), 0, "hồ sơ"),
        "dossiers-online-week": Line(partial(_week, 2), 0, "hồ sơ"),
        "dossiers-received-today": Line(partial(_today, 1.04), 0, "hồ sơ"),
        "dossiers-done-today": Line(partial(_today, 1.0), 0, "hồ sơ"),
        "investment-disbursed": Line(disbursed, 1, "tỷ đồng"),
        "investment-plan": Line(_plan, 1, "tỷ đồng"),
        "tourism-visitors-today": Line(visitors, 0, "người"),
        "press-items": Line(partial(press, False), 0, "tin"),
        "press-negative": Line(partial(press, True), 0, "tin"),
    }
    for level in PUPILS:
        found[f"pupils-{level}-present"] = Line(partial(present, level), 0, "người")
        found[f"pupils-{level}-enrolled"] = Line(partial(_enrolled, level), 0, "người")
    return found | score_lines()
