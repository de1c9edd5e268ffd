"""The report: one file that a browser opens without a network.

::

    judged runs ──▶ model (what is shown) ──▶ page (HTML, styles, script, data)
                └─▶ plots (SVG, drawn here)     └─▶ evidence (packed, opened on demand)

Texts reach the page as JSON and are put on it as text, never as HTML.
"""

from results.report.page import write_report

__all__ = ["write_report"]
