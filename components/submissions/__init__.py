"""Submissions: compliance tables, workbooks."""
