"""Presenters: a report in, text out; they print nothing, fetch nothing and decide nothing."""
