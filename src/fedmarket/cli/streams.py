"""The process's own streams: there although somebody closed them, and able to write any language."""

import codecs
import os
import sys
from io import TextIOWrapper

CLOSED = {"stdin": "r", "stdout": "w", "stderr": "w"}


def prepare_streams() -> None:
    """Put nothing in place of a stream that was closed, and let ASCII terminals be written to in UTF-8."""
    for name, mode in CLOSED.items():
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - the process's own
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            ascii_only = codecs.lookup(stream.encoding).name == "ascii"
            stream.reconfigure(errors="replace", encoding="utf-8" if ascii_only else stream.encoding)


def flushed() -> OSError | None:
    """Write out what is left and return why that failed, if it did: the interpreter would only complain at exit."""
    try:
        sys.stdout.flush()
    except OSError as error:
        # What cannot be written now cannot be written at exit either.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - the process's own
        return error
    return None
