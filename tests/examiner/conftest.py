"""One moto for a worker, emptied for each test, and a fresh organisation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.examiner.lab import Cloud, Lab, lab
from tests.examiner.organisation import Manners


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    moto = Cloud()
    yield moto
    moto.close()


@pytest.fixture
def bench(cloud: Cloud, pytestconfig: pytest.Config) -> Iterator[Callable[..., Lab]]:
    """Return the function that makes a bench: the manners of its GitHub, the settle time, and moto's.

    `make faults` starts a process for every run; every day that is done where a test asks for it.
    """
    made: list[Lab] = []

    def make(manners: Manners | None = None, settle: str | None = "0", *, apart: bool = False, **reset: Any) -> Lab:
        apart = apart or bool(pytestconfig.getoption("--whole"))
        made.append(lab(cloud, manners, settle, apart=apart, **reset))
        return made[-1]

    yield make
    for each in made:
        each.close()
