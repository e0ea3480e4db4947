"""How the machine under the centre is, in words: one sentence for each part, and the list of them all."""

import htpy as h

from components.ui.format import moment, number
from components.ui.i18n import say
from components.ui.icons import mark
from ioc.domain.base.host_health import NAMES, Condition, Part
from ioc.domain.snapshot import Snapshot


def name_of(one: Condition, snapshot: Snapshot, lang: str) -> str:
    """What it is about; a source's certificate names the source."""
    found = next((view.source.name.said(lang) for view in snapshot.sources if view.source.key == one.about), one.about)
    name = NAMES[one.part].said(lang)
    return f"{name} {found}" if found else name


def told(one: Condition, lang: str) -> str:
    """Its figure in a sentence."""
    ending = "certificate" if one.part is Part.TLS else one.part.value
    value, share = one.value, one.share
    if one.part is Part.CLOCK and value is None and not one.why:
        return say("machine.clock_alone", lang)
    if value is None and not one.why:
        return say(f"machine.{ending}_none", lang)
    shown = "" if value is None else number(abs(value), 1 if one.part is Part.DISK and abs(value) < 10 else 0)
    slow = "_slow" if one.why in ("off", "jumped") and value is not None and value < 0 else ""
    part = "" if share is None else number(share)
    return say(f"machine.{ending}_{one.why or 'good'}{slow}", lang, n=shown, share=part)


def conditions(snapshot: Snapshot, lang: str) -> h.Element:
    """All parts with their figures, the calm ones too."""
    return h.section(".machine", id="may")[
        h.h2[say("machine.title", lang)],
        h.dl[
            (
                h.div(class_=["machine-part", f"sev-{one.severity.value}"])[
                    h.dt[mark(one.severity.value), h.span[name_of(one, snapshot, lang)]],
                    h.dd[
                        told(one, lang),
                        one.why and f" · {say('overview.since', lang, time=moment(one.since, snapshot.at))}",
                    ],
                ]
                for one in snapshot.machine
            )
        ],
        not snapshot.machine and h.p(".nothing")[say("machine.unseen", lang)],
    ]
