"""The `release:` section of a `.ci.yaml`: its text to a ReleaseDeclaration, or to every problem at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from cellenics_ci.privileges.problems import Enough, Problem, Report, shown
from cellenics_ci.privileges.sections import Entry, entries, find_section, text_of
from cellenics_ci.releases.declaration import (
    FORBIDDEN_FOLDERS,
    OTHERWISE,
    PATH,
    PRESETS,
    Chart,
    Choice,
    Environment,
    Image,
    Policy,
    ReleaseDeclaration,
)
from cellenics_ci.releases.names import is_label
from cellenics_ci.releases.section_values import check_variables, read_choice
from cellenics_ci.releases.tags import VARIABLES as TAG_VARIABLES
from cellenics_ci.releases.tags import TagForm
from cellenics_ci.yamltree import ListNode, Scalar

SECTION: Final = "release"
KEYS: Final = ("environments", "chart", "images", "values", "author", "registry")
ENVIRONMENT_KEYS: Final = ("like", "path", "sandbox-id", "kubernetes", "tag", "policy", "update-path", "replicas")
POLICIES: Final = ("semver", "numerical")

_AUTHOR: Final = re.compile(r"[^<>\n]+ <[^<>\s]+@[^<>\s]+>")
_REPOSITORY: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*/)?[A-Za-z0-9_][A-Za-z0-9_.-]*")
_REGISTRY: Final = re.compile(r"[a-z0-9][a-z0-9.-]*(:\d+)?")
_VALUE_PATH: Final = re.compile(r"[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*)*")


def read_release(text: str, file: str) -> ReleaseDeclaration | tuple[Problem, ...]:
    """Return what a file declares, the defaults where it has no such section; or all that is wrong with it."""
    report = Report(file)
    try:
        section = find_section(text, SECTION, report)
        declared = _read(section, report) if section else ReleaseDeclaration()
    except Enough:
        return report.problems
    return report.problems or declared


def author_problem(text: str) -> str | None:
    """Say why a text can't be a commit's author, None where it can."""
    return None if _AUTHOR.fullmatch(text) else f"{shown(text)} is no author"


def _read(section: Entry, report: Report) -> ReleaseDeclaration:
    found = {entry.key: entry for entry in entries(section.node, SECTION, report, KEYS)}
    environments = _environments(found.get("environments"), report)
    images = found.get("images")
    author, registry = found.get("author"), found.get("registry")
    return ReleaseDeclaration(
        environments=environments,
        chart=_chart(found.get("chart"), environments, report),
        images=_images(images, report) if images else ReleaseDeclaration().images,
        values=_values(found.get("values"), environments, report),
        author=_matching(author, _AUTHOR, "write it as: NAME <EMAIL>", report) if author else None,
        registry=_matching(registry, _REGISTRY, "write a host's name", report) if registry else None,
    )


def _matching(entry: Entry, form: re.Pattern[str], remedy: str, report: Report) -> str | None:
    text = text_of(entry, SECTION, report)
    if text is not None and not form.fullmatch(text):
        report.problem(entry.line, f"`{SECTION}.{entry.key}` can't be {shown(text)}", remedy)
    return text


# Environments


def _environments(section: Entry | None, report: Report) -> Mapping[str, Environment]:
    found = dict(PRESETS)
    if section is None:
        return found
    where = f"{SECTION}.environments"
    for entry in entries(section.node, where, report):
        if not is_label(entry.key) or entry.key == OTHERWISE:
            report.problem(entry.line, f"{shown(entry.key)} is no name of an environment", "use a-z, 0-9 and -")
            continue
        environment = _environment(entry, found, f"{where}.{entry.key}", report)
        if environment is not None:
            found[entry.key] = environment
    return found


def _environment(entry: Entry, known: Mapping[str, Environment], where: str, report: Report) -> Environment | None:
    keys = {each.key: each for each in entries(entry.node, where, report, ENVIRONMENT_KEYS)}
    like = text_of(keys["like"], where, report) if "like" in keys else entry.key
    base = known.get(like or "")
    if base is None:
        remedy = f"add `like: production` (or {', '.join(sorted(known.keys() - {'production'}))})"
        report.problem(entry.line, f"the environment {shown(entry.key)} is like no other", remedy)
        return None
    made = replace(base, name=entry.key)
    if entry.key not in PRESETS and "path" not in keys:
        # Two environments in one place would overwrite each other.
        report.problem(entry.line, f"`{where}` has no `path`", f"such as path: {entry.key}/NAME.yaml")
    if "path" in keys:
        made = replace(made, path=_path(keys["path"], where, report) or made.path)
    if "sandbox-id" in keys and (text := text_of(keys["sandbox-id"], where, report)) is not None:
        if not is_label(text):
            report.problem(keys["sandbox-id"].line, f"{shown(text)} is no sandbox id", "use a-z, 0-9 and -")
        made = replace(made, sandbox_id=text)
    if "kubernetes" in keys:
        made = replace(made, kubernetes=text_of(keys["kubernetes"], where, report) or made.kubernetes)
    if "update-path" in keys:
        made = replace(made, update_path=text_of(keys["update-path"], where, report) or made.update_path)
    if "tag" in keys:
        made = replace(made, tag=_tag(keys["tag"], where, report) or made.tag)
    if "policy" in keys:
        made = replace(made, policy=_policy(keys["policy"], f"{where}.policy", report) or made.policy)
    if "replicas" in keys:
        made = replace(made, replicas=_replicas(keys["replicas"], where, report))
    return made


def _path(entry: Entry, where: str, report: Report) -> str | None:
    text = text_of(entry, where, report)
    if text is None:
        return None
    found = PATH.fullmatch(text)
    if found is None or found["folder"] in FORBIDDEN_FOLDERS:
        remedy = "write FOLDER/NAME.yaml or FOLDER/NAME/REF_ID.yaml, with NAME and REF_ID as they stand here"
        report.problem(entry.line, f"{shown(text)} is no path for a manifest", remedy)
        return None
    return text


def _tag(entry: Entry, where: str, report: Report) -> TagForm | None:
    text = text_of(entry, where, report)
    if text is None:
        return None
    check_variables(text, TAG_VARIABLES, entry.line, report)
    return TagForm(text)


def _policy(entry: Entry, where: str, report: Report) -> Policy | None:
    found = list(entries(entry.node, where, report, POLICIES))
    if len(found) != 1:
        report.problem(entry.line, f"`{where}` is not one policy", "write {semver: '>=1.0.0'} or {numerical: asc}")
        return None
    value = text_of(found[0], where, report)
    if found[0].key == "numerical" and value not in ("asc", "desc"):
        report.problem(found[0].line, f"`{where}.numerical` is neither asc nor desc", "write asc for the newest tag")
    return Policy(found[0].key, value or "")


def _replicas(entry: Entry, where: str, report: Report) -> int | None:
    text = text_of(entry, where, report)
    if text is None or not text.isdecimal():
        report.problem(entry.line, f"`{where}.replicas` is no whole number", "write a number such as 2")
        return None
    return int(text)


# Chart, images, values


def _chart(section: Entry | None, environments: Mapping[str, Environment], report: Report) -> Chart:
    if section is None:
        return Chart()
    where = f"{SECTION}.chart"
    found = {each.key: each for each in entries(section.node, where, report, ("repository", "branch", "commit"))}
    repository = text_of(found["repository"], where, report) if "repository" in found else None
    if repository is not None and not _REPOSITORY.fullmatch(repository):
        report.problem(found["repository"].line, f"{shown(repository)} is no repository", "write REPO or ORG/REPO")
    branch, commit = (
        read_choice(found.get(name), where, environments, report) or Choice() for name in ("branch", "commit")
    )
    for name in environments:
        if branch.of(name) is not None and commit.of(name) is not None:
            report.problem(section.line, f"`{where}` has both a branch and a commit for {name}", "keep one of them")
    return Chart(repository, branch, commit)


def _images(section: Entry, report: Report) -> tuple[Image, ...]:
    where, node = f"{SECTION}.images", section.node
    if isinstance(node, ListNode):
        names = [(item.value, item.line) for item in node.items if isinstance(item, Scalar) and not item.is_null]
        if len(names) < len(node.items) or not names:
            report.problem(node.line, f"`{where}` is no list of names", "write it as [r, python]")
        return tuple(image for name, line in names if (image := _image(name, line, {}, where, report)))
    made = []
    for entry in entries(node, where, report):
        inner = f"{where}.{entry.key}"
        keys = {each.key: each for each in entries(entry.node, inner, report, ("values", "policy", "suffix"))}
        texts = {name: text_of(each, inner, report) or "" for name, each in keys.items()}
        made.append(_image(entry.key, entry.line, texts, where, report))
    return tuple(image for image in made if image is not None)


def _image(name: str, line: int, texts: Mapping[str, str], where: str, report: Report) -> Image | None:
    if not is_label(name):
        report.problem(line, f"{shown(name)} in `{where}` is no name of an image", "use a-z, 0-9 and -")
        return None
    image = Image(
        values=texts.get("values", f"{name}.image"),
        policy=texts.get("policy", f"${{NAME}}-{name}"),
        suffix=texts.get("suffix", f"-{name}"),
    )
    if not _VALUE_PATH.fullmatch(image.values):
        report.problem(line, f"{shown(image.values)} is no path in the values", "write it like r.image")
    check_variables(image.policy, ("NAME",), line, report)
    return image


def _values(
    section: Entry | None, environments: Mapping[str, Environment], report: Report
) -> Mapping[str, Choice | None]:
    if section is None:
        return {}
    where = f"{SECTION}.values"
    found: dict[str, Choice | None] = {}
    for entry in entries(section.node, where, report):
        if not _VALUE_PATH.fullmatch(entry.key):
            remedy = "write the keys with dots between them: service.additionalHosts"
            report.problem(entry.line, f"{shown(entry.key)} is no path in the values", remedy)
        elif isinstance(entry.node, Scalar) and entry.node.is_null:
            found[entry.key] = None
        else:
            found[entry.key] = read_choice(entry, where, environments, report)
    return found
