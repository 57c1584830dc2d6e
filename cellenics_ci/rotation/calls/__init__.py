"""The calls that the rotation protocol asks for. Each is a value; whoever drives the protocol performs it.

A call is asked for with `answer = yield from Call(…)`; a failure is thrown in as CallFailed at that place.
"""

from cellenics_ci.rotation.calls.aws import (
    CreateKey,
    CreateUser,
    DeactivateKey,
    DeleteKey,
    DeletePolicy,
    GetUser,
    Identity,
    LastUsed,
    ListKeys,
    PutPolicy,
    RegistryToken,
    TagUser,
    UntagUser,
)
from cellenics_ci.rotation.calls.base import Call, Steps
from cellenics_ci.rotation.calls.github import ReadDates, ReadFileId, ReadRuns, ReserveWrites, Seal, WriteSecret
from cellenics_ci.run.host_calls import Now, OwnerGone, SayDelivered, Tell, Wait

__all__ = [
    "Call",
    "CreateKey",
    "CreateUser",
    "DeactivateKey",
    "DeleteKey",
    "DeletePolicy",
    "GetUser",
    "Identity",
    "LastUsed",
    "ListKeys",
    "Now",
    "OwnerGone",
    "PutPolicy",
    "ReadDates",
    "ReadFileId",
    "ReadRuns",
    "RegistryToken",
    "ReserveWrites",
    "SayDelivered",
    "Seal",
    "Steps",
    "TagUser",
    "Tell",
    "UntagUser",
    "Wait",
    "WriteSecret",
]
