"""Entry point: runs a command of ioc/cli with the interpreter that `make run` made."""

import faulthandler
import os
import signal
import sys
from pathlib import Path

_PYTHON = Path(__file__).parent / ".venv" / "bin" / "python"
if __name__ == "__main__" and _PYTHON.exists() and sys.prefix == sys.base_prefix:
    os.execv(_PYTHON, [str(_PYTHON), *sys.argv])

if __name__ == "__main__":
    if sys.stderr is not None:  # None where it was closed at the start
        faulthandler.enable()  # a fatal signal, such as SIGBUS, prints the stack of each thread
    try:
        from ioc.cli.main import main

        code = main()
    except KeyboardInterrupt:  # Ctrl-C before the command takes it, or in one that does not
        code = 128 + signal.SIGINT
    sys.exit(code)
