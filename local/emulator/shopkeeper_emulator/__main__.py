"""Start LocalEmu with Shopkeeper's extensions: ``python -m shopkeeper_emulator``.

Ends on SIGTERM, on SIGINT, and when its standard input closes, that is, when whoever started it is gone.
"""

import logging
import os
import signal
import sys
import threading

from shopkeeper_emulator import hooks, processes


def _stop(*_: object) -> None:
    """End at once: nothing is kept between runs, so LocalEmu's orderly shutdown (7 s) would save nothing."""
    processes.end_all()
    sys.stdout.flush()
    os._exit(0)


def _stop_with_parent() -> None:
    """Wait for the pipe from the parent to close, then stop."""
    while os.read(0, 1024):
        pass
    _stop()


def main() -> None:
    """Run until asked to stop."""
    from localemu.logging.setup import setup_logging_from_config
    from localemu.runtime import current

    setup_logging_from_config()
    logging.getLogger("localemu.request").setLevel(os.environ.get("SHOPKEEPER_LOCAL_LOG", "WARNING"))
    hooks.install()
    runtime = current.initialize_runtime()
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)
    threading.Thread(target=_stop_with_parent, name="parent-watch", daemon=True).start()
    runtime.run()
    _stop()


if __name__ == "__main__":
    main()
