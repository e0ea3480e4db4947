"""The configuration: read, checked and turned into the domain's words."""
