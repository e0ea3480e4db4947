"""The states that a screen may show of a source, by how long its server has been down or up."""

from dataclasses import dataclass

EVERY, DEADLINE, AGE_LIMIT = 2.0, 2.0, 30.0  # seconds, of every row
MAX_BACK_OFF = 60.0  # seconds; a failed source is polled again after as long as it was down, at most after this
TOLERANCE = 3.0  # a round of the writer, a snapshot, a second between two looks


@dataclass(slots=True)
class ServerLife:
    """State of one server. `storage_delay`: seconds until its newest reading is stored while it is up."""

    storage_delay: float
    is_up: bool = True
    since: float = 0.0  # when it was killed, or answered again
    down_since: float = 0.0  # when it was killed first, of the deaths that it has not recovered from

    def record_kill(self, now: float) -> None:
        """Marks it as down from now on."""
        if now > self.recovered_by or not self.down_since:
            self.down_since = now
        self.is_up, self.since = False, now

    def record_return(self, now: float) -> None:
        """Marks it as up from now on."""
        self.is_up, self.since = True, now

    @property
    def recovered_by(self) -> float:
        """The latest moment at which its source must be live again, once it is up."""
        lost = min(MAX_BACK_OFF, self.since - self.down_since) if self.down_since else 0.0
        return self.since + lost + EVERY + DEADLINE + self.storage_delay + TOLERANCE


@dataclass(frozen=True, slots=True)
class DisplayedState:
    """State of a source and its KPI in an API answer. `data_time`: of the KPI; times in seconds since 1970."""

    health: str
    kpi: str
    data_time: float
    requested_at: float
    answered_at: float


def violations(life: ServerLife, displayed: DisplayedState) -> list[str]:
    """The contradictions between the displayed state and the state of the server."""
    young = displayed.answered_at - displayed.data_time < AGE_LIMIT - TOLERANCE
    wrong = (
        [f"its figure is {displayed.kpi}, its data {displayed.answered_at - displayed.data_time:.1f} s old"]
        if young and displayed.kpi != "ok"
        else []
    )
    passed = displayed.requested_at - life.since
    if life.is_up and displayed.requested_at > life.recovered_by:
        states = (("it", displayed.health, "live"), ("its figure", displayed.kpi, "ok"))
        wrong += [
            f"{what} is {now} {passed:.1f} s after its server was back" for what, now, due in states if now != due
        ]
    if not life.is_up and passed > EVERY + DEADLINE + TOLERANCE and displayed.health == "live":
        wrong.append(f"it is live {passed:.1f} s after its server died")
    if not life.is_up and passed > AGE_LIMIT + EVERY + TOLERANCE and displayed.kpi == "ok":
        wrong.append(f"its figure is ok {passed:.1f} s after its server died")
    return wrong
