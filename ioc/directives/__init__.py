"""Commands and queries of directives that people work in."""
