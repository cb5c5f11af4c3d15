"""Writes what documents show from where it is true: `make docs`. Tests compare it with what is committed."""

import io
import shutil
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from docs.generators import PAGES  # noqa: E402
from fedmarket.cli.app import run  # noqa: E402


def main() -> None:
    """Write the generated pages and the README's pictures."""
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "record"
        for lang, name in (("en", "demo.svg"), ("zh", "demo.zh-CN.svg")):
            with redirect_stdout(io.StringIO()):
                code = run(["demo", "--lang", lang, "--out", str(record)], {})
            if code != 0:
                raise SystemExit("the demo failed")
            shutil.copy(record / "figure.svg", HERE / "figures" / name)


if __name__ == "__main__":
    main()
