"""What a figure was measured on, since it means nothing without."""

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("fedmarket", "numpy", "web3", "py-evm", "vyper", "pyrage", "coincurve", "flwr", "shapiq", "scikit-learn")


@dataclass(frozen=True)
class Machine:
    """The cores this process may use, the processor, the system, and how busy the machine was (one-minute load)."""

    cores: int
    processor: str
    memory_gib: int
    system: str
    python: str
    load: float


def machine() -> Machine:
    """Describe this machine now."""
    return Machine(
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        processor=_processor(),
        memory_gib=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        load=round(os.getloadavg()[0], 2),
    )


def versions() -> dict[str, str]:
    """Return the versions of the packages that the figures depend on, of those that are installed."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def now() -> str:
    """Return this day in UTC."""
    return datetime.now(UTC).date().isoformat()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
