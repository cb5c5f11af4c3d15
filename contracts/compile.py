"""Compile the contracts into the package: `python contracts/compile.py`, or `--check` to compare only.

The artifacts are committed, so that neither a user nor the package needs the compiler.
"""

import sys
from functools import cache
from json import dumps
from pathlib import Path
from typing import Any

import vyper  # type: ignore[import-untyped]
from vyper.compiler import compile_from_file_input  # type: ignore[import-untyped]
from vyper.compiler.input_bundle import FilesystemInputBundle  # type: ignore[import-untyped]
from vyper.compiler.settings import Settings  # type: ignore[import-untyped]

CONTRACTS = Path(__file__).resolve().parent
ARTIFACTS = CONTRACTS.parent / "src" / "fedmarket" / "chain" / "artifacts"
NAMES = ("DataCatalog", "Exchange", "TaskMarket", "Token")
SIZE_LIMIT = 24_576
"""Bytes of runtime code that a chain accepts (EIP-170)."""


@cache
def compiled(name: str) -> dict[str, Any]:
    """Return a contract's ABI, creation code ("0x…"), runtime size in bytes, and compiler version.

    The code holds no hash of the sources, so that a comment does not change it.
    """
    bundle = FilesystemInputBundle([CONTRACTS])
    source = bundle.load_file(Path(f"{name}.vy"))
    output = compile_from_file_input(
        source,
        input_bundle=bundle,
        output_formats=("abi", "bytecode", "bytecode_runtime"),
        settings=Settings(experimental_codegen=False),
        no_bytecode_metadata=True,
    )
    return {
        "abi": output["abi"],
        "bytecode": output["bytecode"],
        "runtime_size": len(bytes.fromhex(output["bytecode_runtime"][2:])),
        "compiler": f"vyper {vyper.__version__}",
    }


def text_of(artifact: dict[str, Any]) -> str:
    """Return an artifact as the text of its file."""
    return dumps(artifact, indent=1) + "\n"


def stale(name: str, folder: Path = ARTIFACTS) -> str | None:
    """Say what is wrong with an artifact in `folder`; None where it is what the sources compile to."""
    artifact = compiled(name)
    if artifact["runtime_size"] > SIZE_LIMIT:
        return f"{name}: {artifact['runtime_size']} bytes of code, a chain accepts {SIZE_LIMIT}"
    path = folder / f"{name}.json"
    if not path.exists() or path.read_text(encoding="utf-8") != text_of(artifact):
        return f"{name}: {path.name} is not what the sources compile to; run python contracts/compile.py"
    return None


def main(arguments: list[str]) -> int:
    """Write the artifacts, or with `--check` compare them; returns the exit code."""
    if arguments == ["--check"]:
        faults = [fault for name in NAMES if (fault := stale(name))]
        sys.stdout.write("".join(f"{fault}\n" for fault in faults))
        return 1 if faults else 0
    ARTIFACTS.mkdir(exist_ok=True)
    for name in NAMES:
        artifact = compiled(name)
        (ARTIFACTS / f"{name}.json").write_text(text_of(artifact), encoding="utf-8")
        sys.stdout.write(f"{name}: {artifact['runtime_size']} of {SIZE_LIMIT} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
