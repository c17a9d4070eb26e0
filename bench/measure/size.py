"""What an installation takes on disk."""

from pathlib import Path

from bench.places import ORIGINAL, PROGRAM


def sizes() -> dict[str, dict[str, int]]:
    """Bytes and files: our program, and the original's packages without Node.js itself."""
    files = [file for file in (ORIGINAL / "node_modules").rglob("*") if file.is_file() and not file.is_symlink()]
    return {"ours": _of([PROGRAM]), "original": _of(files)}


def _of(files: list[Path]) -> dict[str, int]:
    return {"bytes": sum(file.stat().st_size for file in files), "files": len(files)}
