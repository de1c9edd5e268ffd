"""Tests of wordlists/commands/."""
