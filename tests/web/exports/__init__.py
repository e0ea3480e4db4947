"""Tests of ioc/web/exports."""
