"""The report: its texts, its headline, its page."""
