"""The folder that a run leaves its record in: made, or emptied where an earlier run of the same kind filled it."""

from pathlib import Path
from shutil import rmtree

from fedmarket.domain.errors import SystemFault, UsageError

MODEL = "model.safetensors"
PIECES = (MODEL, "events.json", "blocks.json", "deployment.json", "figure.svg", "store", "keys", "statements")


def prepare(folder: Path, marker: str, note: str) -> None:
    """Make room for a record: an earlier one, told by its file `marker`, is replaced; anything else is refused.

    `note` is written to the marker. Raises UsageError folder_in_use, or record.unwritable.
    """
    try:
        if folder.exists() and any(folder.iterdir()):
            if not (folder / marker).is_file():
                raise UsageError("embedded.folder_in_use", path=folder)
            for name in (marker, *PIECES):
                _remove(folder / name)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / marker).write_text(f"{note}\n", encoding="ascii")
    except OSError as error:
        raise UsageError("record.unwritable", path=folder, detail=SystemFault.of(error)) from error


def _remove(path: Path) -> None:
    if path.is_dir():
        rmtree(path)
    else:
        path.unlink(missing_ok=True)
