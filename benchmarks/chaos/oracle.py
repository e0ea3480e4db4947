"""What a screen may show of a source at a moment, by how long its server has been dead or alive."""

from dataclasses import dataclass

EVERY, DEADLINE, AGE = 2.0, 3.0, 30.0  # seconds, of every row
LONGEST_BACK_OFF = 60.0  # a source that failed is asked after as long as it was lost, at most after this
ROUND = 3.0  # a round of the writer, a snapshot, a second between two looks


@dataclass(slots=True)
class Life:
    """Of one server. `fresh`: seconds after which its newest reading is stored, while all is well."""

    fresh: float
    up: bool = True
    since: float = 0.0  # when it was killed, or answered again
    gone: float = 0.0  # when it was killed first, of the deaths that it has not recovered from

    def killed(self, now: float) -> None:
        """From now on it is dead."""
        if now > self.recovered or not self.gone:
            self.gone = now
        self.up, self.since = False, now

    def back(self, now: float) -> None:
        """It answers again."""
        self.up, self.since = True, now

    @property
    def recovered(self) -> float:
        """The latest moment at which it must be live again, once it is up."""
        lost = min(LONGEST_BACK_OFF, self.since - self.gone) if self.gone else 0.0
        return self.since + lost + EVERY + DEADLINE + self.fresh + ROUND


@dataclass(frozen=True, slots=True)
class Shown:
    """A source and its figure, by an answer that was asked for and came at these moments; `data`: the figure's time."""

    health: str
    kpi: str
    data: float
    asked: float
    told: float


def faults(life: Life, shown: Shown) -> list[str]:
    """What is wrong with a source that is shown so."""
    young = shown.told - shown.data < AGE - ROUND
    wrong = (
        [f"its figure is {shown.kpi}, its data {shown.told - shown.data:.1f} s old"]
        if young and shown.kpi != "ok"
        else []
    )
    passed = shown.asked - life.since
    if life.up and shown.asked > life.recovered:
        states = (("it", shown.health, "live"), ("its figure", shown.kpi, "ok"))
        wrong += [
            f"{what} is {now} {passed:.1f} s after its server was back" for what, now, due in states if now != due
        ]
    if not life.up and passed > EVERY + DEADLINE + ROUND and shown.health == "live":
        wrong.append(f"it is live {passed:.1f} s after its server died")
    if not life.up and passed > AGE + EVERY + ROUND and shown.kpi == "ok":
        wrong.append(f"its figure is ok {passed:.1f} s after its server died")
    return wrong
