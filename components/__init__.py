"""Pure drawings: data of domain/ in, markup, Dash components or figure dicts out."""
