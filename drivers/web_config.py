"""What a testbed says of a web app: its page, and where its log-in comes from."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from drivers.border import Border


@dataclass(frozen=True, slots=True, kw_only=True)
class WebConfig:
    """A web app as one account uses it.

    Attributes:
        url: Its page.
        user_env: Environment variable that holds the name to log in with; ``None`` where the
            log-in is not ours to do.
        password_env: The one that holds the password.
        user_data: Folder in which the browser keeps its log-ins; ``None`` for a new one each
            session.
    """

    url: str
    user_env: str | None
    password_env: str | None
    user_data: Path | None


class WebKeys(Border):
    """The keys of a handset that are for web apps."""

    url: str | None = Field(default=None, pattern=r"^https?://\S+$")
    user_env: str | None = Field(default=None, pattern=r"^[A-Za-z_]\w*$")
    password_env: str | None = Field(default=None, pattern=r"^[A-Za-z_]\w*$")
    user_data: str | None = None

    def web_problems(self, name: str) -> Iterator[str]:
        """What does not go together.

        Args:
            name: Name of the handset.
        """
        if self.url is None:
            given = [key for key in WebKeys.model_fields if getattr(self, key) is not None]
            if given:
                yield f"handset {name!r}: {', '.join(given)} is for web apps, which need a url"
        elif (self.user_env is None) != (self.password_env is None):
            yield f"handset {name!r}: user_env and password_env are given together or not at all"

    def to_web(self, folder: Path) -> WebConfig | None:
        """What it says; ``None`` where there is no web app.

        Args:
            folder: What `user_data` is relative to.
        """
        if self.url is None:
            return None
        return WebConfig(
            url=self.url,
            user_env=self.user_env,
            password_env=self.password_env,
            user_data=None if self.user_data is None else (folder / self.user_data).absolute(),
        )
