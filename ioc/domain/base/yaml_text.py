"""Texts of a configuration row that a reason tells to write."""


def in_yaml(expression: str) -> str:
    """An expression as a text of YAML: in double quotes, in single ones where it has double ones or backslashes."""
    needs_single = any(sign in expression for sign in '"\\')
    return "'" + expression.replace("'", "''") + "'" if needs_single else f'"{expression}"'
