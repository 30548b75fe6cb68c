"""A benchmark's result as a page: figures with machine, date, versions and command."""

import os
import platform
import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).with_name("results")
PACKAGES = ("numpy", "numkong", "onnxruntime", "pillow")


def publish(script: str, title: str, body: str, *, model: str, write: bool) -> None:
    """Writes ``results/<script>.md``, or prints the page.

    Args:
        script: the benchmark's file name.
        title: the question that the figures answer.
        body: Markdown with the figures.
        model: name and fingerprint of the model that was measured.
        write: keep the page in the repository.
    """
    command = shlex.join(["python", f"benchmarks/{Path(script).name}", *sys.argv[1:]])
    facts = [
        f"- Machine: {machine()}",
        f"- Date: {datetime.now(UTC).date().isoformat()}",
        f"- Versions: {versions()}",
        f"- Model: {model}",
        f"- Command: `{command}`",
    ]
    page = "\n".join([f"# {title}", "", body.strip(), "", "## Measured with", "", *facts, ""])
    if not write:
        print(page)
        return
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{Path(script).stem}.md"
    path.write_text(page, encoding="utf-8")
    print(f"wrote {path}", file=sys.stderr)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column holds words, the others figures."""
    marks = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, marks, *rows))


def machine() -> str:
    """Processor, usable cores, operating system."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{_cpu_model()}, {cores} cores, {platform.system()} {platform.machine()}"


def versions() -> str:
    """Python, twinlens and the packages that decide its speed."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"twinlens {version('twinlens')}, Python {platform.python_version()}, {packages}"


def _cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"
