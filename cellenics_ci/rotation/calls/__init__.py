"""The calls that the rotation protocol asks for. Each is a value; whoever drives the protocol performs it.

A call is asked for with `answer = yield from Call(…)`; a failure is thrown in as CallFailed at that place.
"""

from cellenics_ci.rotation.calls.aws import CreateKey, CreateUser, Identity, PutPolicy, RegistryToken
from cellenics_ci.rotation.calls.base import Call, Steps
from cellenics_ci.rotation.calls.github import ReadFileId, ReadRuns, ReserveWrites, Seal, WriteSecret
from cellenics_ci.run.host_calls import Now, OwnerGone, SayDelivered, Tell, Wait
from cellenics_ci.run.user_calls import (
    DeactivateKey,
    DeleteKey,
    DeletePolicy,
    GetUser,
    LastUsed,
    ListKeys,
    ReadDates,
    TagUser,
    UntagUser,
)

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
