"""Checks of the testbed, the tools and the servers: everything before the first handset."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from drivers.adb import is_address
from drivers.avd import acceleration, list_avds, list_snapshots
from drivers.browser_tools import find_chromedriver, find_chromium
from drivers.consent import consent_to_state, objections
from drivers.doctor.finding import Check, Result, fail, ok, skipped, warn
from drivers.door import Door, doors
from drivers.embedded.process import EmbeddedProcess
from drivers.emulator_config import EmulatorConfig
from drivers.errors import ConfigError
from drivers.fleet import Fleet
from drivers.pins import load_pins
from drivers.server import AppiumServer
from drivers.testbed import (
    EMBEDDED,
    MANAGED,
    HandsetConfig,
    LaneConfig,
    Testbed,
    load_testbed,
)
from drivers.tools import (
    Missing,
    Places,
    Sought,
    Tool,
    find_adb,
    find_appium,
    find_chromium_driver,
    find_emulator,
    find_node,
    find_uiautomator2,
    require_emulator,
    require_toolchain,
)

_NO_EMULATOR: Final = "not needed: no handset has a table [handset.emulator]"
_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(slots=True, kw_only=True)
class Workbench:
    """What the checks have at hand, and what they have started so far.

    Attributes:
        name: Which testbed: a path, or ``embedded``.
        chat: ``direct`` or ``group``.
        folder: Where logs and screens are kept.
        places: Where tools are looked for.
        closing: Ends what was started.
        testbed: The testbed, once it is loaded.
        lanes: Its lanes that have such a chat.
        embedded: The process of the embedded handsets, once it runs.
        server: The Appium server of our own, once it runs.
        ways: How each handset is reached, by its name.
        fleet: The emulators among them, which are booted one by one.
    """

    name: str
    chat: str
    folder: Path
    places: Places
    closing: ExitStack
    testbed: Testbed | None = None
    lanes: tuple[LaneConfig, ...] = ()
    embedded: EmbeddedProcess | None = None
    server: AppiumServer | None = None
    ways: Mapping[str, Door] = field(default_factory=dict)
    fleet: Fleet = field(default_factory=lambda: Fleet({}))

    @property
    def loaded(self) -> Testbed:
        """The testbed.

        Raises:
            ConfigError: It was not loaded.
        """
        if self.testbed is None:
            raise ConfigError(f"The testbed {self.name!r} is not loaded.")
        return self.testbed

    @property
    def handsets(self) -> tuple[HandsetConfig, ...]:
        """The ends of the lanes, in their order."""
        return tuple(end for lane in self.lanes for end in lane.handsets(self.chat))

    @property
    def is_managed(self) -> bool:
        """Whether a handset asks for an Appium server that the harness starts."""
        return any(each.is_managed for each in self.handsets)

    @property
    def emulators(self) -> tuple[EmulatorConfig, ...]:
        """The emulators that are to be booted where they do not run."""
        return tuple(each.emulator for each in self.handsets if each.emulator is not None)

    def udid(self, config: HandsetConfig) -> str:
        """Serial or address of a handset, as adb names it; empty where none is stated."""
        if config.udid == EMBEDDED and self.embedded is not None:
            return self.embedded.adb_address(config.name)
        return config.udid or ""


def _load(bench: Workbench) -> Result:
    bench.testbed = load_testbed(bench.name)
    bench.lanes = bench.testbed.lanes_with(bench.chat)
    examined = {each.name for each in bench.handsets}
    others = [each.name for each in bench.testbed.handsets if each.name not in examined]
    said = f"{bench.testbed.path}: {len(bench.lanes)} lanes with a {bench.chat} chat"
    if others:
        return warn(
            f"{said}; not in one, so not examined: {', '.join(others)}",
            "Give these handsets a lane with such a chat, or take them out.",
        )
    return ok(said)


def _accounts(bench: Workbench) -> Result:
    # That an account is not dedicated, or two have one label, is refused when a testbed is loaded.
    accounts = [each.account for each in bench.loaded.handsets]
    shared = sorted({each.label for each in accounts if accounts.count(each) > 1})
    labels = ", ".join(f"{each.label} ({each.region})" for each in dict.fromkeys(accounts))
    if shared:
        return warn(
            f"{labels}; on several handsets: {', '.join(shared)}",
            "Many apps log an account out of one phone when it logs in on another. Give each "
            "handset an account of its own.",
        )
    return ok(f"{labels}; each promised to be dedicated")


def _consent(bench: Workbench) -> Result:
    problems = objections(bench.lanes, bench.loaded.consent, bench.loaded.pacing)
    if problems:
        return fail(" ".join(problems), f"A run would send nothing.\n{consent_to_state()}")
    if not any(each.sender.is_real for each in bench.lanes):
        return skipped("not needed: nothing is sent through an app that other people use")
    return ok(f"acknowledged ({bench.loaded.consent}); a budget and a pace are stated")


def _udids(bench: Workbench) -> Result:
    places = [
        (each, MANAGED if each.is_managed else _host(each.appium))
        for each in bench.loaded.handsets
        if EMBEDDED not in {each.appium, each.udid} and each.web is None
    ]
    problems = [
        f"{one.name} and {other.name} are both {one.udid!r} on this machine"
        for (one, at), (other, other_at) in combinations(places, 2)
        if one.udid and (one.udid, at) == (other.udid, other_at)
    ]
    by_server: dict[str, list[HandsetConfig]] = defaultdict(list)
    for each, _ in places:
        by_server[each.appium].append(each)
    problems += [
        f"{each.name} has no udid, but {url} serves {len(handsets)} handsets"
        for url, handsets in by_server.items()
        for each in handsets
        if len(handsets) > 1 and not each.udid
    ]
    if problems:
        return fail(
            "; ".join(problems),
            "A second session on a handset silently ends the first. Give each handset its own "
            "udid, as `adb devices` lists them.",
        )
    return ok(f"each of {len(places)} handsets has its own" if places else "given by the testbed")


def _host(url: str) -> str:
    host = urlsplit(url).hostname or url
    return MANAGED if host in _THIS_MACHINE else host


def _tool(find: Callable[[Places], Sought]) -> Callable[[Workbench], Result]:
    def look(bench: Workbench) -> Result:
        if not bench.is_managed:
            return skipped(f"not needed: no handset has appium = {MANAGED!r}")
        found = find(bench.places)
        if isinstance(found, Missing):
            return fail(found.problem, found.remedy)
        return ok(f"{found.version} ({found.path})")

    return look


def _browser_tool(find: Callable[[Places], Sought]) -> Callable[[Workbench], Result]:
    def look(bench: Workbench) -> Result:
        if not any(each.web is not None and each.is_managed for each in bench.handsets):
            return skipped(f"not needed: no web app has appium = {MANAGED!r}")
        found = find(bench.places)
        if isinstance(found, Missing):
            return fail(found.problem, found.remedy)
        return ok(f"{found.version} ({found.path})")

    return look


def _emulator(bench: Workbench) -> Result:
    if not bench.emulators:
        return skipped(_NO_EMULATOR)
    found = find_emulator(bench.places)
    if isinstance(found, Missing):
        return fail(found.problem, found.remedy)
    return ok(f"{found.version} ({found.path})")


def _acceleration(bench: Workbench) -> Result:
    if not bench.emulators:
        return skipped(_NO_EMULATOR)
    is_usable, said = acceleration(_sdk(bench).path, bench.places.environ)
    if is_usable:
        return ok(said)
    return fail(
        f"emulators may not use this computer's virtualisation: {said}",
        "Linux: switch virtualisation on in the firmware, see that /dev/kvm is there, and join its "
        "group: sudo gpasswd -a $USER kvm, then log in anew. A virtual machine must be allowed to "
        "nest. macOS needs nothing.",
    )


def _avds(bench: Workbench) -> Result:
    if not bench.emulators:
        return skipped(_NO_EMULATOR)
    there = list_avds(_sdk(bench).path, bench.places.environ)
    missing = [each.avd for each in bench.emulators if each.avd not in there]
    if missing:
        return fail(
            f"there is no {', '.join(missing)}; the emulator lists: {', '.join(there) or 'none'}",
            "Create it: avdmanager create avd -n NAME -k IMAGE (README, Your emulator); or correct "
            "`avd` in the testbed; or set ANDROID_AVD_HOME to the folder it is in.",
        )
    return ok(", ".join(each.avd for each in bench.emulators))


def _snapshots(bench: Workbench) -> Result:
    named = [(each.avd, each.snapshot) for each in bench.emulators if each.snapshot is not None]
    if not named:
        return skipped("not needed: no [handset.emulator] names a snapshot")
    there = {avd: list_snapshots(avd, bench.places.environ) for avd, _ in named}
    lost = [avd for avd, found in there.items() if found is None]
    if lost:
        return warn(
            f"the folder of {', '.join(lost)} is not where AVDs usually are",
            "Set ANDROID_AVD_HOME to the folder that holds NAME.ini; or boot it and ask: adb emu "
            "avd snapshot list",
        )
    missing = [
        f"{avd} has no {snapshot!r}, but: {', '.join(there[avd] or ()) or 'none'}"
        for avd, snapshot in named
        if snapshot not in (there[avd] or ())
    ]
    if missing:
        return fail(
            "; ".join(missing),
            "Boot it, log in, open the chat, and save it: adb emu avd snapshot save NAME; or take "
            "`snapshot` out of the testbed.",
        )
    return ok("; ".join(f"{avd}: {snapshot}" for avd, snapshot in named))


def _sdk(bench: Workbench) -> Tool:
    return require_emulator(bench.places)


def _embedded(bench: Workbench) -> Result:
    config = bench.loaded.embedded
    if config is None:
        return skipped("not needed: the testbed has no table [embedded]")
    bench.embedded = EmbeddedProcess.start(
        bench.loaded.path, seed=config.seed or 0, log=bench.folder / "handsets.log"
    )
    bench.closing.callback(bench.embedded.stop)
    return ok("started")


def _server(bench: Workbench) -> Result:
    if not bench.is_managed:
        return skipped(f"not needed: no handset has appium = {MANAGED!r}")
    # Those reached over the network are connected to one by one, so that of each is said why not.
    managed = [each for each in bench.handsets if each.is_managed and each.web is None]
    udids = [bench.udid(each) for each in managed]
    server = AppiumServer(
        bench.folder,
        udids=[each for each in udids if not is_address(each)],
        toolchain=require_toolchain(bench.places),
    )
    server.start()
    bench.closing.callback(server.stop)
    bench.server = server
    return ok(f"started at {server.url}")


def _ways(bench: Workbench) -> Result:
    reachable = [each for each in bench.handsets if bench.server or not each.is_managed]
    if not reachable:
        return skipped("not checked: there is no Appium server to give ports on")
    bench.fleet = Fleet.of(reachable, server=bench.server, places=bench.places, folder=bench.folder)
    bench.closing.callback(bench.fleet.stop)
    ways = doors(reachable, embedded=bench.embedded, server=bench.server)
    bench.ways = bench.fleet.lead(ways)
    return ok("no two handsets share one")


WORKBENCH_CHECKS: Final[tuple[Check[Workbench], ...]] = (
    Check(
        name="testbed",
        look=_load,
        remedy="Correct the file; docs/testbed.md explains every key.",
    ),
    Check(name="accounts", look=_accounts, needs=("testbed",)),
    Check(name="consent", look=_consent, needs=("testbed",)),
    Check(name="udids", look=_udids, needs=("testbed",)),
    Check(
        name="Node",
        look=_tool(lambda places: find_node(places, load_pins())),
        needs=("testbed",),
    ),
    Check(
        name="Appium",
        look=_tool(lambda places: find_appium(places, load_pins())),
        needs=("testbed",),
    ),
    Check(
        name="UiAutomator2 driver",
        look=_tool(lambda places: find_uiautomator2(places, load_pins())),
        needs=("testbed",),
    ),
    Check(name="adb", look=_tool(find_adb), needs=("testbed",)),
    Check(
        name="Chromium driver",
        look=_browser_tool(lambda places: find_chromium_driver(places, load_pins())),
        needs=("testbed",),
    ),
    Check(name="Chromium", look=_browser_tool(find_chromium), needs=("testbed",)),
    Check(name="chromedriver", look=_browser_tool(find_chromedriver), needs=("testbed",)),
    Check(name="Android emulator", look=_emulator, needs=("testbed",)),
    Check(
        name="acceleration",
        look=_acceleration,
        remedy="Run it by hand: emulator -accel-check",
        needs=("Android emulator",),
    ),
    Check(
        name="AVDs",
        look=_avds,
        remedy="Run it by hand: emulator -list-avds",
        needs=("Android emulator",),
    ),
    Check(name="snapshots", look=_snapshots, needs=("AVDs",)),
    Check(
        name="embedded handsets",
        look=_embedded,
        remedy="Correct the policy that [embedded] names.",
        needs=("testbed",),
    ),
    Check(
        name="Appium server",
        look=_server,
        remedy="Read the log it names; another adb server that holds a phone on a cable is ended "
        "with: adb kill-server",
        needs=("udids", "Node", "Appium", "UiAutomator2 driver", "adb", "embedded handsets"),
    ),
    Check(
        name="ports",
        look=_ways,
        remedy="Correct what is named.",
        needs=("udids", "embedded handsets", "Chromium driver", "Chromium", "chromedriver"),
    ),
)
"""In this order."""
