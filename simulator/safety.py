"""Hospital beds, security incidents through their life, and how punctually agencies update their figures."""

from functools import lru_cache, partial
from typing import NamedTuple

from simulator.noise import DAY, ZONE, bump, day_of, hour_of, random_for, smooth_noise, stable_random
from simulator.series_model import SeriesModel

HOSPITALS = {f"hospital-{n}": beds for n, beds in enumerate((820, 640, 520, 450, 380, 320, 260, 210), 1)}
AGENCIES = tuple(f"mp-{letter}" for letter in "abcdefg")
WINDOW = 30  # days over which the clocks are averaged


def free_beds(hospital: str, seed: int, t: float) -> float:
    """Free beds: more after the discharges of the morning, fewer by night."""
    rhythm = 0.018 * bump(hour_of(t), 12.5, 3.5)
    wander = 0.022 * smooth_noise(seed, hospital, t, 9 * 3600) + 0.02 * smooth_noise(
        seed, hospital + "/slow", t, 6 * DAY
    )
    return HOSPITALS[hospital] * max(0.02, 0.108 + rhythm + wander)


def _beds(hospital: str, seed: int, t: float) -> float:
    return HOSPITALS[hospital]


class SecurityIncident(NamedTuple):
    """An information security incident."""

    began: float
    detected: float
    resolved: float


@lru_cache(maxsize=1024)
def incidents(seed: int, day: int) -> tuple[SecurityIncident, ...]:
    """The incidents that begin on a local day: a few by themselves, or many within two hours of an attack."""
    draw = random_for(seed, "security", day)
    attacked, first = draw.random() < 0.12, draw.random()
    found = []
    for _ in range(draw.randint(5, 10) if attacked else draw.choice((1, 2, 3, 4, 5, 6))):
        began = day * DAY - ZONE + (first + draw.random() / 12 if attacked else draw.random()) * DAY
        detected = began + min(2.5, draw.gammavariate(2, 0.28)) * 3600
        found.append(SecurityIncident(began, detected, detected + min(9.0, draw.gammavariate(3, 0.95)) * 3600))
    return tuple(found)


@lru_cache(maxsize=1024)
def _detected_incidents(seed: int, t: float) -> tuple[SecurityIncident, ...]:
    """What has been detected of the window's incidents."""
    today = day_of(t)
    days = range(today - WINDOW, today + 1)
    return tuple(one for day in days for one in incidents(seed, day) if one.detected <= t)


def open_incidents(seed: int, t: float) -> float:
    """Incidents detected and not yet resolved."""
    return sum(one.resolved > t for one in _detected_incidents(seed, t))


def incidents_of_last_day(seed: int, t: float) -> float:
    """Incidents detected within 24 hours."""
    return sum(one.detected > t - DAY for one in _detected_incidents(seed, t))


def mean_detection_hours(seed: int, t: float) -> float:
    """Mean hours from beginning to detection over 30 days."""
    known = _detected_incidents(seed, t)
    return sum(one.detected - one.began for one in known) / max(1, len(known)) / 3600


def mean_resolution_hours(seed: int, t: float) -> float:
    """Mean hours from detection to the end over 30 days, of those that are over."""
    over = [one for one in _detected_incidents(seed, t) if one.resolved <= t]
    return sum(one.resolved - one.detected for one in over) / max(1, len(over)) / 3600


def figures_due(agency: str, seed: int, t: float) -> float:
    """Figures that an agency has to update in a month."""
    return 14 + int(12 * stable_random(seed, "due", agency))


def figures_updated(agency: str, seed: int, t: float) -> float:
    """Figures that it did update on schedule, by the month of `t`."""
    owed = figures_due(agency, seed, t)
    missed = stable_random(seed, "missed", agency, round(t / DAY)) ** 2 * 5
    return owed - int(missed)


def series_models() -> dict[str, SeriesModel]:
    """Every line of beds, security and agencies."""
    found = {
        "security-open": SeriesModel(open_incidents, 0, "sự cố"),
        "security-day": SeriesModel(incidents_of_last_day, 0, "sự cố"),
        "security-detect": SeriesModel(mean_detection_hours, 2, "h"),
        "security-resolve": SeriesModel(mean_resolution_hours, 2, "h"),
    }
    for hospital in HOSPITALS:
        found[f"{hospital}-free"] = SeriesModel(partial(free_beds, hospital), 0, "giường")
        found[f"{hospital}-beds"] = SeriesModel(partial(_beds, hospital), 0, "giường")
    for agency in AGENCIES:
        found[f"figures-due-{agency}"] = SeriesModel(partial(figures_due, agency), 0, "chỉ số")
        found[f"figures-updated-{agency}"] = SeriesModel(partial(figures_updated, agency), 0, "chỉ số")
    return found
