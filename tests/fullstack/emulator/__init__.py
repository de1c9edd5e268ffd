"""Emulators that the harness boots, watches and ends."""
