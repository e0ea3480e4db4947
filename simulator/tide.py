"""The tide on the Hậu river: harmonic constituents with their true speeds, amplitudes like those at Cần Thơ."""

from dataclasses import dataclass
from datetime import UTC, datetime
from math import cos, radians

from simulator.noise import smooth_noise

# At this moment the spring tide of late November 2026 is highest: all phases are relative to it.
EPOCH = datetime(2026, 11, 25, 10, 20, tzinfo=UTC).timestamp()
MEAN = 0.62


@dataclass(frozen=True, slots=True)
class Constituent:
    """`speed` in degrees per hour, `amplitude` in metres, `phase` in degrees at EPOCH."""

    name: str
    speed: float
    amplitude: float
    phase: float


CONSTITUENTS = (
    Constituent("M2", 28.9841042, 0.58, 0),
    Constituent("S2", 30.0, 0.20, 0),
    Constituent("N2", 28.4397295, 0.10, 55),
    Constituent("K2", 30.0821373, 0.05, 0),
    Constituent("K1", 15.0410686, 0.15, 0),
    Constituent("O1", 13.9430356, 0.11, 0),
    Constituent("P1", 14.9589314, 0.05, 0),
    Constituent("M4", 57.9682084, 0.02, 40),
    Constituent("Sa", 0.0410686, 0.14, 20),
)
_TERMS = tuple((radians(term.speed) / 3600, term.amplitude, radians(term.phase)) for term in CONSTITUENTS)


def harmonic(t: float) -> float:
    """The water level at Cần Thơ in metres as the constituents alone give it, `t` in seconds since 1970."""
    dt = t - EPOCH
    return MEAN + sum(height * cos(speed * dt + phase) for speed, height, phase in _TERMS)


def swing(t: float) -> float:
    """The tide's part of the level: what pushes salt upstream, in metres around 0."""
    return harmonic(t) - MEAN


def level(seed: int, t: float) -> float:
    """What the gauge at Cần Thơ shows: the tide, a slow surge of wind and river, and small waves."""
    return harmonic(t) + 0.05 * smooth_noise(seed, "surge", t, 130_000) + 0.004 * smooth_noise(seed, "waves", t, 47)
