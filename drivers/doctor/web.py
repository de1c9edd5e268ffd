"""Checks of a browser with a web app: its log-in, its page, a session. Its screens come after."""

import os
from typing import Final

import httpx

from drivers.doctor.finding import SESSION, Check, Result, fail, ok, skipped
from drivers.doctor.patient import Patient, session, version

_ANSWER_S: Final = 20.0


def _log_in(patient: Patient) -> Result:
    web = patient.config.web
    names = [] if web is None else [name for name in (web.user_env, web.password_env) if name]
    if not names:
        kept = None if web is None else web.user_data
        if kept is not None and not kept.is_dir():
            return fail(
                f"{kept} is not there",
                "Log in by hand once, with that folder: chromium --user-data-dir=FOLDER URL; then "
                "close the browser.",
            )
        return skipped("not needed: the testbed names no user_env and password_env")
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        return fail(
            f"not set: {', '.join(missing)}",
            f"Set them to what the account {patient.config.account.label!r} logs in with.",
        )
    return ok(f"{' and '.join(names)} are set")


def _page(patient: Patient) -> Result:
    web = patient.config.web
    url = "" if web is None else web.url
    try:
        is_here = httpx.URL(url).host in {"localhost", "127.0.0.1", "::1"}
        answer = httpx.get(url, timeout=_ANSWER_S, follow_redirects=True, trust_env=not is_here)
        answer.raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return fail(
            f"{url} does not answer: {error}",
            "Open it in a browser on this computer; correct `url` in the testbed.",
        )
    return ok(f"{url} answers")


WEB_CHECKS: Final[tuple[Check[Patient], ...]] = (
    Check(name="log-in", look=_log_in, needs=("testbed",)),
    Check(name="page", look=_page, needs=("testbed",)),
    Check(
        name=SESSION,
        look=session,
        remedy="Open the page in a browser by hand. What Appium and the browser say is in "
        "appium.log in the folder of the logs.",
        needs=("log-in", "page", "server", "ports"),
    ),
    Check(
        name="version",
        look=version,
        remedy="State `version` in the testbed.",
        needs=(SESSION,),
    ),
)
"""Of a browser; clocks, notifications and banners are a handset's."""
