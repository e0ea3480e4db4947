"""Sources, readings, health and what a protocol promises."""
