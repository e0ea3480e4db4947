"""A configuration without rows, for what needs one."""

from config.configuration import Configuration
from domain.directive import Register
from domain.snapshot import Identity
from domain.text import Text


def configuration() -> Configuration:
    """A centre that has nothing configured."""
    identity = Identity(Text("Trung tâm"), Text("Thành phố"))
    return Configuration(identity, (), (), (), Register((), {}, 7, 5.0, 15.0), {}, {}, {}, {})
