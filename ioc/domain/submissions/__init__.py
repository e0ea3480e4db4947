"""Reporting obligations of agencies and what is submitted for them."""
