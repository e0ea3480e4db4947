"""What all tests share: property tests judge results, not the speed of a busy machine."""

from hypothesis import HealthCheck, settings

settings.register_profile("ioc", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ioc")
