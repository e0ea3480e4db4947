"""Events and camera images."""
