"""How these tests read files: short ways from a text to what it was read as."""

from __future__ import annotations

import textwrap

from cellenics_ci.privileges.declaration import Declaration, Invalid, NotOurs, Reading, SourceFile
from cellenics_ci.privileges.parse import read_declaration
from cellenics_ci.privileges.problems import Problem


def source(text: str, name: str = ".ci.yaml") -> SourceFile:
    """Return a file of this text as GitHub would give it."""
    return SourceFile(name, text, len(text.encode("utf-8", "replace")))


def read(text: str) -> Reading:
    """Read a text, indentation of the test taken off."""
    return read_declaration(source(textwrap.dedent(text)))


def declared(text: str) -> Declaration:
    """Read a text that must be valid."""
    reading = read(text)
    assert isinstance(reading, Declaration), reading
    return reading


def problems(text: str) -> tuple[Problem, ...]:
    """Read a text that must be invalid and return its problems."""
    reading = read(text)
    assert isinstance(reading, Invalid), reading
    assert reading.problems
    return reading.problems


def only_problem(text: str) -> Problem:
    """Read a text that must have exactly one problem."""
    found = problems(text)
    assert len(found) == 1, [str(problem) for problem in found]
    return found[0]


def not_ours(text: str) -> NotOurs:
    """Read a text that must declare nothing."""
    reading = read(text)
    assert isinstance(reading, NotOurs), reading
    return reading


def with_statement(statement: str, *, version: str = "2012-10-17") -> str:
    """Return a file of one policy with one statement, the statement given as a flow mapping."""
    return (
        "ci-policies:\n"
        "  - PolicyName: push\n"
        "    PolicyDocument:\n"
        f"      Version: {version}\n"
        f"      Statement: {statement}\n"
    )


def with_resource(resource: str) -> str:
    """Return a file whose one statement has this Resource."""
    return with_statement(f"{{Effect: Allow, Action: ecr:PutImage, Resource: {resource}}}")
