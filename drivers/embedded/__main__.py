"""Run the embedded handsets of a testbed: ``python -m drivers.embedded --testbed FILE --seed N``.

Prints one JSON line with the addresses when everything is ready. Ends when its standard input
does, so that it cannot outlive the process that started it, however that ended.
"""

import argparse
import asyncio
import json
import logging
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from drivers.embedded.adbd import Adbd
from drivers.embedded.control import control_application
from drivers.embedded.device import Device
from drivers.embedded.faults import Faults
from drivers.embedded.handset import Handset
from drivers.embedded.http_server import HandsetServer
from drivers.embedded.network import Network
from drivers.embedded.policy import load_policy
from drivers.embedded.skins.registry import SKINS, skin_for, skins_of
from drivers.embedded.uiautomator2 import application
from drivers.embedded.uiautomator2_driver import DRIVER
from drivers.errors import ConfigError
from drivers.testbed import load_testbed


async def _run(arguments: argparse.Namespace) -> None:
    testbed = load_testbed(arguments.testbed)
    if testbed.embedded is None:
        raise ConfigError(f"{testbed.path}: there is no [embedded] table; nothing to run.")
    policy = load_policy(testbed.embedded.policy)
    network = Network(testbed, policy, arguments.seed, arguments.state)
    try:
        skins = (*SKINS, *(skin for path in policy.skins for skin in skins_of(path)))
        handsets = {
            config.name: Handset(config.name, network, skin_for(config, skins))
            for config in testbed.handsets
            if config.is_embedded
        }
    except ConfigError as error:
        raise ConfigError(f"{testbed.path}: {error}") from error
    servers = {name: HandsetServer(application(each, DRIVER)) for name, each in handsets.items()}
    adbds = {name: Adbd(Device(each), servers[name].port) for name, each in handsets.items()}

    faults = Faults(handsets, servers, adbds)
    network.on_death, network.on_break = faults.kill, faults.suffer
    control = HandsetServer(control_application(network))
    everyone = [control, *servers.values()]
    loop = asyncio.get_running_loop()

    def stop() -> None:
        control.kill()
        for name in servers:
            faults.kill(name)

    loop.add_signal_handler(signal.SIGTERM, stop)
    # Ctrl-C goes to the whole group of processes; whoever started us decides when we end.
    loop.add_signal_handler(signal.SIGINT, lambda: None)
    serving = [asyncio.create_task(server.run_until_stopped()) for server in everyone]
    addresses = {name: server.url for name, server in servers.items()}
    adb = {name: await adbd.start() for name, adbd in adbds.items()}
    ready = {"control": control.url, "handsets": addresses, "adb": adb}
    print(json.dumps(ready), flush=True)  # noqa: T201

    def wait_for_end_of_input() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(stop)

    # A daemon, so that it does not keep the process alive once it is told to stop otherwise.
    threading.Thread(target=wait_for_end_of_input, daemon=True).start()
    await asyncio.gather(*serving)
    await asyncio.gather(*(adbd.stop() for adbd in adbds.values()))
    network.close()


def main(argv: Sequence[str] | None = None) -> int:
    """Run until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m drivers.embedded", description=__doc__)
    parser.add_argument("--testbed", required=True, help="the testbed whose handsets to run")
    parser.add_argument("--seed", type=int, default=0, help="seed of the network's noise")
    parser.add_argument("--state", type=Path, help="what handsets remember over restarts")
    parser.add_argument("--log", type=Path, help="where unknown commands are logged")
    arguments = parser.parse_args(argv)
    logging.basicConfig(filename=arguments.log, level=logging.WARNING)
    try:
        asyncio.run(_run(arguments))
    except ConfigError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
