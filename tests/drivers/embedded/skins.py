"""The skins of the embedded handsets as tests go through them, each in each of its languages."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from drivers.chat import Mark, NoticeKind
from drivers.embedded.process import EmbeddedProcess
from drivers.testbed import load_testbed
from tests.drivers.lanes import Running
from tests.testbeds import plays, rule, write_testbed


@dataclass(frozen=True, slots=True, kw_only=True)
class Worn:
    """A skin in one of its languages, and what it should be read as.

    Attributes:
        app: The app, as a testbed names it.
        package: Its package.
        version: Version of the skin.
        language: UI language.
        chat: A kind of chat that its profile can read.
        refused: Mark at a message that was refused.
        notice: What the app says of it.
        blocked: What it says where the recipient blocks the sender.
        hides_texts: Whether texts of messages are not in the tree.
    """

    app: str
    package: str
    version: str
    language: str
    chat: str = "group"
    refused: Mark | None = Mark.FAILED
    notice: NoticeKind | None = None
    blocked: NoticeKind | None = None
    hides_texts: bool = False

    def __str__(self) -> str:
        return f"{self.app} {self.language}"

    @contextmanager
    def run(
        self, folder: Path, *, clutter: bool = False, faults: str = "", seed: int = 0
    ) -> Iterator[Running]:
        """Run the shipped testbed with the app on its handsets; "bad" is refused."""
        path = write_testbed(
            folder,
            [rule("bad", action="refuse"), rule("dropped")],
            language=self.language,
            clutter=clutter,
            more=faults,
            changes=[plays(self.app, version=self.version)],
        )
        with EmbeddedProcess.start(path, seed=seed) as process:
            yield Running(load_testbed(str(path)), process)


def _wechat(family: str, version: str, language: str) -> Worn:
    return Worn(
        app=f"wechat@{family}",
        package="com.tencent.mm",
        version=version,
        language=language,
        blocked=NoticeKind.RECIPIENT_REFUSED,
    )


def _whatsapp(language: str) -> Worn:
    return Worn(
        app="whatsapp",
        package="com.whatsapp",
        version="2.26.4.71",
        language=language,
        refused=Mark.SENT if language == "en" else None,
    )


def _telegram(language: str) -> Worn:
    return Worn(
        app="telegram",
        package="org.telegram.messenger",
        version="12.2.10",
        language=language,
        chat="direct",
    )


def _signal(language: str) -> Worn:
    return Worn(
        app="signal", package="org.thoughtcrime.securesms", version="7.2.4", language=language
    )


def _line(language: str) -> Worn:
    return Worn(
        app="line",
        package="jp.naver.line.android",
        version="15.14.0",
        language=language,
        refused=None,
        notice=NoticeKind.CONTENT_REJECTED,
    )


def _conversations(language: str) -> Worn:
    return Worn(
        app="conversations", package="eu.siacs.conversations", version="2.12.8", language=language
    )


WORN: Final = (
    _wechat("8.0.45", "8.0.47", "zh-Hans"),
    _wechat("8.0.45", "8.0.47", "en"),
    _wechat("8.0.31", "8.0.32", "zh-Hans"),
    _wechat("8.0.31", "8.0.32", "en"),
    _whatsapp("en"),
    _whatsapp("zh-Hans"),
    _telegram("en"),
    _telegram("de"),
    _signal("en"),
    _signal("de"),
    _line("en"),
    _line("zh-Hant"),
    _conversations("en"),
    _conversations("de"),
)
"""All that can be read in the tree."""
