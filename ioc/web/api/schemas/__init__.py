"""Pydantic schemas of the API, from which OpenAPI is generated. Times are ISO 8601 with the city's offset."""
