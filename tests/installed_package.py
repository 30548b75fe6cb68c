"""A tiny package with entry points, put where Python looks for packages, as pip would."""

from pathlib import Path


def install_package(site: Path, module: str, source: str, *, family: str, parts: dict[str, str]) -> None:
    """Writes a module and its distribution's metadata into a folder, which the test puts on ``sys.path``.

    Args:
        site: the folder; made where it is missing.
        module: name of the module and of the distribution.
        source: the module's code.
        family: the entry points' group is ``twinlens.<family>``.
        parts: name → "module:attribute".
    """
    info = site / f"{module}-1.0.dist-info"
    info.mkdir(parents=True)
    (site / f"{module}.py").write_text(source, encoding="utf-8")
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n", encoding="utf-8")
    entries = "".join(f"{name} = {target}\n" for name, target in parts.items())
    (info / "entry_points.txt").write_text(f"[twinlens.{family}]\n{entries}", encoding="utf-8")
