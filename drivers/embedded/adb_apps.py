"""What an embedded handset's shell says and does about apps: packages, activities, services."""

import base64
import json
from collections.abc import Sequence
from typing import Final

from drivers.embedded.adb_shell import (
    Console,
    Programs,
    Result,
    Watchers,
    always,
    fail,
    without_flags,
)
from drivers.embedded.adb_sync import File
from drivers.embedded.device import INPUT_METHOD, Device, End
from drivers.embedded.notifications import notifications
from drivers.embedded.packages import (
    SERVER,
    SERVER_TEST,
    SETTINGS,
    BadPackage,
    Package,
    read_package,
)

_INSTRUMENTATION: Final = f"{SERVER_TEST}/androidx.test.runner.AndroidJUnitRunner"
_APPIUM_KEYBOARD: Final = f"{SETTINGS}/.AppiumIME"
_WITH_VALUE: Final = frozenset({"-a", "-c", "-d", "-f", "-n", "-t", "--user"})
_DEAD: Final = {
    End.FINISHED: "INSTRUMENTATION_CODE: -1\n",
    End.CRASHED: "INSTRUMENTATION_RESULT: shortMsg=Process crashed.\nINSTRUMENTATION_CODE: 0\n",
    End.STOPPED: "INSTRUMENTATION_ABORTED: System has crashed.\n",
}


def install(device: Device, apk: bytes) -> Result:
    """Install an APK, or another version of it."""
    try:
        package = read_package(apk)
    except BadPackage as error:
        return Result(
            output=f"Failure [INSTALL_PARSE_FAILED_NOT_APK: {error}]\n", errors=f"{error}\n", code=1
        )
    device.stop(package.name)
    device.packages[package.name] = package
    device.logcat.write("PackageManager", f"Installed {package.name} {package.version_name}")
    return Result(output="Success\n")


def _install_file(device: Device, arguments: Sequence[str]) -> Result:
    paths = without_flags(arguments)
    file = device.files[paths[-1]] if paths and paths[-1] in device.files else File(content=b"")
    return install(device, file.content)


def _uninstall(device: Device, arguments: Sequence[str]) -> Result:
    names = without_flags(arguments)
    if not names or device.packages.pop(names[0], None) is None:
        return Result(output="Failure [DELETE_FAILED_INTERNAL_ERROR]\n", code=1)
    device.stop(names[0])
    return Result(output="Success\n")


def _list_packages(device: Device, arguments: Sequence[str]) -> Result:
    has_code = "--show-versioncode" in arguments
    lines = (
        f"package:{each.name}" + (f" versionCode:{each.version_code}\n" if has_code else "\n")
        for each in device.packages.values()
    )
    return Result(output="".join(lines))


def _list_instrumentation(device: Device, _: Sequence[str]) -> Result:
    line = f"instrumentation:{_INSTRUMENTATION} (target={SERVER})\n"
    return Result(output=line if SERVER_TEST in device.packages else "")


def _path(device: Device, arguments: Sequence[str]) -> Result:
    if arguments and arguments[-1] in device.packages:
        return Result(output=f"package:/data/app/{arguments[-1]}/base.apk\n")
    return Result(code=1)


def _permission(device: Device, arguments: Sequence[str]) -> Result:
    match arguments:
        case [package, permission, *_] if package in device.packages:
            device.permissions.add((package, permission))
            return Result()
    return fail(f"java.lang.IllegalArgumentException: Unknown package: {' '.join(arguments)}", 255)


def _allow_listener(device: Device, arguments: Sequence[str]) -> Result:
    package = "".join(arguments[:1]).partition("/")[0]
    return _permission(device, [package, "notification listener"])


def _clear_app(device: Device, arguments: Sequence[str]) -> Result:
    if device.app.name in arguments:
        # Its data is the account's log-in and its chats, which no measurement may lose.
        return Result(output="Failed\n", code=1)
    return Result(output="Success\n")


def _resolve_activity(device: Device, arguments: Sequence[str]) -> Result:
    activities = {device.app.name: device.handset.app.skin.activity, SETTINGS: ".Settings"}
    name = "".join(arguments[-1:])
    if name not in device.packages or name not in activities:
        return Result(output="No activity found\n")
    return Result(
        output="priority=0 preferredOrder=0 match=0x108000 specificIndex=-1 isDefault=true\n"
        f"{name}/{activities[name]}\n"
    )


# The activity manager.


def _intent(arguments: Sequence[str]) -> dict[str, str]:
    """Options of an intent with their values; flags have the empty value."""
    options: dict[str, str] = {}
    waiting = iter(arguments)
    for word in waiting:
        options[word] = next(waiting, "") if word in _WITH_VALUE else ""
    return options


def _start_activity(device: Device, arguments: Sequence[str]) -> Result:
    options = _intent(arguments)
    component = options.get("-n", "")
    package = component.partition("/")[0]
    if package not in device.packages:
        return Result(
            output=f"Starting: Intent {{ cmp={component} }}\nError type 3\n"
            f"Error: Activity class {{{component}}} does not exist.\n"
        )
    if "-S" in options:
        device.stop(package)
    is_cold = device.start(package)
    return Result(
        output=f"Starting: Intent {{ cmp={component} }}\nStatus: ok\n"
        f"LaunchState: {'COLD' if is_cold else 'HOT'}\nActivity: {component}\n"
        "TotalTime: 10\nWaitTime: 12\nComplete\n"
    )


def _force_stop(device: Device, arguments: Sequence[str]) -> Result:
    for name in arguments:
        device.stop(name)
    return Result()


def _broadcast(device: Device, arguments: Sequence[str]) -> Result:
    options = _intent(arguments)
    action = options.get("-a", "")
    data = None
    if action == f"{SETTINGS}.notifications":
        handset = device.handset
        known = notifications(handset)
        data = json.dumps(known, ensure_ascii=False)
    elif action == f"{SETTINGS}.clipboard.get":
        # From Android 10 on, only the default input method may read the clipboard.
        may_read = device.settings[INPUT_METHOD] == _APPIUM_KEYBOARD
        data = base64.b64encode(device.handset.clipboard.encode()).decode() if may_read else ""
    if data is None or SETTINGS not in device.processes():
        return Result(output=f"Broadcasting: Intent {{ act={action} }}\n{_completed('0')}")
    return Result(
        output=f"Broadcasting: Intent {{ act={action} }}\n" + _completed(f'-1, data="{data}"')
    )


def _completed(result: str) -> str:
    return f"Broadcast completed: result={result}\n"


# What the system's services say of themselves.


def _dump_package(device: Device, arguments: Sequence[str]) -> Result:
    package = device.packages.get("".join(arguments[:1]))
    if package is None:
        return Result(output=f"Unable to find package: {' '.join(arguments)}\n")
    return Result(output=_package_dump(package))


def _package_dump(package: Package) -> str:
    return (
        f"Packages:\n  Package [{package.name}] (5d2b1a8):\n    userId=10001\n"
        f"    versionCode={package.version_code} minSdk=26 targetSdk=34\n"
        f"    versionName={package.version_name}\n"
    )


def _dump_services(device: Device, arguments: Sequence[str]) -> Result:
    if list(arguments) == [SETTINGS] and SETTINGS in device.processes():
        service = f"ServiceRecord{{1a2b3c u0 {SETTINGS}/.ForegroundService}}"
        return Result(output=f"  * {service}\n    isForeground=true foregroundId=1\n")
    return Result(output="ACTIVITY MANAGER SERVICES (dumpsys activity services)\n  (nothing)\n")


def _dump_processes(device: Device, _: Sequence[str]) -> Result:
    lines = (
        f"  *APP* UID 10001 ProcessRecord{{5e6f7a8 {pid}:{name}/u0a1}}\n"
        for name, pid in device.processes().items()
    )
    return Result(output="".join(lines))


def _dump_window(device: Device, _: Sequence[str]) -> Result:
    if device.app.name not in device.processes():
        return Result(output="  mCurrentFocus=null\n  mFocusedApp=null\n")
    package, activity = device.handset.app.package, device.handset.app.activity
    full = package + activity if activity.startswith(".") else activity
    return Result(
        output=f"  mCurrentFocus=Window{{4f5e6d7 u0 {package}/{full}}}\n"
        f"  mFocusedApp=ActivityRecord{{8b1c2d3 u0 {package}/{activity} t12}}\n"
        "  mShowingLockscreen=false mScreenOnFully=true\n"
    )


async def _instrument(device: Device, arguments: Sequence[str], console: Console) -> int:
    if arguments[-1:] != (_INSTRUMENTATION,) or SERVER_TEST not in device.packages:
        await console.write(
            "INSTRUMENTATION_STATUS: id=ActivityManagerService\n"
            f"INSTRUMENTATION_STATUS: Error=Unable to find instrumentation info for: "
            f"{''.join(arguments[-1:])}\nINSTRUMENTATION_STATUS_CODE: -1\n"
        )
        return 1
    run = device.start_instrumentation()
    try:
        end = await run.wait()
    finally:
        if run is device.instrumentation:  # the host that ran it hung up
            device.end_instrumentation(End.STOPPED)
    await console.write(_DEAD[end])
    return 0 if end is End.FINISHED else 1


APP_PROGRAMS: Final[Programs] = {
    ("am", "broadcast"): _broadcast,
    ("am", "force-stop"): _force_stop,
    ("am", "kill"): _force_stop,
    ("am", "start"): _start_activity,
    ("am", "start-activity"): _start_activity,
    ("appops", "set"): _permission,
    ("cmd", "notification", "allow_listener"): _allow_listener,
    ("cmd", "package", "list"): _list_packages,
    ("cmd", "package", "resolve-activity"): _resolve_activity,
    ("cmd", "package", "uninstall"): _uninstall,
    ("dumpsys", "activity", "processes"): _dump_processes,
    ("dumpsys", "activity", "services"): _dump_services,
    ("dumpsys", "deviceidle", "whitelist"): always(),
    ("dumpsys", "input_method"): always("  mInputShown=false mIsInputViewShown=false\n"),
    ("dumpsys", "package"): _dump_package,
    ("dumpsys", "power"): always("  mWakefulness=Awake\n"),
    ("dumpsys", "window"): _dump_window,
    ("pm", "clear"): _clear_app,
    ("pm", "grant"): _permission,
    ("pm", "install"): _install_file,
    ("pm", "list", "instrumentation"): _list_instrumentation,
    ("pm", "list", "packages"): _list_packages,
    ("pm", "path"): _path,
    ("pm", "uninstall"): _uninstall,
}
"""Commands that answer at once."""

APP_WATCHERS: Final[Watchers] = {("am", "instrument"): _instrument}
"""Commands that go on."""
