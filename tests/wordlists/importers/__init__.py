"""Tests of wordlists/importers/."""
