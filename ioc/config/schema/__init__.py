"""pydantic models of the yaml files."""
