"""Host health: one sentence per component, and the list of all components."""

import htpy as h
from markupsafe import Markup

from components.ui.format import format_datetime, format_number
from components.ui.i18n import catalogue, t
from components.ui.icons import mark
from ioc.domain.base.host_health import ConditionReason, HostComponent, HostCondition
from ioc.domain.snapshot import Snapshot


def condition_name(condition: HostCondition, snapshot: Snapshot, lang: str) -> str:
    """The component's name, with the source of a certificate or the name of a task."""
    view, task = snapshot.sources_by_key.get(condition.subject), f"host_health.background_task_{condition.subject}"
    subject = view.source.name.get(lang) if view else condition.subject
    if condition.component is HostComponent.BACKGROUND_TASK and task in catalogue():
        subject = t(task, lang)
    name = t(f"host_health.part_{condition.component.value}", lang)
    return f"{name} {subject}" if subject else name


def _is_unmeasured(condition: HostCondition) -> bool:
    return condition.value is None and not condition.reason


def _condition_mark(condition: HostCondition) -> Markup:
    """The mark of its severity; ◌ where there was nothing to judge: no clocks to compare with, no backup yet."""
    is_unknown = _is_unmeasured(condition) and condition.component is not HostComponent.WRITING
    return mark("none" if is_unknown else condition.severity.value)


def condition_text(condition: HostCondition, lang: str) -> str:
    """The condition as a sentence with its value."""
    ending = "certificate" if condition.component is HostComponent.TLS else condition.component.value
    value, share = condition.value, condition.free_percent
    if condition.component is HostComponent.CLOCK and _is_unmeasured(condition):
        return t("host_health.clock_no_comparison", lang)
    if _is_unmeasured(condition):
        return t(f"host_health.{ending}_none", lang)
    is_disk = condition.component in (HostComponent.DISK, HostComponent.TEMPORARY_DISK)
    number = "" if value is None else format_number(abs(value), 1 if is_disk and abs(value) < 10 else 0)
    is_clock_wrong = condition.reason in (ConditionReason.CLOCK_OFF, ConditionReason.CLOCK_JUMPED)
    slow = "_slow" if is_clock_wrong and value is not None and value < 0 else ""
    part = "" if share is None else format_number(share)
    return t(f"host_health.{ending}_{condition.reason or 'normal'}{slow}", lang, n=number, share=part)


def host_health_section(snapshot: Snapshot, lang: str) -> h.Element:
    """All components with their values."""
    return h.section(".host-health", id="may")[
        h.h2[t("host_health.title", lang)],
        h.dl[
            (
                h.div(class_=["host-component", f"sev-{condition.severity.value}"])[
                    h.dt[_condition_mark(condition), h.span[condition_name(condition, snapshot, lang)]],
                    h.dd[
                        condition_text(condition, lang),
                        condition.reason
                        and f" · {t('overview.since', lang, time=format_datetime(condition.since, snapshot.at))}",
                    ],
                ]
                for condition in snapshot.host_conditions
            )
        ],
        not snapshot.host_conditions and h.p(".nothing")[t("host_health.not_checked", lang)],
    ]
