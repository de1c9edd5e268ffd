"""The shell commands of an embedded handset, and the state they answer from."""

import base64
import json
import re
import struct
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.embedded.adb_programs import decode_utf7
from drivers.embedded.packages import BadPackage, Package, read_package
from tests.drivers.embedded.adb_host import Door, Host, talk

PACKAGE = "org.undelivered.courier"

SETTINGS = "io.appium.settings"


def manifest(package: Package, *, is_utf8: bool) -> bytes:
    """A binary manifest as Android's tools write it."""
    names = ["versionCode", "versionName", "package", "manifest"]
    strings = [*names, package.version_name, package.name]
    pool, offsets = b"", []
    for text in strings:
        offsets.append(len(pool))
        if is_utf8:
            pool += bytes([len(text), len(text)]) + text.encode() + b"\0"
        else:
            pool += struct.pack("<H", len(text)) + text.encode("utf-16-le") + b"\0\0"
    pool += bytes(-len(pool) % 4)
    start = 28 + 4 * len(offsets)
    flags = 1 << 8 if is_utf8 else 0
    head = struct.pack("<HHI5I", 1, 28, start + len(pool), len(offsets), 0, flags, start, 0)
    string_pool = head + struct.pack(f"<{len(offsets)}I", *offsets) + pool
    attributes = struct.pack("<3iHxBI", -1, 0, -1, 8, 0x10, package.version_code)
    attributes += struct.pack("<3iHxBI", -1, 1, 4, 8, 3, 4)
    attributes += struct.pack("<3iHxBI", -1, 2, 5, 8, 3, 5)
    element = struct.pack("<HHIIi", 0x102, 16, 36 + len(attributes), 1, -1)
    element += struct.pack("<iiHHHHHH", -1, 3, 20, 20, 3, 0, 0, 0) + attributes
    body = string_pool + element
    return struct.pack("<HHI", 3, 8, 8 + len(body)) + body


def apk(package: Package, *, is_utf8: bool = False) -> bytes:
    """An APK with nothing but its manifest."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("AndroidManifest.xml", manifest(package, is_utf8=is_utf8))
    return content.getvalue()


HELPER = Package(name=SETTINGS, version_code=191, version_name="8.0.9")


@given(
    st.builds(
        Package,
        name=st.from_regex(r"[a-z]{1,20}(\.[a-z]{1,20}){1,4}", fullmatch=True),
        version_code=st.integers(0, 2**31 - 1),
        version_name=st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){0,3}", fullmatch=True),
    ),
    st.booleans(),
)
def test_package_is_read_from_its_apk(package: Package, is_utf8: bool) -> None:
    """Name and version come out of an APK's manifest, whichever way its strings are written."""
    assert read_package(apk(package, is_utf8=is_utf8)) == package


@given(st.binary(max_size=200))
def test_broken_manifest_is_no_package(content: bytes) -> None:
    """Whatever is in a file that is no APK, it is refused as such."""
    broken = BytesIO()
    with zipfile.ZipFile(broken, "w") as archive:
        archive.writestr("AndroidManifest.xml", content)
    for each in (content, broken.getvalue()):
        with pytest.raises(BadPackage):
            read_package(each)


def test_install_replaces_what_was_there(tmp_path: Path) -> None:
    """A streamed install answers Success, and the handset has the new version from then on."""
    content = apk(HELPER)

    async def talking(host: Host, _: Door) -> None:
        assert "versionName=0.0.1" in (await host.shell(f"dumpsys package {SETTINGS}")).output
        stream = await host.open(f"exec:cmd package 'install' '-r' '-g' -S {len(content)}")
        await stream.write(content)
        assert await stream.read_all() == b"Success\n"
        dump = (await host.shell(f"dumpsys package {SETTINGS}")).output
        assert re.search(rf"^\s*Package\s+\[{re.escape(SETTINGS)}\][^:]+:$", dump, re.MULTILINE)
        assert "versionCode=191 " in dump
        assert "versionName=8.0.9\n" in dump
        listed = (await host.shell("cmd package list packages --show-versioncode")).output
        assert f"package:{SETTINGS} versionCode:191\n" in listed
        assert (await host.shell(f"pm uninstall {SETTINGS}")).output == "Success\n"
        assert (await host.shell(f"pm uninstall {SETTINGS}")).output.startswith("Failure")
        dump = (await host.shell(f"dumpsys package {SETTINGS}")).output
        assert dump == f"Unable to find package: {SETTINGS}\n"

    talk(tmp_path, talking)


def test_install_of_what_is_no_apk(tmp_path: Path) -> None:
    """What is no APK is refused in the words of the package manager."""

    async def talking(host: Host, _: Door) -> None:
        stream = await host.open("exec:cmd package install -S 4")
        await stream.write(b"nope")
        assert (await stream.read_all()).startswith(b"Failure [INSTALL_PARSE_FAILED_NOT_APK")

    talk(tmp_path, talking)


def test_settings_are_kept(tmp_path: Path) -> None:
    """A setting that was put is read back, and is null once it is deleted."""

    async def talking(host: Host, _: Door) -> None:
        key = "global hidden_api_policy"
        assert (await host.shell(f"settings get {key}")).output == "null\n"
        assert (await host.shell(f"settings put {key} 1;settings get {key}")).output == "1\n"
        assert (await host.shell(f"settings delete {key}")).output == "Deleted 1 rows\n"
        assert (await host.shell(f"settings get {key}")).output == "null\n"
        for line in ("settings get x", "settings put x y", "settings delete x"):
            assert (await host.shell(line)).code == 1

    talk(tmp_path, talking)


def test_properties(tmp_path: Path) -> None:
    """The Android version is one that Appium's driver takes; unknown properties are empty."""

    async def talking(host: Host, _: Door) -> None:
        assert int((await host.shell("getprop ro.build.version.sdk")).output) >= 26
        assert (await host.shell("getprop sys.boot_completed")).output == "1\n"
        assert (await host.shell("getprop no.such")).output == "\n"
        assert "[ro.serialno]: [phone-1]\n" in (await host.shell("getprop")).output
        assert (await host.shell("wm size")).output == "Physical size: 1080x2340\n"

    talk(tmp_path, talking)


def test_apps_run_until_they_are_stopped(tmp_path: Path) -> None:
    """An app is among the processes while it runs, and starts cold, then hot."""

    async def talking(host: Host, _: Door) -> None:
        async def processes() -> list[str]:
            lines = (await host.shell("ps -A")).output.splitlines()[1:]
            return [line.split()[-1] for line in lines]

        start = f"am start-activity -W -n {PACKAGE}/.MainActivity -a android.intent.action.MAIN"
        assert await processes() == [PACKAGE]
        assert "LaunchState: HOT" in (await host.shell(start)).output
        await host.shell(f"am force-stop {PACKAGE}")
        assert await processes() == []
        assert "mFocusedApp=null" in (await host.shell("dumpsys window displays")).output
        assert "Status: ok\nLaunchState: COLD" in (await host.shell(start)).output
        assert "LaunchState: COLD" in (await host.shell(f"{start} -S")).output
        assert f" {PACKAGE}/.MainActivity" in (await host.shell("dumpsys window displays")).output
        pid = (await host.shell("ps -A")).output.splitlines()[1].split()[1]
        assert f" {pid}:{PACKAGE}/" in (await host.shell("dumpsys activity processes")).output
        assert (await host.shell(f"kill -SIGTERM {pid}")).code == 0
        assert "No such process" in (await host.shell(f"kill {pid}")).errors
        unknown = (await host.shell("am start-activity -n no.such/.A")).output
        assert "Error: Activity class {no.such/.A} does not exist." in unknown

    talk(tmp_path, talking)


def test_stopped_app_comes_up_afresh(tmp_path: Path) -> None:
    """An app that was stopped shows its list of chats, with nothing typed; its data stays."""

    async def talking(host: Host, door: Door) -> None:
        open_chat(door)
        await host.shell("input text hello")
        await host.shell(f"am force-stop {PACKAGE}")
        assert shown(door, "message_input") == []
        assert shown(door, "chat_name")
        open_chat(door)
        assert shown(door, "message_input") == ["Message"]
        assert (await host.shell(f"pm clear {PACKAGE}")).output == "Failed\n"

    talk(tmp_path, talking)


@pytest.mark.parametrize("text", ["hello", "达赖喇嘛", "བོད་ & \"x\" 'y'; $(a)", "👍 +-&-", "a\nb"])
def test_keyboard_types_what_appium_encodes(tmp_path: Path, text: str) -> None:
    """With Appium's Unicode keyboard, any text comes out of `input text` as it was."""

    async def talking(host: Host, door: Door) -> None:
        open_chat(door)
        await host.shell(f"ime enable {SETTINGS}/.UnicodeIME; ime set {SETTINGS}/.UnicodeIME")
        escaped = re.sub(r"""[()<>|;&*\\~^"'$`]""", r"\\\g<0>", encode_utf7(text))
        line = f"input text ''{escaped.replace(' ', '%s')}''"
        assert (await host.shell(line)).code == 0
        assert shown(door, "message_input") == [text]

    talk(tmp_path, talking)


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_utf7_is_decoded(text: str) -> None:
    """Whatever Appium encodes is decoded."""
    assert decode_utf7(encode_utf7(text)) == text


def test_keyboard_that_lacks_characters(tmp_path: Path) -> None:
    """The handset's own keyboard fails on what is not ASCII, as Android's `input` does."""

    async def talking(host: Host, door: Door) -> None:
        open_chat(door)
        said = await host.shell("input text 消息")
        assert (said.code, shown(door, "message_input")) == (255, ["Message"])
        assert (await host.shell("input keyevent 4")).code == 0
        assert shown(door, "message_input") == []
        assert (await host.shell("input text nowhere")).code == 0
        assert (await host.shell("input keyevent 3")).code == 255
        assert (await host.shell("ime set no.such/.Keyboard")).code == 1
        assert SETTINGS not in (await host.shell("ime list")).output

    talk(tmp_path, talking)


async def start_settings(host: Host) -> None:
    """Start Appium's settings app, as its driver does and checks."""
    assert "isForeground" not in (await host.shell(f"dumpsys activity services {SETTINGS}")).output
    await host.shell(f"am start-activity -n {SETTINGS}/.Settings")
    assert "isForeground=true" in (await host.shell(f"dumpsys activity services {SETTINGS}")).output


def data_of(output: str) -> str:
    """What a broadcast brought back, by the driver's own pattern."""
    match = re.search(r'\bresult=-1, data="(.*)"', output)
    assert match is not None
    return match.group(1)


def test_notifications_tell_what_arrived(tmp_path: Path) -> None:
    """Each message that arrived is a notification, its text exact, the newest first."""
    broadcast = f"am broadcast -a {SETTINGS}.notifications"

    async def talking(host: Host, door: Door) -> None:
        assert "result=0" in (await host.shell(broadcast)).output
        await start_settings(host)
        assert json.loads(data_of((await host.shell(broadcast)).output)) == {
            "statusBarNotifications": []
        }
        texts = ['喇嘛 "quoted"', "two\nlines"]
        for text in texts:
            door.device.handset.network.send("phone-2", "lane-1/direct", text)
        said = json.loads(data_of((await host.shell(broadcast)).output))
        found = [each["notification"] for each in said["statusBarNotifications"]]
        assert [each["text"] for each in found] == texts[::-1]
        assert {each["title"] for each in found} == {"Bo"}

    talk(tmp_path, talking)


def test_clipboard_is_for_the_default_keyboard(tmp_path: Path) -> None:
    """The clipboard reads empty unless Appium's keyboard is the default one."""
    broadcast = f"am broadcast -n {SETTINGS}/.receivers.R -a {SETTINGS}.clipboard.get"

    async def talking(host: Host, door: Door) -> None:
        await start_settings(host)
        door.device.handset.clipboard = "བོད་"
        assert data_of((await host.shell(broadcast)).output) == ""
        await host.shell(f"ime set {SETTINGS}/.AppiumIME")
        data = data_of((await host.shell(broadcast)).output)
        assert base64.b64decode(data).decode() == "བོད་"
        assert "result=0" in (await host.shell("am broadcast -a unknown")).output

    talk(tmp_path, talking)


def test_log_is_dumped_and_followed(tmp_path: Path) -> None:
    """The log has a line for what happened, and goes on with each new one."""

    async def talking(host: Host, door: Door) -> None:
        assert (
            f"ActivityManager: Start proc 2001:{PACKAGE}" in (await host.shell("logcat -d")).output
        )
        stream = await host.open('shell:export ANDROID_LOG_TAGS=""; exec logcat -v threadtime')
        assert await stream.read() == b"--------- beginning of main\n"
        await stream.read()
        door.device.logcat.write("Test", "one")
        assert (await stream.read()).endswith(b" I Test: one\n")
        door.device.logcat.write("Test", "two")
        assert (await stream.read()).endswith(b" I Test: two\n")
        stream.close()
        await host.shell("logcat -c")
        assert (await host.shell("logcat -d")).output == ""

    talk(tmp_path, talking)


@pytest.mark.parametrize(
    "line",
    [
        f"appops set {SETTINGS} PROJECT_MEDIA allow",
        f"cmd notification allow_listener {SETTINGS}/.NLService",
        f"pm grant {PACKAGE} android.permission.CAMERA ;",
        f"dumpsys deviceidle whitelist +{SETTINGS} ;",
        f"pm path {PACKAGE}",
        f"cmd package resolve-activity --brief {PACKAGE}",
        "pm list instrumentation",
        "dumpsys power",
        "dumpsys input_method",
        "ps --help",
        "whoami",
        "date +%Y-%m-%dT%T%z",
    ],
)
def test_what_the_driver_asks_succeeds(tmp_path: Path, line: str) -> None:
    """What Appium's driver asks of a handset is answered with success."""

    async def talking(host: Host, _: Door) -> None:
        said = await host.shell(line)
        assert (said.errors, said.code) == ("", 0)

    talk(tmp_path, talking)


def open_chat(door: Door) -> None:
    """Open the first chat of the list."""
    courier = door.device.handset.app
    row = next(
        node
        for node in courier.hierarchy.iter()
        if node.get("resource-id", "").endswith("chat_row")
    )
    courier.tap(courier.target(row))


def shown(door: Door, name: str) -> list[str]:
    """Texts of what is on the screen under a resource id."""
    nodes = door.device.handset.app.hierarchy.iter()
    return [node.get("text", "") for node in nodes if node.get("resource-id", "").endswith(name)]


def encode_utf7(text: str) -> str:
    """The UTF-7 of RFC 3501, written down a second time."""

    def encoded(match: re.Match[str]) -> str:
        run = base64.b64encode(match.group().encode("utf-16-be")).decode()
        return f"&{run.rstrip('=').replace('/', ',')}-"

    return re.sub(r"[^\x20-\x7e]+", encoded, text.replace("&", "&-"))
