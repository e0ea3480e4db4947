"""Themes: chosen, else the system's; a wall is dark."""

import pytest
from flask import Flask

from ioc.domain.access.principal import Principal, PrincipalKind
from ioc.web.live import bundles
from ioc.web.live.theme import page_theme, with_system_theme
from ioc.web.middleware.authentication import PRINCIPAL_KEY


@pytest.mark.parametrize(
    ("path", "cookie", "kind", "is_wall", "theme"),
    [
        ("/", "", PrincipalKind.USER, False, "auto"),
        ("/", "", PrincipalKind.USER, True, "dark"),
        ("/", "", PrincipalKind.DISPLAY, False, "dark"),
        ("/", "light", PrincipalKind.USER, True, "light"),
        ("/", "dark", PrincipalKind.USER, False, "dark"),
        ("/?theme=light", "dark", PrincipalKind.USER, False, "light"),
        ("/?theme=x", "<b>", PrincipalKind.USER, False, "auto"),
    ],
)
def test_chosen_theme_wins_over_the_system_and_a_wall_is_dark(
    path: str, cookie: str, kind: PrincipalKind, is_wall: bool, theme: str
) -> None:
    headers = {"Cookie": f"theme={cookie}"} if cookie else {}
    with Flask("test").test_request_context(path, headers=headers, environ_base={PRINCIPAL_KEY: Principal(kind)}):
        assert page_theme(is_wall=is_wall) == theme


def test_rules_of_a_theme_are_repeated_for_the_system_right_after_each() -> None:
    css = 'a { b: c; }\n/* d */ :root, [data-theme="dark"] { e: f; }\n[data-theme="light"] .g { h: i; }\nj { k: l; }'
    assert with_system_theme(css) == (
        'a { b: c; }\n/* d */ :root, [data-theme="dark"] { e: f; }\n'
        '@media (prefers-color-scheme: dark) {\n/* d */ :root, [data-theme="auto"] { e: f; }\n}'
        '\n[data-theme="light"] .g { h: i; }\n'
        '@media (prefers-color-scheme: light) {\n[data-theme="auto"] .g { h: i; }\n}\nj { k: l; }'
    )


@pytest.mark.parametrize("bundle", [bundles.FORMS, bundles.PUBLIC, bundles.WORKING_STYLES])
def test_each_bundle_of_styles_knows_the_theme_of_the_system(bundle: bundles.Bundle) -> None:
    text = bundle.read().decode()
    assert (
        text.count('[data-theme="auto"]') == text.count('[data-theme="light"]') + text.count('[data-theme="dark"]') > 0
    )
    assert text.count("{") == text.count("}")
