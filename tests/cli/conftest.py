"""A command line run in this process: its exit code and its two streams."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from fedmarket.cli.app import run
from fedmarket.cli.programs import Programs
from tests.cli.fixtures import Played


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


Command = Callable[..., Ended]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """Run `fedmarket` with these words; nothing lands outside the test's own folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)

    def ended(
        *words: object,
        played: Played | None = None,
        programs: Programs | None = None,
        columns: int = 80,
        **environ: str,
    ) -> Ended:
        monkeypatch.setenv("COLUMNS", str(columns))
        code = run([str(word) for word in words], environ, programs or (played or Played()).programs)
        streams = capsys.readouterr()
        return Ended(code, streams.out, streams.err)

    return ended
