"""A secret is given out by name only, and leaves no trace anywhere else."""

from __future__ import annotations

import copy
import io
import json
import logging
import pickle
import traceback

import pytest

from cellenics_ci.model.keys import KeyPair
from cellenics_ci.model.names import AccessKeyId
from cellenics_ci.model.secret import Secret

CANARY = "canary-wJalrXUtnFEMI"


@pytest.fixture
def secret() -> Secret:
    return Secret(CANARY)


def test_only_reveal_gives_the_text(secret: Secret) -> None:
    assert secret.reveal() == CANARY


def test_no_way_of_printing_shows_it(secret: Secret) -> None:
    pair = KeyPair(AccessKeyId("AKIA1"), secret)
    shown = [str(secret), repr(secret), f"{secret}", f"{secret:>40}", f"{secret!r}", repr([secret])]
    shown += [repr(pair), str(pair), f"{secret:x<30}", "{}".format(*[secret])]
    assert not [text for text in shown if CANARY in text or CANARY[:6] in text]


def test_a_log_of_it_does_not_show_it(secret: Secret) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.handle(logging.LogRecord("x", logging.INFO, "f", 1, "pair: %s %r", (secret, secret), None))
    assert stream.getvalue() == "pair: ••• Secret(•••)\n"


def test_a_traceback_with_local_variables_does_not_show_it(secret: Secret) -> None:
    try:
        raise ValueError(secret)
    except ValueError as problem:
        told = traceback.TracebackException.from_exception(problem, capture_locals=True)
    assert CANARY not in "".join(told.format())


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_can_not_be_pickled(secret: Secret, protocol: int) -> None:
    with pytest.raises(TypeError, match="can't be pickled") as refused:
        pickle.dumps(secret, protocol)
    assert CANARY not in str(refused.value)


def test_it_can_not_be_copied_or_written_as_json(secret: Secret) -> None:
    with pytest.raises(TypeError):
        copy.deepcopy(KeyPair(AccessKeyId("AKIA1"), secret))
    with pytest.raises(TypeError) as refused:
        json.dumps({"secret": secret})
    assert CANARY not in str(refused.value)


def test_it_has_no_attributes_to_dump(secret: Secret) -> None:
    with pytest.raises(TypeError):
        vars(secret)


def test_equal_texts_are_equal_secrets(secret: Secret) -> None:
    assert secret == Secret(CANARY)
    assert secret != Secret("another")
    assert hash(secret) == hash(Secret(CANARY))
    assert secret != CANARY


def test_texts_beyond_ascii_are_compared_too() -> None:
    assert Secret("gehéim") == Secret("gehéim")
    assert Secret("gehéim") != Secret("geheim")


def test_an_empty_one_counts_as_none() -> None:
    assert not Secret("")
    assert Secret("x")
