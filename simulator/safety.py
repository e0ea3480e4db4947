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
    """The incidents that begin on a local day: a few at random times, or many within two hours of an attack."""
    draw = random_for(seed, "security", day)
    is_attack, first = draw.random() < 0.12, draw.random()
    new_incidents = []
    for _ in range(draw.randint(5, 10) if is_attack else draw.choice((1, 2, 3, 4, 5, 6))):
        began = day * DAY - ZONE + (first + draw.random() / 12 if is_attack else draw.random()) * DAY
        detected = began + min(2.5, draw.gammavariate(2, 0.28)) * 3600
        new_incidents.append(SecurityIncident(began, detected, detected + min(9.0, draw.gammavariate(3, 0.95)) * 3600))
    return tuple(new_incidents)


@lru_cache(maxsize=1024)
def _detected_incidents(seed: int, t: float) -> tuple[SecurityIncident, ...]:
    """The incidents of the window that are detected by `t`."""
    today = day_of(t)
    days = range(today - WINDOW, today + 1)
    return tuple(incident for day in days for incident in incidents(seed, day) if incident.detected <= t)


def open_incidents(seed: int, t: float) -> float:
    """Incidents detected and not yet resolved."""
    return sum(incident.resolved > t for incident in _detected_incidents(seed, t))


def incidents_of_last_day(seed: int, t: float) -> float:
    """Incidents detected within 24 hours."""
    return sum(incident.detected > t - DAY for incident in _detected_incidents(seed, t))


def mean_detection_hours(seed: int, t: float) -> float:
    """Mean hours from beginning to detection over 30 days."""
    detected = _detected_incidents(seed, t)
    return sum(incident.detected - incident.began for incident in detected) / max(1, len(detected)) / 3600


def mean_resolution_hours(seed: int, t: float) -> float:
    """Mean hours from detection to resolution over 30 days, of resolved incidents."""
    resolved = [incident for incident in _detected_incidents(seed, t) if incident.resolved <= t]
    return sum(incident.resolved - incident.detected for incident in resolved) / max(1, len(resolved)) / 3600


def figures_due(agency: str, seed: int, t: float) -> float:
    """Figures that an agency has to update in a month."""
    return 14 + int(12 * stable_random(seed, "due", agency))


def figures_updated(agency: str, seed: int, t: float) -> float:
    """Figures that it did update on schedule, by the month of `t`."""
    due = figures_due(agency, seed, t)
    missed = stable_random(seed, "missed", agency, round(t / DAY)) ** 2 * 5
    return due - int(missed)


def series_models() -> dict[str, SeriesModel]:
    """The series of beds, security and agencies."""
    models = {
        "security-open": SeriesModel(open_incidents, 0, "sự cố"),
        "security-day": SeriesModel(incidents_of_last_day, 0, "sự cố"),
        "security-detect": SeriesModel(mean_detection_hours, 2, "h"),
        "security-resolve": SeriesModel(mean_resolution_hours, 2, "h"),
    }
    for hospital in HOSPITALS:
        models[f"{hospital}-free"] = SeriesModel(partial(free_beds, hospital), 0, "giường")
        models[f"{hospital}-beds"] = SeriesModel(partial(_beds, hospital), 0, "giường")
    for agency in AGENCIES:
        models[f"figures-due-{agency}"] = SeriesModel(partial(figures_due, agency), 0, "chỉ số")
        models[f"figures-updated-{agency}"] = SeriesModel(partial(figures_updated, agency), 0, "chỉ số")
    return models
