"""Tests of wordlists/."""
