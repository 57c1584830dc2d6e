"""Patches as files in a folder of the operator's."""

from __future__ import annotations

from pathlib import Path

import pytest

from cellenics_ci.cli.patch_files import check_folder, write_patches
from cellenics_ci.errors import UsageProblem
from cellenics_ci.model.names import RepoName
from cellenics_ci.oidc.patching import Patch

API = RepoName("api")


def test_a_patch_is_written_byte_for_byte_in_place_of_an_older_one(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    check_folder(folder)
    for text in ("old\n", "line\r\nZ\u00fcrich\n"):
        assert write_patches(folder, [(API, Patch(text))]) == {API: folder / "api.patch"}
    assert (folder / "api.patch").read_bytes() == b"line\r\nZ\xc3\xbcrich\n"


def test_a_folder_that_can_not_be_made_is_told_before_anything_is_done(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageProblem) as refused:
        check_folder(tmp_path / "file" / "below")
    assert "can't be made" in refused.value.sentence


def test_a_patch_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "api.patch").mkdir()
    with pytest.raises(UsageProblem) as refused:
        write_patches(tmp_path, [(API, Patch("x"))])
    assert "the roles are there already" in refused.value.remedy
