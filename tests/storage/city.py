"""A configuration without rows, for what needs one."""

from ioc.config.configuration import Configuration
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.directive import Register
from ioc.domain.snapshot import CentreIdentity


def configuration() -> Configuration:
    """A centre that has nothing configured."""
    identity = CentreIdentity(LocalizedText("Trung tâm"), LocalizedText("Thành phố"))
    return Configuration(identity, (), (), (), Register((), {}, 7, 5.0, 15.0), {}, {}, {}, {})
