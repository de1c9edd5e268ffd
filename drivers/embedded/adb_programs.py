"""The shell commands of an embedded handset: what Appium's driver and adb itself use."""

import base64
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Final

from drivers.embedded.adb_apps import APP_PROGRAMS, APP_WATCHERS
from drivers.embedded.adb_shell import (
    Console,
    Program,
    Programs,
    Result,
    Watchers,
    always,
    fail,
    without_flags,
)
from drivers.embedded.canvas import HEIGHT, WIDTH
from drivers.embedded.device import INPUT_METHOD, Device
from drivers.embedded.packages import SETTINGS
from drivers.embedded.uiautomator2_driver import DENSITY

_UNICODE_KEYBOARD: Final = f"{SETTINGS}/.UnicodeIME"
_BACK_KEY: Final = "4"
_BASE64_RUN = re.compile("&([A-Za-z0-9+,]*)-")

# Small things of sh and toybox.


def _echo(_: Device, arguments: Sequence[str]) -> Result:
    return Result(output=" ".join(arguments) + "\n")


def _date(device: Device, arguments: Sequence[str]) -> Result:
    form = arguments[0].removeprefix("+") if arguments else "%a %b %d %T %Z %Y"
    return Result(output=f"{device.handset.now():{form}}\n")


def _getprop(device: Device, arguments: Sequence[str]) -> Result:
    if arguments:
        return Result(output=device.properties.get(arguments[0], "") + "\n")
    lines = (f"[{name}]: [{value}]\n" for name, value in device.properties.items())
    return Result(output="".join(lines))


def _ps(device: Device, arguments: Sequence[str]) -> Result:
    if "--help" in arguments:
        return Result(output="usage: ps [-AadefLlnwZ]\n\n-A\tAll processes\n")
    lines = ["USER           PID  PPID     VSZ    RSS WCHAN            ADDR S NAME"]
    lines += [
        f"u0_a1 {pid:12} {1:5} {1000000:7} {90000:6} ep_poll             0 S {name}"
        for name, pid in device.processes().items()
    ]
    return Result(output="\n".join(lines) + "\n")


def _kill(device: Device, arguments: Sequence[str]) -> Result:
    wanted = without_flags(arguments)
    for name, pid in device.processes().items():
        if str(pid) in wanted:
            device.stop(name)
            return Result()
    return fail(f"/system/bin/sh: kill: {' '.join(wanted)}: No such process")


def _test(device: Device, arguments: Sequence[str]) -> Result:
    match arguments:
        case ["-e", path, "]"]:
            return Result(code=0 if device.files.stat(path)[0] else 1)
    return fail(f"[: {' '.join(arguments)}: unexpected operator/operand", 2)


def _cat(device: Device, arguments: Sequence[str]) -> Result:
    missing = [path for path in arguments if path not in device.files]
    if missing:
        return fail(f"cat: {missing[0]}: No such file or directory")
    texts = (device.files[path].content.decode(errors="replace") for path in arguments)
    return Result(output="".join(texts))


def _ls(device: Device, arguments: Sequence[str]) -> Result:
    folders = without_flags(arguments)
    missing = [folder for folder in folders if not device.files.stat(folder)[0]]
    if missing or not folders:
        return fail(f"ls: {''.join(missing[:1])}: No such file or directory")
    names = [name for folder in folders for name in device.files.names_in(folder)]
    return Result(output="".join(f"{name}\n" for name in names))


def _rm(device: Device, arguments: Sequence[str]) -> Result:
    for path in without_flags(arguments):
        folder = path.rpartition("/")[0]
        inside = [f"{folder}/{name}" for name in device.files.names_in(folder)]
        removed = [device.files.remove(each) for each in inside if fnmatchcase(each, path)]
        if not any(removed) and "-f" not in arguments:
            return fail(f"rm: {path}: No such file or directory")
    return Result()


# Settings, input methods, input.


def _settings_get(device: Device, arguments: Sequence[str]) -> Result:
    match arguments:
        case [space, key]:
            return Result(output=device.settings.get((space, key), "null") + "\n")
    return fail("settings get: a namespace and a key are needed")


def _settings_put(device: Device, arguments: Sequence[str]) -> Result:
    match arguments:
        case [space, key, value]:
            device.settings[space, key] = value
            return Result()
    return fail("settings put: a namespace, a key and a value are needed")


def _settings_delete(device: Device, arguments: Sequence[str]) -> Result:
    match arguments:
        case [space, key]:
            count = 0 if device.settings.pop((space, key), None) is None else 1
            return Result(output=f"Deleted {count} rows\n")
    return fail("settings delete: a namespace and a key are needed")


def _ime(verb: str) -> Program:
    def run(device: Device, arguments: Sequence[str]) -> Result:
        name = "".join(arguments[:1])
        if name.partition("/")[0] not in {*device.packages, "org.undelivered.keyboard"}:
            return fail(f"Unknown input method {name} cannot be {verb}d for user #0")
        if verb == "enable" and name not in device.enabled_keyboards:
            device.enabled_keyboards.append(name)
        elif verb == "disable" and name in device.enabled_keyboards:
            device.enabled_keyboards.remove(name)
        elif verb == "set":
            device.settings[INPUT_METHOD] = name
        return Result(output=f"Input method {name}: {verb}\n")

    return run


def _ime_list(device: Device, _: Sequence[str]) -> Result:
    lines = (f"{name}:\n  mId={name}\n" for name in device.enabled_keyboards)
    return Result(output="".join(lines))


def _input_text(device: Device, arguments: Sequence[str]) -> Result:
    text = " ".join(arguments).replace("%s", " ")
    if not text.isascii():
        return fail("java.lang.NullPointerException: Attempt to get length of null array", 255)
    if device.settings[INPUT_METHOD] == _UNICODE_KEYBOARD:
        text = decode_utf7(text)
    nodes = device.handset.app.hierarchy.iterdescendants("android.widget.EditText")
    if any(node.get("focused") == "true" for node in nodes):
        device.handset.app.type(text)
    return Result()


def decode_utf7(text: str) -> str:
    """Decode the UTF-7 of RFC 3501, in which Appium types what a keyboard lacks."""

    def decoded(match: re.Match[str]) -> str:
        run = match.group(1).replace(",", "/")
        return base64.b64decode(run + "=" * (-len(run) % 4)).decode("utf-16-be") if run else "&"

    return _BASE64_RUN.sub(decoded, text)


def _key(device: Device, arguments: Sequence[str]) -> Result:
    if list(arguments) != [_BACK_KEY]:
        return fail(f"Error: the embedded handset has no key {' '.join(arguments)}", 255)
    device.handset.app.go_back()
    return Result()


async def _logcat(device: Device, arguments: Sequence[str], console: Console) -> int:
    if "-c" in arguments:
        device.logcat.lines.clear()
        return 0
    if "-d" in arguments:
        await console.write("".join(f"{line}\n" for line in tuple(device.logcat.lines)))
        return 0
    await console.write("--------- beginning of main\n")
    async for line in device.logcat.follow():
        await console.write(f"{line}\n")
    return 0


PROGRAMS: Final[Programs] = {
    **APP_PROGRAMS,
    ("[",): _test,
    ("cat",): _cat,
    ("date",): _date,
    ("echo",): _echo,
    ("export",): always(),
    ("getprop",): _getprop,
    ("ime", "disable"): _ime("disable"),
    ("ime", "enable"): _ime("enable"),
    ("ime", "list"): _ime_list,
    ("ime", "set"): _ime("set"),
    ("input", "keyevent"): _key,
    ("input", "text"): _input_text,
    ("kill",): _kill,
    ("ls",): _ls,
    ("mkdir",): always(),
    ("ps",): _ps,
    ("rm",): _rm,
    ("settings", "delete"): _settings_delete,
    ("settings", "get"): _settings_get,
    ("settings", "put"): _settings_put,
    ("true",): always(),
    ("whoami",): always("shell\n"),
    ("wm", "density"): always(f"Physical density: {DENSITY}\n"),
    ("wm", "size"): always(f"Physical size: {WIDTH}x{HEIGHT}\n"),
}
"""Commands that answer at once."""

WATCHERS: Final[Watchers] = {**APP_WATCHERS, ("logcat",): _logcat}
"""Commands that go on."""
