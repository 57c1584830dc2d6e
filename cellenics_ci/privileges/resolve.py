"""A declaration's policies in one account and region: parameters filled in, documents as IAM takes them."""

from __future__ import annotations

import json
import re

from cellenics_ci.model.names import AccountId, PolicyName, Region
from cellenics_ci.privileges.declaration import Declaration, Policy
from cellenics_ci.privileges.services import PARTITIONS
from cellenics_ci.privileges.template import Parameter, Values, plain

_ACCOUNT = re.compile(r"[0-9]{12}")


def resolve(declaration: Declaration, *, region: Region, account: AccountId, partition: str) -> tuple[Policy, ...]:
    """Return the declared policies in the order of the file, every pseudo-parameter replaced by its value.

    `region` is the region that policies name: the caller decides between the declaration's `ci_region` and an
    option. `partition` is the account's (`aws`, `aws-cn`, …), as its ARNs tell it. Raises ValueError where one of
    them has not its form: it is put into policies, and must not say more there than its name.
    """
    if not _ACCOUNT.fullmatch(account):
        raise ValueError("an AWS account id has 12 digits")
    if not re.fullmatch(r"[a-z0-9-]+", region):
        raise ValueError("an AWS region's name has letters, digits and hyphens only")
    values: Values = {
        Parameter.REGION: region,
        Parameter.ACCOUNT: account,
        Parameter.PARTITION: partition,
        Parameter.URL_SUFFIX: _url_suffix(partition),
    }
    return tuple(
        _policy(PolicyName(policy.name.fill(values)), plain(policy.document, values)) for policy in declaration.policies
    )


def _policy(name: PolicyName, document: dict[str, object]) -> Policy:
    return Policy(name, document, json.dumps(document, ensure_ascii=False, separators=(",", ":")))


def _url_suffix(partition: str) -> str:
    try:
        return PARTITIONS[partition]
    except KeyError:
        raise ValueError(f"AWS has no partition {partition!r} that is known here") from None
