"""The host's health in the API and for Prometheus."""

from dataclasses import replace

from ioc.domain.base.host_health import ConditionReason, HostComponent, HostCondition
from ioc.domain.kpis.kpi import Severity
from ioc.web.api.views import BASE
from ioc.web.health.endpoints import _host_metrics
from tests.city import NOW, full_city
from tests.web.api.test_views import FakeApiReads, client_of

DISK = HostCondition(HostComponent.DISK, Severity.CRITICAL, NOW, 0.8, 1.0, reason=ConditionReason.LOW)
TLS = HostCondition(HostComponent.TLS, Severity.ATTENTION, NOW, 5.0, subject="a", reason=ConditionReason.EXPIRING)
BACKUP = HostCondition(HostComponent.BACKUP, Severity.NORMAL, NOW, 3.0)
CITY = replace(full_city(), host_conditions=(BACKUP, DISK, TLS))


def test_each_check_has_its_value_and_unit() -> None:
    answer = client_of(FakeApiReads(CITY)).get(f"{BASE}/machine")
    assert answer.status_code == 200
    backup, disk, tls = answer.get_json()["conditions"]
    assert (disk["severity"], disk["value"], disk["unit"]) == ("critical", 0.8, "GB")
    assert (disk["free_percent"], disk["reason"]) == (1, "low")
    assert (tls["key"], tls["source"], tls["unit"]) == ("tls-a", "a", "d") and backup["reason"] == ""


def test_the_checks_are_exported_to_prometheus() -> None:
    samples = [sample for family in _host_metrics(CITY) for sample in family.samples]
    assert {(sample.name, *sample.labels.values()): sample.value for sample in samples} == {
        ("ioc_host_health_severity", "disk"): 2, ("ioc_host_health_severity", "tls-a"): 1,
        ("ioc_host_health_severity", "backup"): 0,
        ("ioc_disk_free_bytes",): 0.8e9, ("ioc_backup_age_seconds",): 10_800,
    }  # fmt: skip
