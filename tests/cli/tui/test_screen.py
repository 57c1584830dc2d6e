"""The screen as somebody uses it: keys, mouse, sizes, failures, and what it ends with. Nothing is read."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Tabs

from cellenics_ci.audit.snapshot import Snapshot
from cellenics_ci.cli.tui.app import AuditApp, Ending, theme_for
from cellenics_ci.cli.tui.detail_pane import DetailPane
from cellenics_ci.cli.tui.export_screen import ExportScreen
from cellenics_ci.cli.tui.help_screen import HelpScreen
from cellenics_ci.cli.tui.keys import GROUPS
from cellenics_ci.cli.tui.rows_table import RowsTable
from cellenics_ci.cli.tui.rule_screen import RuleScreen
from cellenics_ci.errors import CallFailed, Failure
from tests.audit.making import ASSUMES_ROLE, KEY, READS_KEY, SECOND, repository, snapshot
from tests.cli.tui.organization import STAGING, small
from tests.cli.tui.sessions import PreparedSession, Reading, on_screen, seen, until, whole

Play = Pilot[Ending]
DOWN = CallFailed(Failure.UNKNOWN, "GitHub did not answer.")


def rows(app: AuditApp) -> list[str]:
    return [entry.name for entry in app.listing.query_one(RowsTable).entries]


def chosen(app: AuditApp) -> str | None:
    entry = app.listing.query_one(RowsTable).entry
    return entry.name if entry else None


def test_rows_and_the_details_of_the_first_are_there_and_the_worst_come_first() -> None:
    async def script(app: AuditApp, pilot: Play) -> None:
        assert rows(app)[0] == chosen(app) == "missing"
        text = seen(app)
        assert "acme, AWS account 123456789012 (acme)" in text
        assert "Repositories 6 of 8  Deploy keys 2  Orphans 1" in text
        assert "✖ error" in text
        assert "▲ warning" in text
        assert "━━━━━━━━+  400 d" in text
        assert "cellenics rotate-ci missing" in text

    on_screen(PreparedSession(small()), script)


def test_words_that_follow_the_slash_at_once_are_words() -> None:
    async def script(app: AuditApp, pilot: Play) -> None:
        for key, character in (("slash", "/"), ("m", "m"), ("i", "i"), ("s", "s"), ("slash", "/")):
            app.post_message(events.Key(key, character))
        await pilot.pause()
        await pilot.pause()
        assert app.listing.query_one(Input).value == "mis/"
        assert rows(app) == []

    on_screen(PreparedSession(small()), script)


def test_typing_filters_with_every_key_and_escape_shows_everything_again() -> None:
    async def script(app: AuditApp, pilot: Play) -> None:
        before = rows(app)
        await pilot.press("slash", "d", "r", "i")
        assert rows(app) == ["api"]
        await pilot.press("q", "q")
        assert rows(app) == []
        assert "No row has that." in seen(app)
        await pilot.press("escape")
        assert isinstance(app.focused, RowsTable)
        await pilot.press("escape")
        assert rows(app) == before
        assert app.listing.query_one(Input).value == ""

    on_screen(PreparedSession(small()), script)


def test_rows_are_chosen_by_severity_by_rule_and_whether_they_matter() -> None:
    async def script(app: AuditApp, pilot: Play) -> None:
        before = rows(app)
        await pilot.press("v")
        assert set(rows(app)) < set(before)
        assert "severity: ✖ error" in seen(app)
        await pilot.press("escape", "f")
        assert isinstance(app.screen, RuleScreen)
        options = app.screen.query_one(OptionList)
        options.highlighted = options.get_option_index("policy-drift")
        await pilot.press("enter")
        assert rows(app) == ["api"]
        await pilot.press("f", "escape")
        assert rows(app) == ["api"]
        await pilot.press("escape", "a")
        assert set(rows(app)) - set(before) == {"handbook", "logo"}

    on_screen(PreparedSession(small()), script)


def test_rows_are_sorted_by_keys_and_by_clicks_and_the_chosen_one_stays() -> None:
    async def script(app: AuditApp, pilot: Play) -> None:
        await pilot.press("down")
        name = chosen(app)
        await pilot.press("s")
        assert rows(app) == sorted(rows(app))
        await pilot.press("S")
        assert rows(app) == sorted(rows(app), reverse=True)
        assert chosen(app) == name
        await pilot.click(RowsTable, offset=(12, 0))
        assert rows(app) == sorted(rows(app))
        await pilot.click(RowsTable, offset=(12, 2))
        assert chosen(app) == rows(app)[1]
        await pilot.click(RowsTable, offset=(12, 3), times=2)
        assert app.listing.maximized is app.listing.query_one(DetailPane)

    on_screen(PreparedSession(small()), script)


def test_the_tabs_have_their_own_rows() -> None:
    async def script(app: AuditApp, pilot: Play) -> None:
        await pilot.press("2")
        assert set(rows(app)) == {STAGING, "mirror"}
        await pilot.press("3")
        assert rows(app) == ["ci-user-gone"]
        await pilot.press("4")
        assert "acme" in rows(app)
        await pilot.press("1")
        assert "worker" in rows(app)
        assert isinstance(app.focused, RowsTable)

    on_screen(PreparedSession(small()), script)


def test_details_are_below_where_it_is_narrow_and_beside_where_it_is_wide() -> None:
    async def script(app: AuditApp, pilot: Play) -> None:
        for width, height in ((80, 24), (40, 12), (200, 60)):
            await pilot.resize_terminal(width, height)
            table, pane = app.listing.query_one(RowsTable).region, app.listing.query_one(DetailPane).region
            assert (pane.x >= table.right) == (width >= 140)
            assert (pane.y >= table.bottom) == (width < 140)
            assert pane.height >= 3
            assert max(map(len, seen(app).splitlines())) <= width
        await pilot.press("end", "enter")
        assert app.listing.query_one(DetailPane).region.width == 200
        await pilot.press("escape")
        assert app.listing.maximized is None
        assert isinstance(app.focused, RowsTable)

    on_screen(PreparedSession(small()), script)


def test_findings_are_chosen_and_what_to_type_is_copied() -> None:
    async def script(app: AuditApp, pilot: Play) -> None:
        pane = app.listing.query_one(DetailPane)
        first = pane.finding
        await pilot.press("n")
        second = pane.finding
        assert first is not None
        assert second is not None
        assert first != second
        await pilot.press("c")
        assert app.clipboard == second.remedy
        await pilot.press("p", "c")
        assert app.clipboard == first.remedy

    on_screen(PreparedSession(small()), script)


def test_what_can_be_typed_and_chosen_can_be_clicked() -> None:
    async def click(app: AuditApp, pilot: Play, text: str, *, last: bool = False) -> None:
        lines = seen(app).splitlines()
        found = [(line.index(text), y) for y, line in enumerate(lines) if text in line]
        await pilot.click(offset=found[-1 if last else 0])

    async def script(app: AuditApp, pilot: Play) -> None:
        await click(app, pilot, "cellenics rotate-ci missing", last=True)
        finding = app.listing.query_one(DetailPane).finding
        assert finding is not None
        assert app.clipboard == finding.remedy
        assert app.clipboard.startswith("cellenics rotate-ci missing")
        await click(app, pilot, "severity: all")
        assert "severity: ✖ error" in seen(app)
        await click(app, pilot, "Deploy keys")
        assert app.listing.query_one(Tabs).active == "deploy-keys"
        await click(app, pilot, "Keys")
        assert len(app.screen_stack) == 3
        await pilot.click(offset=(0, 0))
        assert len(app.screen_stack) == 2

    on_screen(PreparedSession(small()), script, size=(160, 40))


def test_rows_appear_while_the_rest_is_still_read() -> None:
    async def script(app: AuditApp, pilot: Play) -> None:
        assert rows(app) == ["missing", "ui"]
        assert "Reading GitHub and AWS … 2 repositories" in seen(app)
        await pilot.press("down")
        assert chosen(app) == "ui"
        gate.set()
        await whole(pilot)
        assert len(rows(app)) == 6
        assert chosen(app) == "ui"
        assert "as of 08:00:00 UTC" in seen(app)

    gate = threading.Event()
    part = snapshot(repository("ui"), repository("missing"), users={}, read={"repositories": (2, 0)})
    on_screen(PreparedSession(Reading(small(), [part], gate)), script)


def test_what_was_read_stays_where_it_can_not_be_read_again() -> None:
    async def script(app: AuditApp, pilot: Play) -> None:
        before = rows(app)
        await pilot.press("R")
        await until(pilot, lambda: app.listing.problem is not None)
        assert rows(app) == before
        assert "✖ Could not be read: GitHub did not answer." in seen(app)
        await pilot.press("R")
        await until(pilot, lambda: app.listing.problem is None)
        await pilot.pause()
        assert "Could not be read" not in seen(app)

    on_screen(PreparedSession(small(), Reading(DOWN), small()), script)


def test_a_row_gets_a_new_key_and_everything_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(app: AuditApp, pilot: Play) -> None:
        await pilot.press("slash", *"work", "enter", "r")
        assert session.ran == [("rotate-ci", "worker")]
        await until(pilot, lambda: session.taken == 2)
        await pilot.press("escape", "2", "slash", *"flux", "enter", "r")
        assert session.ran[1:] == [("rotate-deploy-key", "--context", "staging")]
        await pilot.press("3", "r")
        assert len(session.ran) == 2

    session = PreparedSession(small())
    monkeypatch.setattr("sys.stdin", io.StringIO("staging\n"))
    on_screen(session, script)


def test_a_repository_gets_a_role_and_a_user_is_retired_and_everything_is_read_again() -> None:
    async def script(app: AuditApp, pilot: Play) -> None:
        await pilot.press("slash", *"work", "enter", "o")
        assert session.ran == [("adopt-oidc", "worker")]
        await until(pilot, lambda: session.taken == 2)
        await pilot.press("t")
        assert session.ran[1:] == [("retire-ci", "worker")]
        await until(pilot, lambda: session.taken == 3)
        await pilot.press("escape", "3", "t")
        assert session.ran[2:] == [("retire-ci", "gone")]
        await until(pilot, lambda: session.taken == 4)

    session = PreparedSession(small())
    on_screen(session, script)


def test_keys_that_do_nothing_about_a_row_say_so() -> None:
    async def script(app: AuditApp, pilot: Play) -> None:
        for part, key, told in (
            ("2", "o", "Only a repository is given a role"),
            ("3", "o", "Only a repository is given a role"),
            ("2", "t", "Only a CI user is retired"),
            ("4", "t", "Only a CI user is retired"),
        ):
            app.clear_notifications()
            await pilot.press(part, key)
            [notification] = app._notifications
            assert told in notification.message
        assert session.ran == []

    session = PreparedSession(small())
    on_screen(session, script)


def test_how_repositories_get_their_rights_is_a_column_and_a_line() -> None:
    async def script(app: AuditApp, pilot: Play) -> None:
        head, *lines = seen(app)[seen(app).index(" Worst") :].splitlines()
        ui = next(line for line in lines if " ui " in line)
        assert ui[head.index("AWS by") :].split()[0] == "both"
        told = "AWS rights of 4 repositories: 1 by role, 1 by role and key, 1 by key, 1 not known."
        assert told in " ".join(seen(app).split())
        await pilot.press("slash", *"both", "enter")
        assert rows(app) == ["ui"]
        await pilot.press("escape")
        app.listing.sort_by("rights")
        assert rows(app) == ["worker", "ui", "api", "lab"]
        await pilot.resize_terminal(80, 19)
        await until(pilot, lambda: "AWS rights of" not in seen(app))

    organization = snapshot(
        repository("api", workflow=ASSUMES_ROLE),
        repository("ui", workflow=f"{READS_KEY}\n{ASSUMES_ROLE}"),
        repository("worker"),
        repository("lab", workflow=None),
    )
    on_screen(PreparedSession(organization), script)


def test_it_ends_where_the_terminal_has_gone_meanwhile() -> None:
    async def script(app: AuditApp, pilot: Play) -> None:
        await pilot.press("r")
        await until(pilot, lambda: app._exit)

    assert on_screen(PreparedSession(small()), script, terminal=False).return_value is None


def test_everything_is_exported_to_a_file_that_is_not_there_yet(tmp_path: Path) -> None:
    async def script(app: AuditApp, pilot: Play) -> None:
        await pilot.press("x")
        assert isinstance(app.screen, ExportScreen)
        field = app.screen.query_one(Input)
        field.value = str(tmp_path / "mine")
        await pilot.press("enter")
        assert "The ending says what is written" in seen(app)
        field.value = str(tmp_path / "found.csv")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.listing)

    on_screen(PreparedSession(small()), script)
    assert (tmp_path / "found.csv").read_text("utf-8").startswith("severity,rule,")


def test_all_keys_are_shown_and_are_actions_of_the_palette_too() -> None:
    async def script(app: AuditApp, pilot: Play) -> None:
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        text = seen(app)
        assert all(key.help.replace("`", "") in text for group in GROUPS for key in group.keys)
        await pilot.press("r", "escape")
        assert session.ran == []
        offered = {command.title for command in app.get_system_commands(app.screen)}
        assert {key.label for group in GROUPS for key in group.keys if key.action} <= offered
        assert "Sort by key age" in offered

    session = PreparedSession(small())
    on_screen(session, script, size=(80, 50))


def test_no_key_id_is_on_the_screen_in_full() -> None:
    shots: list[str] = []

    async def script(app: AuditApp, pilot: Play) -> None:
        for part in "1234":
            await pilot.press(part)
            for _ in rows(app):
                shots.append(seen(app))
                await pilot.press("down")

    on_screen(PreparedSession(small()), script, size=(140, 24))
    assert [key for key in (KEY, SECOND) if any(key in shot for shot in shots)] == []
    assert any("AKIA…" in shot for shot in shots)


def test_ctrl_c_ends_it_even_while_somebody_types() -> None:
    async def script(app: AuditApp, pilot: Play) -> None:
        await pilot.press("slash", "q", "ctrl+c")

    assert on_screen(PreparedSession(small()), script).return_value is Ending.INTERRUPTED


@pytest.mark.parametrize("readings", [(Reading(DOWN),), (small(), Reading(ZeroDivisionError()))])
def test_it_ends_where_there_is_nothing_to_show_and_where_it_is_broken(
    readings: tuple[Snapshot | Reading, ...],
) -> None:
    async def script(app: AuditApp, pilot: Play) -> None:
        await pilot.press("R")
        await until(pilot, lambda: app._exit)

    app = on_screen(PreparedSession(*readings), script)
    last = readings[-1]
    assert isinstance(last, Reading)
    assert app.listing.problem is last.end
    assert app.return_value is None


def test_dark_light_and_few_colours_are_told_by_the_environment() -> None:
    assert theme_for({}, "truecolor") == "textual-dark"
    assert theme_for({"COLORFGBG": "0;15"}, "256") == "textual-light"
    assert theme_for({"COLORFGBG": "15;0"}, "standard") == "ansi-dark"
    assert theme_for({"NO_COLOR": "1", "COLORFGBG": "0;7"}, "truecolor") == "ansi-light"
