"""A server that kills itself at a step of a write; started by the tests alone."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from safepassage.operations.desk import Desk
from safepassage.operations.safety.keys import MasterKey, new_device_key
from safepassage.operations.store.database import Database
from safepassage.operations.store.steps import Step, watch
from safepassage.web.app import create_app
from safepassage.web.run import listen
from tests.operations.field import START_MS, Watch


def main(url: str, master: str, port: str, step: str, at: str) -> None:
    passed = 0

    def kill_at(here: Step) -> None:
        nonlocal passed
        passed += here == step
        if passed == int(at):
            os.kill(os.getpid(), signal.SIGKILL)

    watch(kill_at)
    desk = Desk(Database(url), MasterKey.from_file(Path(master)), new_device_key(), now_ms=Watch(START_MS))
    listen(create_app(desk, secure_cookies=False), "127.0.0.1", int(port), certificate=None, key=None)


if __name__ == "__main__":
    main(*sys.argv[1:])
