"""Files that grow from real ones, through inspection, the pipeline and variants, led by coverage (atheris, libFuzzer).

scripts/fuzz imaging [--seconds S]. Fails on an exception that is no DomainError, on 20 s for one file, and on 1 GiB;
the file that did it is kept. Atheris is in no lock, as it is built for few platforms: it gets a folder of its own.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
FOLDER = Path(tempfile.gettempdir()) / "gf-images-fuzz"
ATHERIS = "atheris>=3,<4"
SEEDS = (ROOT / "tests" / "golden" / "pictures", ROOT.parent / "shared" / "corpora" / "hostile")
MAX_SEED_BYTES = 20_000


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/fuzz imaging", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    library, corpus, findings = (FOLDER / name for name in ("atheris", "corpus", "findings"))
    if not install(library):
        print("atheris cannot be installed here.")
        return 2
    gather(corpus)
    findings.mkdir(parents=True, exist_ok=True)
    command = [
        *(sys.executable, str(HERE / "targets" / "imaging.py"), str(corpus)),
        *(f"-max_total_time={options.seconds}", "-timeout=20", "-rss_limit_mb=1024", f"-max_len={MAX_SEED_BYTES}"),
        *(f"-artifact_prefix={findings}/", "-print_final_stats=1", "-verbosity=1", "-close_fd_mask=2"),
    ]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(library)])}
    return subprocess.run(command, check=False, env=environment).returncode


def install(library: Path) -> bool:
    """Put atheris into a folder of its own, once."""
    if (library / "atheris").is_dir():
        return True
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    pip = [uv, "pip", "install", "--python", sys.executable] if uv else [sys.executable, "-m", "pip", "install"]
    return subprocess.run([*pip, "--quiet", "--target", str(library), ATHERIS], check=False).returncode == 0


def gather(corpus: Path) -> None:
    """Copy the small pictures to begin with; what earlier runs have found stays."""
    corpus.mkdir(parents=True, exist_ok=True)
    for folder in SEEDS:
        for path in folder.rglob("*"):
            if path.is_file() and path.stat().st_size <= MAX_SEED_BYTES and not path.name.endswith(".sheet.png"):
                shutil.copyfile(path, corpus / "-".join(path.relative_to(folder).parts))


if __name__ == "__main__":
    sys.exit(main())
