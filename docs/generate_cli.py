"""Writes docs/cli.md from the commands themselves; with --check says whether the file is up to date.

Plain text from Typer's own model of a command, not its rendered help: that depends on the terminal's width.
"""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from typing import Any

from cellenics_ci.cli.app import COMMANDS, root_command

TARGET = Path(__file__).with_name("cli.md")

HEAD = """\
# Command line reference

Generated from the code by `make docs`; `make check` fails where it is out of date.

`cellenics COMMAND`, also `cellenics-ci COMMAND` and `python -m cellenics_ci COMMAND`. Commands that are not
listed here are passed on to the next `cellenics` on `PATH` ([plugin](plugin.md)).

stdout carries the result, stderr the story. Exit codes: 0 done, or nothing to do; 1 some targets were left out
or failed, though every repository still works; 2 wrong usage or configuration, nothing touched; 3 a repository
is, or may be, without a working credential and somebody must act now (the message says what to type);
130 interrupted; 141 the reader of the output went away.
"""


def _cell(text: str) -> str:
    # Typer's markup wants a backslash before a bracket that is meant.
    return " ".join(text.split()).replace("\\[", "[").replace("|", "\\|")


def _default(parameter: Any) -> str:
    shown = getattr(parameter, "show_default", False)
    if isinstance(shown, str):
        return f" Default: `{shown}`."
    if not shown or parameter.default in (None, False, ()) or callable(parameter.default):
        return ""
    return f" Default: `{getattr(parameter.default, 'value', parameter.default)}`."


def _value(parameter: Any, context: Any) -> str:
    if parameter.is_flag or parameter.count:
        return ""
    kind = parameter.display_type(context).strip("<>").removesuffix(" range")
    return f" {parameter.metavar or kind}"


def _spellings(parameter: Any, context: Any) -> str:
    value = _value(parameter, context)
    # Typer keeps the names of --help in a set: their order is another one each time.
    names = sorted([*parameter.opts, *parameter.secondary_opts], key=lambda name: (-len(name), name))
    return ", ".join(f"`{name}{value}`" for name in names).replace("|", "\\|")


def _rows(parameters: list[Any], context: Any) -> list[str]:
    """Return a table of options, and before it one of arguments where there are any."""
    arguments = [each for each in parameters if each.param_type_name == "argument" and not each.hidden]
    options = [each for each in parameters if each.param_type_name == "option" and not each.hidden]
    lines: list[str] = []
    if arguments:
        lines += ["| argument | |", "| --- | --- |"]
        lines += [f"| `{''.join(each.get_usage_pieces(context))}` | {_cell(each.help or '')} |" for each in arguments]
        lines.append("")
    if options:
        lines += ["| option | |", "| --- | --- |"]
        lines += [f"| {_spellings(each, context)} | {_cell(each.help or '')}{_default(each)} |" for each in options]
        lines.append("")
    return lines


def _section(title: str, command: Any, context: Any) -> list[str]:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    return [
        f"## {title}",
        "",
        f"`{usage}`",
        "",
        *(command.help or "").strip().splitlines(),
        "",
        *_rows(command.get_params(context), context),
    ]


def reference() -> str:
    """Return the whole page."""
    root = root_command()
    context = root.make_context("cellenics", [], resilient_parsing=True)
    lines = [HEAD, *_section("cellenics", root, context)]
    lines += ["| command | |", "| --- | --- |"]
    lines += [f"| [`{each.name}`](#cellenics-{each.name}) | {each.help} |" for each in COMMANDS]
    lines.append("")
    for entry in COMMANDS:
        command = entry.load()
        sub = command.make_context(entry.name, [], parent=context, resilient_parsing=True)
        lines += _section(f"cellenics {entry.name}", command, sub)
    return "\n".join(lines).rstrip() + "\n"


def main(arguments: list[str]) -> int:
    """Write the page, or compare it: 1 where it differs."""
    page = reference()
    if "--check" not in arguments:
        TARGET.write_text(page, encoding="utf-8")
        return 0
    there = TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
    if there == page:
        return 0
    changes = difflib.unified_diff(there.splitlines(), page.splitlines(), "docs/cli.md", "the code", lineterm="")
    print("\n".join(changes), "docs/cli.md is out of date: run 'make docs'.", sep="\n", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
