"""Drawings of submissions: compliance table, workbooks."""
