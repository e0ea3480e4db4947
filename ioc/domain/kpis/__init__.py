"""KPIs: definition, evaluation, suppression of small counts."""
