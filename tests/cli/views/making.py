"""Plans, outcomes and consoles for the tests of views, built by hand."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from cellenics_ci.cli.views.console import consoles
from cellenics_ci.model.keys import AccessKey, Caller
from cellenics_ci.model.names import (
    AccessKeyId,
    AccountId,
    OrgName,
    PolicyName,
    Region,
    RepoName,
    ci_user_name,
    ci_user_path,
)
from cellenics_ci.model.scopes import ACTIONS, Scope
from cellenics_ci.privileges.compare import Change, Comparison
from cellenics_ci.privileges.declaration import Policy
from cellenics_ci.rotation.ground import Ground
from cellenics_ci.rotation.observation import Observation
from cellenics_ci.rotation.order import Order
from cellenics_ci.rotation.plan import Consent, Plan, Planned
from cellenics_ci.run.outcome import LeftOut, Outcome, Status

NOW = 1_795_000_000.0
DAY = 86_400.0
OLD = AccessKeyId("AKIAOLDOLDOLDOLDOLD1")
OTHER = AccessKeyId("AKIAOTHEROTHEROTHER2")
NEW = AccessKeyId("AKIANEWNEWNEWNEWNEW3")
HOSTILE = "[bold red]x[/] \x1b[2J\u202eevil\r\n\x07 | <b>`*_ :boom:"

CALLER = Caller(AccountId("123456789012"), "arn:aws:iam::123456789012:user/admin", "cellenics-dev", "aws")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def shown(console: Console) -> str:
    """Return what was printed on a console made by `on_terminal` or `piped`."""
    stream: Any = console.file
    stream = getattr(stream, "_stream", stream)
    text: str = stream.getvalue()
    return text


def on_terminal(*, width: int = 80, environ: Mapping[str, str] | None = None) -> Console:
    """Return a console on a colourful terminal."""
    settings = {"TERM": "xterm-256color", "COLUMNS": str(width), **(environ or {})}
    return consoles(settings, stdout=io.StringIO(), stderr=Terminal()).err


def piped(*, environ: Mapping[str, str] | None = None) -> Console:
    """Return a console on a pipe."""
    return consoles(environ or {}, stdout=io.StringIO(), stderr=io.StringIO()).out


def policy(name: str, action: str = "ecr:PutImage") -> Policy:
    """Return a resolved policy that allows one action."""
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}
    return Policy(PolicyName(name), document, str(document))


def drift() -> Comparison:
    """Return a comparison with one policy of each kind."""
    change = Change(PolicyName("registry"), policy("registry", "ecr:GetImage").document, policy("registry"), True, True)
    return Comparison((policy("logs", "logs:PutLogEvents"),), (change,), (PolicyName("old-one"),), ())


def planned(
    name: str = "api",
    *,
    keys: tuple[AccessKeyId, ...] = (OLD,),
    ground: Ground | None = None,
    scopes: tuple[Scope, ...] = (ACTIONS,),
    comparison: Comparison | None = None,
    warnings: tuple[str, ...] = (),
    consents: tuple[Consent, ...] = (),
    seen: Mapping[str, Any] | None = None,
    **order: Any,
) -> Planned:
    """Return a planned repository whose user is ours and has these keys, each 120 days old."""
    repo = RepoName(name)
    there = {"exists": True, "path": ci_user_path(repo), "owner": f"org/{name}@1", "region": "us-east-1"}
    observed = Observation(
        **{**there, "keys": tuple(AccessKey(key, True, NOW - 120 * DAY) for key in keys), **(seen or {})}
    )
    return Planned(
        Order(
            repo=repo,
            user=ci_user_name(repo),
            path=ci_user_path(repo),
            owner=f"org/{name}@1",
            region=Region("us-east-1"),
            seen=observed,
            ground=ground or Ground(retire=keys[0] if keys else None),
            scopes=scopes,
            **order,
        ),
        comparison or Comparison((), (), (), ()),
        warnings,
        consents,
    )


def plan(*repositories: Planned, left_out: tuple[LeftOut, ...] = (), **fields: Any) -> Plan:
    """Return a plan for an organisation."""
    settings: dict[str, Any] = {
        "org": OrgName("acme"),
        "login": "admin",
        "caller": CALLER,
        "region": Region("us-east-1"),
        "settle": 10.0,
        **fields,
    }
    return Plan(planned=repositories, left_out=left_out, **settings)


def left(name: str, reason: str, remedy: str = "", *, fault: bool = True) -> LeftOut:
    """Return a repository that a plan leaves out."""
    return LeftOut(RepoName(name), reason, remedy, fault)


def outcome(name: str = "api", status: Status = Status.ROTATED, **fields: Any) -> Outcome:
    """Return an outcome; a rotated one with its keys and scope."""
    if status is Status.ROTATED:
        fields = {"scopes": (ACTIONS,), "live_key": NEW, "retired_keys": (OLD,), **fields}
    return Outcome(RepoName(name), status, **fields)
