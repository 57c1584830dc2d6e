"""`cellenics push-release`: options in, the service's template filled and checked, one commit on the releases repo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from cellenics_ci.cli import options

WHAT = "What is released"
CHECKS = "What is checked"


def _option(text: str, panel: str, *names: str, metavar: str, default: str = "") -> typer.models.OptionInfo:
    # In the text itself, brackets would be taken for markup, and not be seen.
    made: typer.models.OptionInfo = typer.Option(
        *names, metavar=metavar, show_default=default or False, rich_help_panel=panel, help=text
    )
    return made


EnvironmentName: TypeAlias = Annotated[
    str, _option("Where to: one of these, or one that .ci.yaml declares.", WHAT, "--environment", "-e",
                 metavar="production|develop|staging|NAME"),
]  # fmt: skip
Template: TypeAlias = Annotated[
    Path | None,
    _option("The template.", WHAT, "--template", metavar="FILE", default=".flux.ci, .flux.yaml or .flux.yml"),
]
ImageTag: TypeAlias = Annotated[
    str | None,
    _option(
        "The image's tag, without what tells several images apart.",
        WHAT, "--image-tag", metavar="TAG", default="the version, where the ref is a tag",
    ),
]  # fmt: skip
Registry: TypeAlias = Annotated[
    str | None,
    _option(
        "The image's registry (CELLENICS_REGISTRY).",
        WHAT, "--registry", metavar="HOST", default="release.registry, or ECR in the account and region",
    ),
]  # fmt: skip
SandboxId: TypeAlias = Annotated[
    str | None, _option("The sandbox.", WHAT, "--sandbox-id", metavar="ID", default="the environment's")
]
Repository: TypeAlias = Annotated[
    str | None, _option("The service's repository (GITHUB_REPOSITORY).", WHAT, "--repository", metavar="ORG/REPO")
]
Ref: TypeAlias = Annotated[
    str | None, _option("The git ref, whole: refs/heads/master (GITHUB_REF).", WHAT, "--ref", metavar="REF")
]
Sha: TypeAlias = Annotated[
    str | None, _option("The commit (GITHUB_SHA; a pull request's head).", WHAT, "--sha", metavar="SHA")
]
AuthorOption: TypeAlias = Annotated[
    str | None,
    _option(
        "The commit's author.",
        WHAT, "--author", metavar="NAME <EMAIL>", default="release.author, or whoever the token is",
    ),
]  # fmt: skip
ReleasesRepo: TypeAlias = Annotated[
    str, typer.Option("--repo", metavar="REPO", rich_help_panel=options.WHERE, help="The repository that Flux reads.")
]
CheckImage: TypeAlias = Annotated[
    bool,
    typer.Option("--check-image/--no-check-image", rich_help_panel=CHECKS, help="See that the image is in ECR."),
]
AllowOlder: TypeAlias = Annotated[
    bool,
    typer.Option("--allow-older", rich_help_panel=CHECKS, help="Put an older release over a newer one: a roll-back."),
]
Output: TypeAlias = Annotated[
    str | None,
    _option("Write the manifest to a file, or to stdout; push nothing.", options.HOW, "--output", metavar="FILE|-"),
]
Diff: TypeAlias = Annotated[
    bool,
    typer.Option("--diff", rich_help_panel=options.HOW, help="Show what would change there; push nothing."),
]


def push_release(
    environment: EnvironmentName,
    token: options.Token = None,
    org: options.Org = None,
    repo: ReleasesRepo = "releases",
    region: options.RegionName = None,
    profile: options.Profile = None,
    role_arn: options.RoleArn = None,
    template: Template = None,
    image_tag: ImageTag = None,
    registry: Registry = None,
    sandbox_id: SandboxId = None,
    repository: Repository = None,
    ref: Ref = None,
    sha: Sha = None,
    author: AuthorOption = None,
    check_image: CheckImage = True,
    allow_older: AllowOlder = False,
    output: Output = None,
    diff: Diff = False,
    dry_run: options.DryRun = False,
    format_: options.Format = options.OutputFormat.TEXT,
    debug: options.Debug = False,
) -> int:
    """Fill the repository's Flux template and push it to the releases repository.

    For pipelines: asks nothing. What differs from service to service stands in `.ci.yaml`, under `release`.

    One commit, without a clone; where others push at the same moment, it tries again until it lands. What is
    deployed already makes no commit, and an older run never overwrites a newer one.
    """
    # Here, not above: help and completion need none of it.
    from cellenics_ci.cli.push_run import Shown, Typed, run

    typed = Typed(
        environment=environment,
        org=org,
        repo=repo,
        template=template,
        image_tag=image_tag,
        registry=registry,
        sandbox_id=sandbox_id,
        repository=repository,
        ref=ref,
        sha=sha,
        author=author,
        check_image=check_image,
        allow_older=allow_older,
    )
    settings = options.settings_of(
        token=token, org=org, region=region, profile=profile, role_arn=role_arn, with_github=output is None
    )
    shown = Shown(json=format_ is options.OutputFormat.JSON, dry_run=dry_run, diff=diff, output=output)
    return run(settings, typed, shown)
