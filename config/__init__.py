"""The configuration: read, checked and turned into the domain's words."""

from config.configuration import Configuration, Keep, restore
from config.faults import Fault, Faults
from config.loading import load
from config.schemas import schemas

__all__ = ["Configuration", "Fault", "Faults", "Keep", "load", "restore", "schemas"]
