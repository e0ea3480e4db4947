"""The configuration: read, checked and turned into the domain's words. Each process imports the parts that it needs."""
