"""Which repository a name or a remote's address names."""

from __future__ import annotations

import pytest

from cellenics_ci.model.remotes import of_remote, repository_id


@pytest.mark.parametrize(
    "url",
    [
        "git@github.com:acme/ui.git",
        "git@github.com:acme/ui",
        "github.com:/acme/ui.git",
        "ssh://git@github.com/acme/ui.git",
        "ssh://git@ssh.github.com:443/acme/ui.git",
        "https://github.com/acme/ui",
        "https://github.com/acme/ui.git/",
        "https://ada:token@github.example.com:8443/acme/ui.git",
        "git://github.com/acme/ui.git\n",
    ],
)
def test_every_form_of_a_remote_names_the_repository(url: str) -> None:
    assert str(of_remote(url)) == "acme/ui"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "../ui",
        "/srv/git/ui.git",
        "file:///srv/acme/ui.git",
        "git@github.com:ui.git",
        "https://github.com/acme/ui/tree/x",
        "https://github.com/acme/..",
        "https:///acme/ui",
        "https://[broken/acme/ui",
        "git@github.com:acme/u i.git",
    ],
)
def test_what_names_no_repository_of_an_organisation_is_none(url: str) -> None:
    assert of_remote(url) is None


@pytest.mark.parametrize("text", ["ui", "acme/", "/ui", "a/b/c", "acme/..", "-acme/ui", "acme/u\ni"])
def test_a_name_needs_its_organisation_and_odd_ones_are_none(text: str) -> None:
    assert repository_id(text) is None
