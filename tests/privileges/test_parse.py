"""What a file is read as, and what is said about each kind of bad file."""

from __future__ import annotations

import pytest

from cellenics_ci.privileges.convert import MAX_VALUES
from cellenics_ci.privileges.declaration import CiSecrets, Declaration, Invalid, NotOurs, SourceFile
from cellenics_ci.privileges.parse import MAX_BYTES, read_declaration, read_sources
from cellenics_ci.privileges.problems import MAX_REPORTED
from tests.privileges.reading import declared, not_ours, only_problem, problems, read, source, with_resource

USUAL = """\
# what the pipeline may do
ci-policies:
    - PolicyName: "get-ecr-auth-token"
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Action: ["ecr:GetAuthorizationToken"]
            Resource: "*"
    - PolicyName: "manage-ecr-contents"
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Action: ["ecr:BatchCheckLayerAvailability", "ecr:PutImage", "ecr:CreateRepository"]
            Resource: !Sub "arn:aws:ecr:${AWS::Region}:${AWS::AccountId}:repository/api"
"""


def test_reads_a_usual_file_with_its_policies_in_order_and_the_default_scopes() -> None:
    declaration = declared(USUAL)
    assert [policy.name.sample for policy in declaration.policies] == ["get-ecr-auth-token", "manage-ecr-contents"]
    assert [policy.line for policy in declaration.policies] == [3, 10]
    assert declaration.ci_secrets == CiSecrets(actions=True, environments=(), dependabot=False)
    assert declaration.ci_region is None
    assert declaration.warnings == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "%YAML 1.1\n---\n" + text + "...\n",
        lambda text: text + "\nenabled_branches: [main]\nci-trust: {tags: [v1]}\nimage: {}\nrelease: {}\n",
    ],
    ids=["byte order mark", "CRLF", "directive and document marks", "keys of others"],
)
def test_takes_a_usual_file_in_other_clothes(change: object) -> None:
    assert callable(change)
    assert isinstance(read(change(USUAL)), Declaration)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "empty"),
        ("# only a comment\n", "empty"),
        ("---\n", "empty"),
        ("~\n", "empty"),
        ("enabled_branches:\n  - main\ntargets:\n  - name: Linux\n", "foreign"),
        ("a: 1\n---\nb: 2\n", "foreign"),
        ("a: !Whatever {b: !!python/object:x {}}\na: 2\n", "foreign"),
        ("a: &a [1]\nb: [*a, *a]\n", "foreign"),
        ("{}\n", "foreign"),
        ("ci-policies: []\n", "declares nothing"),
    ],
)
def test_tells_a_file_that_declares_nothing_from_a_broken_one(text: str, kind: str) -> None:
    assert not_ours(text).kind == kind


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("ci-policies: [", 2, "not YAML"),
        ("ci-policies:\n\t- a\n", 2, "a tab"),
        ("a: b: c\n", 1, "not YAML"),
        ("ci-policies: *nowhere\n", 1, "alias *nowhere has no anchor"),
        (with_resource("*"), 5, "`*` begins an alias"),
        (with_resource("[*, a]"), 5, "`*` begins an alias"),
        (with_resource("&"), 5, "`&` begins an anchor"),
        (with_resource("!foo!x y"), 5, "`!` begins a tag"),
        (with_resource("%x"), 5, "begins with `%` has to stand in quotes"),
        (with_resource("@x"), 5, "begins with `@`"),
        (with_resource("`x`"), 5, "begins with a backtick"),
        ("ci-policies: &x [*x]\n", 1, "inside what it repeats"),
        ("a: \x07\n", 1, "U+0007"),
        ("ok: 1\nci-policies: \ud800\n", 2, "U+D800"),
        ("- PolicyName: a\n", 1, "is a list"),
        ("just text\n", 1, "a single text"),
        ("ci-policies: push\n", 1, "is no list"),
        ("ci-policies: {PolicyName: a}\n", 1, "is no list"),
        ("ci-policies: !Foo []\n", 1, "is no list"),
        ("ci-policies:\n", 1, "nothing under"),
        ("ci-policies: []\nci-policies: []\n", 2, "twice"),
        ("a: 1\n---\nci-policies: []\n", 3, "several YAML documents"),
        ("ci-policies:\n  - push\n", 2, "no mapping"),
        (with_resource("'*'").replace("PolicyName: push\n    ", ""), 2, "no `PolicyName`"),
        ("ci-policies:\n  - PolicyName: a\n", 2, "no `PolicyDocument`"),
        ("ci-policies:\n  - PolicyName: a\n    PolicyDocument: '{}'\n", 3, "`PolicyDocument` is no mapping"),
        ("ci-policies:\n  -\n", 2, "no value in the list after `ci-policies`"),
        ("ci-policys: []\n", 1, "`ci-policys` is not known"),
        ("ci_policies: []\n", 1, "`ci_policies` is not known"),
        ("ci-secrets: {}\n", 1, "`ci-secrets` is there without `ci-policies`"),
        # Newer parsers have a limit of their own, and reach it first: they look ahead for a key.
        ("[" * 5000 + "ci-policies", 1, "nest"),
    ],
)
def test_names_the_line_and_the_fault_of_a_bad_file(text: str, line: int, words: str) -> None:
    problem = only_problem(text)
    assert words in problem.sentence
    assert (problem.file, problem.line) == (".ci.yaml", line)
    assert problem.remedy


def test_tells_what_to_write_where_quotes_are_missing() -> None:
    assert only_problem(with_resource("*")).remedy == 'write "*" in quotes'
    assert only_problem(with_resource("[a, *.b]")).remedy == 'write "*.b" in quotes'
    assert '"*Layer"' in only_problem(with_resource("*Layer")).remedy


def test_tells_all_problems_of_a_file_at_once_in_the_order_of_their_lines() -> None:
    found = problems(
        """\
        ci-policies:
          - PolicyName: "two words"
            PolicyDocument: nothing
          - PolicyName: a
            PolicyDokument: {}
            PolicyDocument:
              Version: 2012-10-17
              Statement:
                - Effect: allow
                  Action: !GetAtt Role.Arn
                  Resource:
        ci-region: virginia
        ci-secrets: {environment: [staging]}
        """
    )
    assert [problem.line for problem in found] == [3, 5, 9, 10, 11, 12, 13]
    assert "did you mean `PolicyDocument`?" in found[1].remedy


def test_stops_after_a_hundred_problems() -> None:
    found = problems("ci-policies:\n" + "  - x\n" * 500)
    assert len(found) == MAX_REPORTED


def test_an_unknown_key_of_ours_is_a_warning_with_the_nearest_name() -> None:
    (warning,) = declared(USUAL + "ci-secret: {}\n").warnings
    assert warning.severity == "warning"
    assert "`ci-secret` is not known" in warning.sentence
    assert warning.remedy == "did you mean `ci-secrets`?"


def test_a_message_never_carries_what_a_terminal_obeys() -> None:
    found = problems('ci-policies:\n  - "Policy\\e[31mName": a\n')
    assert all("\x1b" not in str(problem) for problem in found)
    assert any("\\u001b[31m" in str(problem) for problem in found)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (SourceFile(".ci.yaml", None, 0, kind="directory"), "is a directory"),
        (SourceFile(".ci.yaml", None, 0, kind="submodule"), "is a submodule"),
        (SourceFile(".ci.yaml", None, 9, is_binary=True), "binary"),
        (SourceFile(".ci.yaml", None, 10_000_000), "too large: 10,000,000 bytes"),
        (SourceFile(".ci.yaml", "ci-policies: []\n", 10_000_000, is_truncated=True), "too large"),
        (SourceFile(".ci.yaml", "ci-policies: []\n#" + "x" * MAX_BYTES, 1), "too large"),
        (SourceFile(".ci.yaml", "a: 1", 4, is_truncated=True), "did not give the whole file"),
        (SourceFile(".ci.yaml", "config/real.yaml", 16), "a single text"),
    ],
)
def test_refuses_what_is_no_readable_file_with_a_sentence(file: SourceFile, words: str) -> None:
    reading = read_declaration(file)
    assert isinstance(reading, Invalid)
    (problem,) = reading.problems
    assert words in problem.sentence
    assert problem.remedy


def test_hints_at_a_symbolic_link_where_the_text_is_a_path() -> None:
    assert "symbolic link" in only_problem("config/real.yaml").remedy


def test_somebody_elses_large_file_is_not_ours_without_being_parsed() -> None:
    assert not_ours("targets: [\n" + "x,\n" * MAX_BYTES).kind == "foreign"


def test_somebody_elses_deep_file_is_not_ours() -> None:
    assert not_ours("a: " + "[" * 500 + "]" * 500).kind == "foreign"


def test_no_file_declares_nothing() -> None:
    reading = read_sources([])
    assert isinstance(reading, NotOurs)
    assert reading.kind == "absent"


def test_one_file_of_either_name_is_read() -> None:
    assert isinstance(read_sources([source(USUAL, ".ci.yml")]), Declaration)


def test_both_names_at_once_are_a_problem_beside_the_files_own_ones() -> None:
    reading = read_sources([source(USUAL, ".ci.yaml"), source("ci-policies: x", ".ci.yml")])
    assert isinstance(reading, Invalid)
    assert [problem.file for problem in reading.problems] == [".ci.yml", ".ci.yml"]
    assert ".ci.yaml and .ci.yml are both there" in reading.problems[0].sentence


def test_both_names_at_once_are_nobodys_business_where_neither_is_ours() -> None:
    reading = read_sources([source("a: 1", ".ci.yaml"), source("b: 1", ".ci.yml")])
    assert isinstance(reading, NotOurs)


def test_a_plain_alias_repeats_what_it_names() -> None:
    declaration = declared(
        """\
        x-common: &push
          Effect: Allow
          Action: ecr:PutImage
          Resource: "*"
        ci-policies:
          - PolicyName: a
            PolicyDocument: {Version: 2012-10-17, Statement: [*push]}
          - PolicyName: b
            PolicyDocument: {Version: 2012-10-17, Statement: {<<: *push, Action: ecr:GetImage}}
        """
    )
    first, second = (policy.document.get("Statement") for policy in declaration.policies)
    assert first is not None
    assert second is not None
    assert "ecr:PutImage" in str(first.value)
    assert "ecr:GetImage" in str(second.value)
    assert "ecr:PutImage" not in str(second.value)


def bomb(levels: int) -> str:
    lines = ["x0: &x0 [a, b]"]
    lines += [f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join([*lines, f"ci-policies: *x{levels - 1}", ""])


@pytest.mark.parametrize(
    "text",
    [
        bomb(30),
        with_resource("[" + ", ".join(["'*'"] * (MAX_VALUES + 1)) + "]"),
        with_resource("!Sub ['" + "${A}" * 3000 + "', {A: !Sub ['" + "${B}" * 3000 + "', {B: xxxxxxxxxx}]}]"),
        "a: &a {<<: [" + "{k: v}, " * MAX_VALUES + "]}\nci-policies: [{<<: [*a, *a]}]\n",
    ],
    ids=["aliases", "values", "Sub within Sub", "merge keys"],
)
def test_refuses_what_expands_past_the_limits(text: str) -> None:
    assert "expands to more than" in problems(text)[-1].sentence


def test_a_bomb_in_somebody_elses_file_is_never_expanded() -> None:
    assert not_ours(bomb(30).replace("ci-policies", "other")).kind == "foreign"


def test_duplicate_keys_are_told_with_both_lines() -> None:
    problem = only_problem(
        "ci-policies:\n"
        "  - PolicyName: a\n"
        "    PolicyName: b\n"
        "    PolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Action: '*', Resource: '*'}}\n"
    )
    assert problem.line == 3
    assert "`PolicyName` is there twice (first on line 2)" in problem.sentence
