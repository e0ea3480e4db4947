"""Templates of series keys beside each other in one row."""

from collections.abc import Iterable

from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.base.slug import slugify
from ioc.domain.ingest.parsing import fill_placeholders


def check_templates(templates: Iterable[str]) -> None:
    """Raises ConfigValueError when two series templates give the same keys: "Muc-{id}" and "Mực {id}"."""
    by_slug: dict[str, str] = {}
    for template in templates:
        slug = template_slug(template)
        if by_slug.setdefault(slug, template) != template:
            raise ConfigValueError(OptionCode.TEMPLATES_OF_ONE_SERIES, first=by_slug[slug], second=template)


def template_slug(template: str) -> str:
    """`template` as the key that it becomes, with its placeholders in hexadecimal."""
    return slugify(fill_placeholders(template, lambda placeholder: f" {placeholder.strip().encode().hex()} "))
