"""No log record of an SDK gets out with its text: botocore at DEBUG prints the answer that holds a new key.

Levels and filters on loggers do not hold: anybody may set a level on `botocore.parsers` itself, and a logger's
filter does not see what its children log. The record factory sees every record, whoever logs it at whatever level.
"""

from __future__ import annotations

import logging
import threading
from typing import Any, Final

SDK_LOGGERS: Final = (
    "botocore",
    "boto3",
    "s3transfer",
    "urllib3",
    "requests",
    "github",
    "httpcore",
    "httpx",
    "httpx2",
    "lightkube",
    "paramiko",
)
WITHHELD: Final = "(withheld: an SDK's log may hold secrets)"

_lock = threading.Lock()
_installed: Any = None


def keep_sdks_quiet() -> None:
    """Replace the text, arguments and exception of every SDK's log record, from now on. Repeating it is harmless."""
    global _installed
    with _lock:
        current = logging.getLogRecordFactory()
        if current is not _installed:
            _installed = _withholding(current)
            logging.setLogRecordFactory(_installed)
        for name in SDK_LOGGERS:
            logger = logging.getLogger(name)
            if logger.level == logging.NOTSET:
                # Lines without a text only bury ours.
                logger.setLevel(logging.WARNING)


def _withholding(factory: Any) -> Any:
    def record(*args: Any, **kwargs: Any) -> logging.LogRecord:
        made: logging.LogRecord = factory(*args, **kwargs)
        if made.name.partition(".")[0] in SDK_LOGGERS:
            made.msg, made.args, made.exc_info, made.exc_text, made.stack_info = WITHHELD, None, None, None, None
        return made

    return record
