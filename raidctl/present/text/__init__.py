"""Texts as a terminal or a file may show them."""
