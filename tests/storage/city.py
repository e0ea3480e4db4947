"""A configuration without rows, for what needs one."""

from ioc.config.configuration import Configuration
from ioc.domain.base.localized_text import Text
from ioc.domain.directives.directive import Register
from ioc.domain.snapshot import Identity


def configuration() -> Configuration:
    """A centre that has nothing configured."""
    identity = Identity(Text("Trung tâm"), Text("Thành phố"))
    return Configuration(identity, (), (), (), Register((), {}, 7, 5.0, 15.0), {}, {}, {}, {})
