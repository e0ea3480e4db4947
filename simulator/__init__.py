"""A made-up city that speaks the same protocols over real sockets."""
