"""Which skin a handset wears: the one of its app's package and version."""

import importlib.util
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from drivers.embedded.skins.conversations import Conversations
from drivers.embedded.skins.courier import Courier
from drivers.embedded.skins.line import Line
from drivers.embedded.skins.signal import Signal
from drivers.embedded.skins.skin import Skin
from drivers.embedded.skins.telegram import Telegram
from drivers.embedded.skins.wechat import WECHAT
from drivers.embedded.skins.whatsapp import WhatsApp
from drivers.errors import ConfigError
from drivers.testbed import HandsetConfig

SKINS: Final[tuple[Skin, ...]] = (
    Courier(),
    *WECHAT,
    WhatsApp(),
    Telegram(),
    Signal(),
    Line(),
    Conversations(),
)
"""All that come with the project; of one package, the version to prefer first."""


def skins_of(path: Path) -> tuple[Skin, ...]:
    """The skins that a Python file describes, in a constant ``SKINS``.

    Raises:
        ConfigError: There is no such file, or nothing of that name in it.
    """
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ConfigError(
            f"{path}: there is no Python file with skins. Check `skins` of the policy."
        )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: object = getattr(module, "SKINS", None)
    if not isinstance(found, tuple) or not all(isinstance(each, Skin) for each in found):
        raise ConfigError(f"{path}: SKINS is {found!r}; it must be a tuple of skins.")
    return found


def skin_for(config: HandsetConfig, known: Sequence[Skin]) -> Skin:
    """The skin of a handset's app: in the version its testbed states, else one its profile fits.

    Raises:
        ConfigError: Nothing here looks like that app, or not in that version.
    """
    package = config.profile.package
    ours = [skin for skin in known if skin.package == package]
    if not ours:
        raise ConfigError(
            f"handset {config.name!r}: no embedded handset plays {package}; they play "
            f"{_listed(skin.package for skin in known)}."
        )
    if config.version is not None:
        fitting = [skin for skin in ours if skin.version == config.version]
    else:
        fitting = [skin for skin in ours if _fits(skin, config.profile.versions)]
    if not fitting:
        wanted = config.version or f"a version like {_listed(config.profile.versions)}"
        raise ConfigError(
            f"handset {config.name!r}: no embedded handset plays {package} in {wanted}; they play "
            f"{_listed(skin.version for skin in ours)}."
        )
    return fitting[0]


def language_for(skin: Skin, wanted: str | None) -> str:
    """The UI language of a skin that fits a wish best: ``zh`` gets ``zh-Hans``.

    Raises:
        ConfigError: It has none that fits.
    """
    if wanted is None:
        return skin.languages[0]
    exact = [each for each in skin.languages if each == wanted]
    close = [each for each in skin.languages if each.partition("-")[0] == wanted]
    if not exact + close:
        raise ConfigError(
            f"language {wanted!r}: {skin.title} {skin.version} of the embedded handsets speaks "
            f"{_listed(skin.languages)}."
        )
    return (exact + close)[0]


def _fits(skin: Skin, versions: Iterable[str]) -> bool:
    patterns = tuple(versions)  # none where nobody wrote down what a profile is for
    return not patterns or any(fnmatchcase(skin.version, pattern) for pattern in patterns)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))
