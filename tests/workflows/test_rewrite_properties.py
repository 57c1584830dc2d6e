"""Rewriting under any formatting, and on files that people broke: nothing else changes, nothing raises."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cellenics_ci.model.repositories import WorkflowFile
from cellenics_ci.workflows.changes import Wanted
from cellenics_ci.workflows.patch import patch_text
from cellenics_ci.workflows.reading import read_pipeline
from cellenics_ci.workflows.rewrite import rewrite
from tests.workflows.corpus import files, names, rewritten, wanted
from tests.workflows.loading import load
from tests.workflows.meaning import rest_of

WANTED = Wanted(role="ci-role-ui")
ARN = "arn:aws:iam::${{ vars.AWS_ACCOUNT_ID }}:role/ci-role-ui"
SECRETS = {"aws-access-key-id": "AWS_ACCESS_KEY_ID", "aws-secret-access-key": "AWS_SECRET_ACCESS_KEY"}
EXPRESSIONS = ("${{ secrets.%s }}", "${{secrets.%s}}", "${{ secrets['%s'] }}", "${{  secrets [ '%s' ]  }}")
COMMENTS = ("", "  # why", "\t# tab\tand é", "   ")


@st.composite
def workflows(draw: st.DrawFn) -> str:
    """A workflow with one job that takes credentials, however people may have written it."""
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    width = draw(st.integers(1, 6))
    dash = draw(st.sampled_from(["- ", "-   "]))
    outer = " " * (2 * width + draw(st.sampled_from([0, width])))
    inner = outer + " " * len(dash)
    lines = ["on: push", "jobs:", f"{' ' * width}push:{draw(st.sampled_from(COMMENTS))}"]
    lines.append(f"{' ' * 2 * width}runs-on: ubuntu-latest{draw(st.sampled_from(COMMENTS))}")
    lines.append(f"{' ' * 2 * width}steps:")
    if draw(st.booleans()):
        lines += [f"{outer}{dash}uses: actions/checkout@v4", *draw(gaps(outer))]
    lines.append(f"{outer}{dash}uses: aws-actions/configure-aws-credentials@v4{draw(st.sampled_from(COMMENTS))}")
    lines += [f"{inner}with:{draw(st.sampled_from(COMMENTS))}", *draw(inputs(inner + " " * width))]
    if draw(st.booleans()):
        lines += [*draw(gaps(outer)), f"{outer}{dash}run: aws s3 ls"]
    return newline.join(lines) + draw(st.sampled_from(["", newline, newline * 3]))


def gaps(blanks: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(["", f"{blanks}# secrets", "# x", "  "]), max_size=2)


@st.composite
def inputs(draw: st.DrawFn, blanks: str) -> list[str]:
    lines: list[str] = []
    for name in draw(st.permutations([*SECRETS, "aws-region"])):
        quote = draw(st.sampled_from(["", '"', "'"]))
        value = "eu-west-1"
        if name in SECRETS:
            value = draw(st.sampled_from(EXPRESSIONS)) % SECRETS[name]
        style = draw(st.sampled_from(["plain", "double", "folded"]))
        written = f'"{value}"' if style == "double" else value
        if style == "folded":
            written = f">-{draw(st.sampled_from(COMMENTS))}\n{blanks}  {value}"
        else:
            written += draw(st.sampled_from(COMMENTS))
        space = draw(st.sampled_from([" ", "   "]))
        lines += [*f"{blanks}{quote}{name}{quote}:{space}{written}".split("\n"), *draw(gaps(blanks))]
    return lines


@given(workflows())
@settings(max_examples=120, deadline=None)
def test_however_it_is_written_only_the_keys_give_way(text: str) -> None:
    (changed,) = rewrite([WorkflowFile("ci.yaml", text)], WANTED).files
    expected = load(text)
    job = expected["jobs"]["push"]
    step = next(step for step in job["steps"] if "with" in step)
    step["with"] = {"role-to-assume": ARN, "aws-region": "eu-west-1"}
    checks_out = any(step.get("uses") == "actions/checkout@v4" for step in job["steps"])
    job["permissions"] = {"id-token": "write"} | ({"contents": "read"} if checks_out else {})
    assert load(changed.after) == expected
    kept = [line for line in kept_lines(text) if "secrets" not in line or line.strip().startswith("#")]
    assert is_part(kept, kept_lines(changed.after))
    assert ("\r" in changed.after) == ("\r" in text)
    assert changed.after.replace("\r\n", "\n").count("\r") == 0
    assert changed.after.endswith("\n") or not text.endswith("\n")


def kept_lines(text: str) -> list[str]:
    """Lines that a change has no business with."""
    lines = text.replace("\r\n", "\n").split("\n")
    return [line for line in lines if not any(name in line for name in (*SECRETS, "role-to-assume"))]


def is_part(some: list[str], of: list[str]) -> bool:
    """Whether lines are all there, in their order."""
    rest: Iterator[str] = iter(of)
    return all(line in rest for line in some)


@pytest.mark.parametrize("name", names())
def test_a_change_leaves_the_rest_of_the_meaning_alone(name: str) -> None:
    for file in rewritten(name).files:
        assert rest_of(file.before) == rest_of(file.after)


def test_broken_files_are_changed_rightly_or_not_at_all() -> None:
    chance = random.Random(11)
    changed = 0
    for _ in range(300):
        name = chance.choice(names())
        broken = [WorkflowFile(file.name, spoilt(chance, file.text or ""), file.folder) for file in files(name)]
        outcome = rewrite(broken, wanted(name))
        after = {file.path: file.after for file in outcome.files}
        again = [WorkflowFile(file.name, after.get(file.path, file.text), file.folder) for file in broken]
        assert rewrite(again, wanted(name)).files == ()
        reads = len(read_pipeline(again).key_reads)
        assert reads <= len(read_pipeline(broken).key_reads)
        for file in outcome.files:
            changed += 1
            assert meaning(file.before) == meaning(file.after), patch_text([file])
    assert changed > 30


def meaning(text: str) -> object:
    """The rest of a file's meaning; duplicate anchors are more than PyYAML's loader takes."""
    try:
        return rest_of(text)
    except yaml.composer.ComposerError:
        return None


def spoilt(chance: random.Random, text: str) -> str:
    """A text with one thing in it that nobody meant."""
    lines = text.split("\n")
    place = chance.randrange(len(lines))
    line = lines[place]
    column = chance.randrange(len(line) + 1)
    match chance.randrange(7):
        case 0:
            del lines[place]
        case 1:
            lines.insert(place, chance.choice(lines))
        case 2:
            lines[place] = " " * chance.randrange(12) + line.lstrip()
        case 3:
            letter = chance.choice("{}[]:#&*!|>'\"%@`,-? \t\r\u2028é\ufeff$")
            lines[place] = line[:column] + letter + line[column:]
        case 4:
            lines[place] = line[:column] + line[column + 1 :]
        case 5:
            del lines[place + 1 :]
        case _:
            pass
    return "\n".join(lines)
