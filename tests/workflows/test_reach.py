"""What sets a job off, and what its OIDC token says then."""

from __future__ import annotations

import pytest

from cellenics_ci.model.repositories import WorkflowFile
from cellenics_ci.workflows.facts import Reach
from cellenics_ci.workflows.reading import read_pipeline

CREDENTIALS = "    steps:\n      - uses: aws-actions/configure-aws-credentials@v4\n        with: {role-to-assume: %s}\n"


def reach(on: str, job: str = "", *others: str, role: str = "ci-role-ui", branch: str | None = "master") -> Reach:
    text = f"on: {on}\njobs:\n  push:\n    runs-on: x\n{job}{CREDENTIALS % role}"
    found = [WorkflowFile("a.yaml", text)]
    found += [WorkflowFile(f"{number}.yaml", other) for number, other in enumerate(others)]
    return read_pipeline(found, default_branch=branch, role="ci-role-ui").reach


def seen(found: Reach) -> tuple[object, ...]:
    return found.branches, found.tags, found.environments, found.pull_requests


ANY = ("**",)


@pytest.mark.parametrize(
    ("on", "branches", "tags", "pull_requests"),
    [
        ("push", ANY, ANY, False),
        ("[push, pull_request]", ANY, ANY, True),
        ("{push: {branches: [master, 'release/**', '!release/old']}}", ("master", "release/**"), (), False),
        ("{push: {branches-ignore: [x]}}", ANY, (), False),
        ("{push: {tags: ['v*']}}", (), ("v*",), False),
        ("{push: {tags-ignore: [x]}}", (), ANY, False),
        ("{push: {paths: [src/**]}}", ANY, ANY, False),
        ("{push: {branches: master, tags: 'v*'}}", ("master",), ("v*",), False),
        ("{pull_request: {branches: [master]}}", (), (), True),
        ("pull_request_review", (), (), True),
        ("{pull_request_target: {branches: [master]}}", ("master",), (), False),
        ("pull_request_target", ANY, (), False),
        ("{schedule: [{cron: '1 1 * * *'}]}", ("master",), (), False),
        ("workflow_dispatch", ANY, ANY, False),
        ("{workflow_run: {workflows: [CI]}}", ("master",), (), False),
        ("issue_comment", ("master",), (), False),
        ("repository_dispatch", ("master",), (), False),
        ("{release: {types: [published]}}", (), ANY, False),
        ("merge_group", ("gh-readonly-queue/**",), (), False),
        ("{merge_group: {branches: [main]}}", ("gh-readonly-queue/main/**",), (), False),
        ("workflow_call", (), (), False),
    ],
)
def test_each_event_has_its_ref(on: str, branches: object, tags: object, pull_requests: bool) -> None:
    assert seen(reach(on)) == (branches, tags, (), pull_requests)


def test_an_environment_stands_in_place_of_the_ref() -> None:
    assert seen(reach("[push, pull_request]", "    environment: staging\n")) == ((), (), ("staging",), False)
    assert seen(reach("push", "    environment: {name: production, url: x}\n")) == ((), (), ("production",), False)


@pytest.mark.parametrize(
    ("job", "environments"),
    [
        ("    environment: ${{ matrix.e }}\n    strategy: {matrix: {e: [a, b]}}\n", ("a", "b")),
        ("    environment: ${{ matrix.e }}\n    strategy: {matrix: {e: [a], include: [{e: c}, {x: 1}]}}\n", ("a", "c")),
        ("    environment: ${{ github.ref == 'refs/heads/master' && 'a' || 'b' }}\n", ("a", "b")),
    ],
)
def test_names_that_an_expression_can_come_to_are_found(job: str, environments: object) -> None:
    found = reach("push", job)
    assert (found.environments, found.unknown) == (environments, ())


def test_an_expression_that_may_name_none_leaves_the_ref_too() -> None:
    found = reach("{push: {branches: [master]}}", "    environment: ${{ github.ref_type == 'tag' && 'live' || '' }}\n")
    assert (found.environments, found.branches) == (("live",), ("master",))


@pytest.mark.parametrize(
    "name", ["${{ github.ref_name }}", "a-${{ matrix.e }}", "${{ matrix.e }}", "${{ inputs.stage }}", "${{ vars.E }}"]
)
def test_a_name_that_only_a_run_tells_is_unknown(name: str) -> None:
    found = reach("workflow_dispatch", f"    environment: {name}\n")
    assert found.causes == ()
    assert [str(problem.place) for problem in found.unknown] == [".github/workflows/a.yaml:3"]


def test_the_choices_of_an_input_are_environments() -> None:
    on = "{workflow_dispatch: {inputs: {stage: {type: choice, options: [staging, production]}}}}"
    assert reach(on, "    environment: ${{ inputs.stage }}\n").environments == ("production", "staging")


CALLER = "on: {push: {branches: [%s]}}\njobs:\n  c:\n    uses: ./.github/workflows/a.yaml\n    with: {stage: %s}\n"
CALLED = "{workflow_call: {inputs: {stage: {type: string, default: dev}}}}"


def test_a_called_workflow_is_reached_by_its_callers() -> None:
    assert seen(reach("workflow_call", "", CALLER % ("one", "x"), CALLER % ("two", "x"))) == (
        ("one", "two"), (), (), False,
    )  # fmt: skip
    found = reach(CALLED, "    environment: ${{ inputs.stage }}\n", CALLER % ("one", "live"), CALLER % ("two", "''"))
    assert found.environments == ("live",)
    bare = (CALLER % ("one", "x")).partition("    with")[0]
    assert reach(CALLED, "    environment: ${{ inputs.stage }}\n", bare).environments == ("dev",)


def test_workflows_that_call_each_other_in_a_circle_come_to_an_end() -> None:
    circle = "on: workflow_call\njobs:\n  c:\n    uses: ./.github/workflows/%s\n"
    found = reach("workflow_call", "", circle % "1.yaml", circle % "0.yaml", CALLER % ("one", "x"))
    assert found.branches == ("one",)


@pytest.mark.parametrize(
    ("condition", "branches", "tags", "pull_requests"),
    [
        ("github.ref == 'refs/heads/master'", ("master",), (), False),
        ("${{ github.ref == 'refs/heads/master' }}", ("master",), (), False),
        ("github.ref_name == 'master' && success()", ("master",), ("master",), False),
        ("startsWith(github.ref, 'refs/tags/v')", (), ("v**",), False),
        ("github.event_name == 'push'", ANY, ANY, False),
        ("github.event_name != 'pull_request'", ANY, ANY, False),
        ("github.event_name == 'pull_request'", (), (), True),
        ("github.ref_type == 'tag'", (), ANY, True),
        ("github.ref == 'refs/tags/v1' && always()", (), ("v1",), False),
        ("github.event_name == 'push' || github.actor == 'x'", ANY, ANY, True),
        ("!(github.event_name == 'push' && x)", ANY, ANY, True),
        ("contains(github.ref, 'x')", ANY, ANY, True),
        ("${{ x }} && github.event_name == 'push'", ANY, ANY, True),
    ],
)
def test_a_plain_condition_narrows_and_any_other_does_not(
    condition: str, branches: object, tags: object, pull_requests: bool
) -> None:
    found = reach("[push, pull_request]", f'    if: "{condition}"\n')
    assert seen(found) == (branches, tags, (), pull_requests)


def test_a_condition_that_the_filter_never_meets_reaches_nothing() -> None:
    assert reach("{push: {branches: ['release/*']}}", "    if: github.ref == 'refs/heads/master'\n").causes == ()
    found = reach("{push: {branches: ['release/*']}}", "    if: github.ref == 'refs/heads/release/1'\n")
    assert found.branches == ("release/1",)


def test_the_callers_condition_counts() -> None:
    caller = (CALLER % ("'**'", "x")).replace("    uses", "    if: github.ref == 'refs/heads/master'\n    uses")
    assert reach("workflow_call", "", caller).branches == ("master",)


def test_an_unknown_default_branch_is_no_branch() -> None:
    found = reach("schedule", branch=None)
    assert found.causes == ()
    assert len(found.unknown) == 1


def test_another_role_by_its_plain_name_does_not_count() -> None:
    assert reach("push", role="arn:aws:iam::1:role/deployer").causes == ()
    assert reach("push", role="arn:aws:iam::1:role/ci-role-ui").causes
    assert reach("push", role="'${{ vars.ROLE }}'").causes


def test_other_peoples_events_are_told() -> None:
    found = reach("[push, pull_request_target]", "    environment: staging\n")
    assert [cause.event for cause in found.on_pull_request_target] == ["pull_request_target"]


TOKEN = "permissions: {id-token: write}\n"


@pytest.mark.parametrize(
    ("head", "job", "line"),
    [
        (TOKEN, "    uses: o/r/.github/workflows/deploy.yml@v1\n", 5),
        ("", f"    {TOKEN}    uses: o/r/.github/workflows/deploy.yml@v1\n", 5),
        ("permissions: write-all\n", "    steps:\n      - uses: ./tools/login\n", 6),
    ],
)
def test_a_token_that_goes_where_nobody_looks_is_told(head: str, job: str, line: int) -> None:
    found = read_pipeline([WorkflowFile("a.yaml", f"on: push\n{head}jobs:\n  x:\n{job}")], role="ci-role-ui").reach
    assert (found.causes, [problem.place.line for problem in found.unknown]) == ((), [line])


@pytest.mark.parametrize(
    "job",
    [
        "    uses: o/r/.github/workflows/deploy.yml@v1\n",
        f"    {TOKEN}    steps:\n      - uses: actions/deploy-pages@v4\n",
        "    permissions: {id-token: none}\n    steps:\n      - uses: ./tools/login\n",
    ],
)
def test_a_job_without_a_token_or_that_hides_nothing_is_no_riddle(job: str) -> None:
    text = f"on: push\njobs:\n  y:\n    {TOKEN}    steps: []\n  x:\n{job}"
    assert read_pipeline([WorkflowFile("a.yaml", text)]).reach == Reach()
