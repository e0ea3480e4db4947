"""The lines of the log about sources that are lost and that are back."""

import logging

from ioc.domain.ingest.health import LOST_STATES, SourceHealth

log = logging.getLogger("ioc.poll")


def log_transition(previous: SourceHealth, current: SourceHealth) -> None:
    """One line when a source is lost, one when it is back."""
    if (previous.state in LOST_STATES) is (current.state in LOST_STATES):
        return
    if current.state in LOST_STATES:
        log.warning("%s is lost (%s): %s", current.source, current.state, current.last_error or "its data are too old")
    else:
        log.info("%s is back", current.source)
