"""What needs no node does not wait two seconds for web3."""

import subprocess
import sys

import pytest

LOADED = "import sys, importlib; importlib.import_module(sys.argv[1]); print('web3' in sys.modules)"


@pytest.mark.parametrize("module", ["port", "simulated", "gas", "abi", "process_lock"])
def test_a_module_without_a_node_does_not_load_web3(module: str) -> None:
    command = [sys.executable, "-c", LOADED, f"fedmarket.chain.{module}"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "False\n"
