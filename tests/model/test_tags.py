"""What is written on a user as tags is read back the same, and never more than IAM takes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellenics_ci.model.names import AccessKeyId, OrgName, RepoName
from cellenics_ci.model.retirement_tag import (
    RETIREMENT_TAG,
    Phase,
    Retirement,
    being_retired,
    read_retirement,
    retirement_tags,
)
from cellenics_ci.model.scopes import ACTIONS, DEPENDABOT, PairDates, Scope, environment_scope
from cellenics_ci.model.tags import (
    KEY_TAG,
    LOCK_TAG,
    KeyNote,
    Lock,
    Owner,
    Stage,
    clean,
    key_tags,
    lock_tags,
    note_dates,
    owner_text,
    read_lock,
    read_notes,
    read_owner,
    scope_code,
    tag_names_of,
)

IAM_VALUE = re.compile(r"[A-Za-z0-9 _.:/=+\-@]{0,256}")
KEY = AccessKeyId("AKIAIOSFODNN7EXAMPLE")
OTHER = AccessKeyId("AKIAI44QH8DHBEXAMPLE")
MOMENT = 1_795_000_000

moments = st.integers(min_value=0, max_value=4_000_000_000)
pairs = st.builds(PairDates, st.none() | moments, st.none() | moments)
scopes = st.one_of(st.just(ACTIONS), st.just(DEPENDABOT), st.builds(environment_scope, st.text(min_size=1)))
runs = st.text("0123456789abcdef", max_size=12)
notes = st.builds(
    KeyNote,
    st.sampled_from(Stage),
    moments,
    runs,
    st.dictionaries(scopes, pairs, max_size=30).map(note_dates),
    st.lists(scopes, max_size=30, unique_by=scope_code).map(lambda found: tuple(sorted(map(scope_code, found)))),
)
locks = st.builds(
    Lock,
    st.text("0123456789abcdef", min_size=12, max_size=12),
    st.text(min_size=1).map(lambda text: clean(text, 60)),
    st.integers(1, 4_194_304).map(lambda pid: f"{pid}.123456"),
    moments,
    moments,
    st.lists(st.sampled_from([KEY, OTHER]), unique=True).map(tuple),
)


@given(notes)
def test_a_keys_note_comes_back_as_it_was_written(note: KeyNote) -> None:
    assert read_notes(key_tags(KEY, note)) == ({KEY: note}, ())


@given(notes)
def test_a_keys_note_has_only_what_iam_takes_in_a_tag(note: KeyNote) -> None:
    for name, value in key_tags(KEY, note).items():
        assert IAM_VALUE.fullmatch(value), value
        assert IAM_VALUE.fullmatch(name)
        assert len(name) <= 128


@given(locks)
def test_a_lock_comes_back_as_it_was_written(lock: Lock) -> None:
    tags = lock_tags(lock)
    assert read_lock(tags) == lock
    assert IAM_VALUE.fullmatch(tags[LOCK_TAG])


def many(count: int) -> tuple[Scope, ...]:
    return tuple(environment_scope(f"env-{number}") for number in range(count))


@pytest.mark.parametrize("stage", [Stage.DELIVERING, Stage.RETIRED])
def test_a_hundred_environments_fit_beside_another_keys_in_fifty_tags(stage: Stage) -> None:
    dates = note_dates(dict.fromkeys(many(100), PairDates(MOMENT, MOMENT)))
    outage = tuple(code for code, _ in dates) if stage is Stage.RETIRED else ()
    tags = key_tags(KEY, KeyNote(stage, MOMENT, "a1b2c3d4e5f6", dates, outage))
    assert 1 < len(tags) <= 23
    assert max(map(len, tags.values())) <= 256
    found = read_notes(tags)[0][KEY]
    assert [found.dates_of(scope) for scope in many(100)] == [PairDates(MOMENT, MOMENT)] * 100
    assert len(found.outage) == len(outage)


def test_a_shorter_note_over_a_longer_one_is_read_without_the_longer_ones_rest() -> None:
    long = KeyNote(Stage.DELIVERING, MOMENT, "aa", note_dates(dict.fromkeys(many(30), PairDates(1, 2))))
    short = KeyNote(Stage.LIVE, MOMENT, "bb", note_dates({ACTIONS: PairDates(3, 4)}))
    assert read_notes(key_tags(KEY, long) | key_tags(KEY, short)) == ({KEY: short}, ())


def test_a_missing_further_tag_makes_the_note_unreadable() -> None:
    tags = key_tags(KEY, KeyNote(Stage.LIVE, MOMENT, "aa", note_dates(dict.fromkeys(many(30), PairDates(1, 2)))))
    del tags[f"{KEY_TAG}{KEY}:1"]
    assert read_notes(tags) == ({}, (KEY,))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "lively at=1",
        "live at=!",
        # A moment past the year 9999 can't be shown to anybody.
        "live at=zzzzzzzzzzzz",
        "live at=-1",
        "live at=1 a=1",
        "live at=1 a=1.2.3",
        "live at=1 a=.",
        "live more=x",
        "live more=2",
        "by hand",
    ],
)
def test_an_edited_note_is_named_as_unreadable_and_never_raises(value: str) -> None:
    assert read_notes({f"{KEY_TAG}{KEY}": value}) == ({}, (KEY,))


@given(st.text(max_size=256))
def test_no_text_in_a_tag_breaks_the_reading(text: str) -> None:
    found, unreadable = read_notes({f"{KEY_TAG}{KEY}": text})
    assert (KEY in found) != (KEY in unreadable)
    lock = read_lock({LOCK_TAG: text})
    assert lock is None or lock.run is not None


@pytest.mark.parametrize(
    "value",
    [
        "",
        "run=a host=h process=1.1 at=1 seen=",
        "run=a host=h process=1.1 at=1 until=? seen=",
        # A moment past the year 9999 can't be shown to anybody.
        "run=a host=h process=1.1 at=1 until=zzzzzzzzzzzz seen=",
        "held by ada",
    ],
)
def test_a_lock_that_nobody_can_read_is_none(value: str) -> None:
    assert read_lock({LOCK_TAG: value}) is None


def test_other_tags_on_the_user_are_nobodys_notes() -> None:
    assert read_notes({"team": "live", "cellenics-ci:region": "us-east-1"}) == ({}, ())
    assert read_lock({"lock": "run=a"}) is None


def test_all_tags_of_a_key_are_found_for_removal_and_no_other_keys() -> None:
    mine = key_tags(KEY, KeyNote(Stage.LIVE, 1, "aa", note_dates(dict.fromkeys(many(30), PairDates(1, 2)))))
    theirs = key_tags(OTHER, KeyNote(Stage.ADOPTED, 1))
    assert sorted(tag_names_of([KEY], mine | theirs | {"team": "web"})) == sorted(mine)


def test_environments_of_similar_names_have_codes_of_their_own() -> None:
    scopes = [ACTIONS, DEPENDABOT, *map(environment_scope, ["a", "d", "A", "staging", "staging ", "ståging"])]
    assert len({scope_code(scope) for scope in scopes}) == len(scopes)


def test_the_owner_tag_has_only_what_iam_takes() -> None:
    assert owner_text(OrgName("acme"), RepoName("ui"), 42) == "acme/ui@42"
    assert IAM_VALUE.fullmatch(owner_text(OrgName("acme-2"), RepoName("ui.web_x"), 42))


@given(st.text(), st.integers(1, 256))
def test_cleaned_text_is_one_word_that_iam_takes(text: str, limit: int) -> None:
    cleaned = clean(text, limit)
    assert IAM_VALUE.fullmatch(cleaned)
    assert " " not in cleaned
    assert len(cleaned) <= limit


@given(
    phase=st.sampled_from(Phase),
    moments=st.tuples(*[st.integers(0, 4_000_000_000)] * 3),
    off=st.sampled_from([(), (KEY,), (KEY, OTHER)]),
    gone=st.booleans(),
)
def test_a_retirement_is_read_back_as_it_was_written(
    phase: Phase, moments: tuple[int, int, int], off: tuple[AccessKeyId, ...], gone: bool
) -> None:
    at, since, until = moments
    noted = Retirement(phase, at, "006312f794da", since, until, off, gone)
    tags = retirement_tags(noted)
    assert read_retirement(tags) == noted
    assert IAM_VALUE.fullmatch(tags[RETIREMENT_TAG])
    assert being_retired(tags) == (phase is not Phase.KEPT)


@pytest.mark.parametrize("text", ["", "soaking", "gone at=1 run=a since=0 until=0 off=", "soaking at=! run=a"])
def test_a_retirement_that_somebody_edited_has_only_just_begun(text: str) -> None:
    """A rotation keeps its hands off all the same, and nothing is taken for waited out."""
    tags = {RETIREMENT_TAG: text}
    assert read_retirement(tags) == Retirement(Phase.WATCHING, at=0)
    assert being_retired(tags)
    assert read_retirement({}) is None


@pytest.mark.parametrize("text", ["", "acme", "acme/ui", "/ui@7", "acme/@7", "acme/ui@", "acme/ui@x"])
def test_an_owner_that_says_nothing_is_none(text: str) -> None:
    assert read_owner(text) is None


def test_an_owner_is_read_back_as_it_was_written() -> None:
    text = owner_text(OrgName("acme"), RepoName("ui@home"), 7)
    assert read_owner(text) == Owner("acme", RepoName("ui@home"), 7)
