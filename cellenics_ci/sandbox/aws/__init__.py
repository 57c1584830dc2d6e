"""The embedded AWS: moto, with in front of it what real AWS is stricter or slower about."""

from cellenics_ci.sandbox.aws.account import Account
from cellenics_ci.sandbox.aws.calls import AwsCall, Refusal
from cellenics_ci.sandbox.aws.gate import LoggedCall
from cellenics_ci.sandbox.aws.propagation import INSTANT, LIFELIKE, Propagation
from cellenics_ci.sandbox.aws.server import CloudServer
from cellenics_ci.sandbox.clock import Clock
from cellenics_ci.sandbox.loopback import ConnectionDropped

__all__ = [
    "INSTANT",
    "LIFELIKE",
    "Account",
    "AwsCall",
    "Clock",
    "CloudServer",
    "ConnectionDropped",
    "LoggedCall",
    "Propagation",
    "Refusal",
]
