"""The Resource element: ARNs, and what IAM refuses of them."""

from __future__ import annotations

import re
from typing import Final

from cellenics_ci.privileges.problems import Report, shown
from cellenics_ci.privileges.services import PARTITIONS
from cellenics_ci.privileges.template import Text

_ARN: Final = re.compile(r"arn:([^:]*):([^:]*):([^:]*):([^:]*):(.+)", re.DOTALL)

# IAM says so itself when it refuses a policy: "IAM resource path must either be "*" or start with …".
_IAM_PATHS: Final = (
    "user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/", "server-certificate/", "policy/",
    "sms-mfa/", "saml-provider/", "oidc-provider/", "report/", "access-report/",
)  # fmt: skip

# What S3 has in a region and an account; buckets and their objects have neither in their ARNs.
_S3_REGIONAL: Final = ("accesspoint", "job/", "storage-lens", "access-grants", "async-request")


def check_resource(text: Text, report: Report) -> None:
    """Report a Resource that IAM would refuse."""
    resource = text.sample
    if resource == "*":
        return
    # ${aws:username} has a colon of its own, which is no part of the ARN's.
    parts = _ARN.fullmatch(re.sub(r"\$\{[^${}]*\}", "x", resource))
    if parts is None:
        report.problem(
            text.line,
            f"{shown(text.written)} is neither an ARN nor `*`",
            "write arn:partition:service:region:account:resource, leaving what a service has not empty",
        )
        return
    partition, service, region, _, path = parts.groups()
    if partition not in (*PARTITIONS, "*"):
        report.problem(
            text.line,
            f"{shown(partition)} in {shown(text.written)} is no partition of AWS",
            "write !Sub with ${AWS::Partition}, or one of " + ", ".join(PARTITIONS),
        )
    if not re.fullmatch(r"[a-z0-9-]+", service):
        report.problem(
            text.line, f"the service in {shown(text.written)} is not named in full", "IAM allows no wildcard there"
        )
    elif region and (service == "iam" or (service == "s3" and not path.startswith(_S3_REGIONAL))):
        report.problem(
            text.line, f"{shown(text.written)} has a region, and {service} has none there", "leave it empty, not *"
        )
    elif service == "iam" and path != "*" and not path.startswith(_IAM_PATHS):
        report.problem(
            text.line, f"{shown(text.written)} is nothing that IAM has", "begin with user/, role/, group/, policy/, …"
        )
