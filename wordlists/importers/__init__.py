"""Reads lists that others published in their own formats; nothing is dropped without a word."""
