"""What every request passes: client address, limits, authentication, authorization."""
