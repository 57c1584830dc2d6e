"""What may be seen of the inside when something goes wrong: places, never values.

Libraries log and raise what they were given: botocore's debug log prints new access keys, an API server's
refusal quotes the whole Secret. So neither their log texts nor their exceptions' texts are shown.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
import traceback
from collections.abc import Iterator
from typing import Any, Final, TextIO

from cellenics_ci.errors import CallFailed, UsageProblem

OURS: Final = "cellenics_ci"
TALKATIVE: Final = (
    "asyncio",
    "boto3",
    "botocore",
    "github",
    "httpcore",
    "httpx",
    "httpx2",
    "lightkube",
    "paramiko",
    "requests",
    "s3transfer",
    "urllib3",
)
"""Loggers of libraries that see secrets. What is below WARNING stays inside, whoever listens."""

# Texts that Python makes out of names and types. A ValueError or KeyError quotes the value itself.
_HARMLESS: Final = (
    AttributeError,
    ImportError,
    IndexError,
    NameError,
    NotImplementedError,
    RecursionError,
    TypeError,
)


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name == OURS or record.name.startswith(f"{OURS}.")


class _Format(logging.Formatter):
    """Our own records in full; of others only the template, without what was put into it."""

    def format(self, record: logging.LogRecord) -> str:
        if _is_ours(record):
            text = record.getMessage()
        elif record.args:
            text = f"{record.msg} (values withheld)"
        else:
            # A text without arguments may be an f-string with the values already in it.
            text = "(text withheld)"
        lines = [f"{record.levelname.lower()}: {record.name}: {text}"]
        if record.exc_info and record.exc_info[1]:
            lines.append(describe(record.exc_info[1]))
        return "\n".join(lines)


class _Standing(logging.Handler):
    """Writes to the stderr of the moment, so that a replaced stream is respected.

    A foreign record without a text only tells that there was one: a warning that nobody can act on.
    """

    debug = False

    def emit(self, record: logging.LogRecord) -> None:
        if not (self.debug or _is_ours(record) or record.args):
            return
        with contextlib.suppress(Exception):
            print(self.format(record), file=sys.stderr)


def _message(problem: BaseException) -> str:
    name = f"{type(problem).__module__}.{type(problem).__qualname__}".removeprefix("builtins.")
    if isinstance(problem, (CallFailed, UsageProblem)):
        return f"{name}: {problem.sentence}"
    if isinstance(problem, OSError) and problem.errno is not None:
        return f"{name}: {os.strerror(problem.errno)}"
    if isinstance(problem, _HARMLESS):
        return f"{name}: {problem}"
    return name


def describe(problem: BaseException) -> str:
    """Return a traceback that shows places in the source, and no values: no locals, no foreign texts."""
    parts: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = problem
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        frames = "".join(traceback.format_list(traceback.extract_tb(current.__traceback__)))
        parts.append(f"Traceback (most recent call last):\n{frames}{_message(current)}")
        if isinstance(current, BaseExceptionGroup):
            parts.extend(describe(each) for each in current.exceptions)
        context = None if current.__suppress_context__ else current.__context__
        current = current.__cause__ or context
    return "\n\nafter:\n\n".join(parts)


def say(text: str, stream: TextIO | None = None) -> None:
    """Write a line to stderr; a closed stderr is no reason to fail."""
    with contextlib.suppress(OSError, ValueError):
        print(text, file=stream or sys.stderr, flush=True)


class Guard:
    """Holds back what libraries log, and what threads print when they die. One a command line."""

    def __init__(self) -> None:
        self.debug = False
        self._handler = _Standing(logging.WARNING)
        self._handler.setFormatter(_Format())

    def show_debug(self) -> None:
        """Let our own debug log be seen, and tracebacks without values."""
        self.debug = True
        ours = logging.getLogger(OURS)
        ours.setLevel(logging.DEBUG)
        self._handler.setLevel(logging.DEBUG)
        self._handler.debug = True

    def _thread_died(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            self._show(args.exc_value)

    def _unraisable(self, args: Any) -> None:
        if args.exc_value is not None:
            self._show(args.exc_value)

    def _show(self, problem: BaseException) -> None:
        if self.debug:
            say(describe(problem))

    @contextlib.contextmanager
    def __call__(self) -> Iterator[None]:
        """Hold for the duration of a command line; leave a host's logging as it was."""
        loggers = [logging.getLogger(name) for name in (OURS, *TALKATIVE)]
        before = [(logger, logger.level, logger.propagate) for logger in loggers]
        hooks = threading.excepthook, sys.unraisablehook, logging.raiseExceptions
        for logger in loggers:
            # A host's handlers see nothing of this: they would print what ours withholds.
            logger.propagate = False
            logger.addHandler(self._handler)
            logger.setLevel(logging.WARNING)
        threading.excepthook, sys.unraisablehook = self._thread_died, self._unraisable
        # logging prints a record's values when a handler fails.
        logging.raiseExceptions = False
        try:
            yield
        finally:
            threading.excepthook, sys.unraisablehook, logging.raiseExceptions = hooks
            for logger, level, propagate in before:
                logger.removeHandler(self._handler)
                logger.setLevel(level)
                logger.propagate = propagate
