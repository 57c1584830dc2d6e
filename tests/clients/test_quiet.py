"""SDK log records lose their text, whoever logs them at whatever level."""

from __future__ import annotations

import logging

import pytest

from cellenics_ci.clients.quiet import SDK_LOGGERS, WITHHELD, keep_sdks_quiet


@pytest.mark.parametrize("name", [*SDK_LOGGERS, "botocore.parsers", "urllib3.connectionpool", "github.Requester"])
@pytest.mark.parametrize("level", [logging.DEBUG, logging.WARNING, logging.CRITICAL])
def test_an_sdks_record_loses_text_arguments_and_exception(
    name: str, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    keep_sdks_quiet()
    with caplog.at_level(logging.DEBUG, logger=name):
        try:
            raise ValueError("canary in the exception")
        except ValueError:
            logging.getLogger(name).log(level, "canary %s", "canary", exc_info=True, stack_info=True)
    assert [record.getMessage() for record in caplog.records] == [WITHHELD]
    assert "canary" not in caplog.text


def test_other_records_are_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    keep_sdks_quiet()
    keep_sdks_quiet()
    with caplog.at_level(logging.INFO):
        logging.getLogger("githubish.own").info("plain %s", "text")
    assert caplog.messages == ["plain text"]
