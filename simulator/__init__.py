"""A simulated city that serves the protocols of real sources over real sockets."""
