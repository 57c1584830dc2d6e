"""What a call is, and what a protocol made of calls is, for a rotation."""

from __future__ import annotations

from typing import TypeAlias, TypeVar

from cellenics_ci.rotation.ports import Ports
from cellenics_ci.run import calls

T = TypeVar("T")

Call: TypeAlias = calls.Call[Ports, T]
Steps: TypeAlias = calls.Steps[Ports, T]
