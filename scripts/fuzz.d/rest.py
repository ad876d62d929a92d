"""The older REST routes, asked as their OpenAPI document allows and as it does not (https://schemathesis.io).

Fails on an answer of 5xx, and on one that is not as the document says: by status, media type or schema.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.pictures import make_picture
from tests.serving import ADMIN_KEY, RunningServer

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "unsupported_method",
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/fuzz rest", description=__doc__)
    parser.add_argument("--examples", type=int, default=220, help="made-up requests of each route, at most")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = RunningServer(Path(folder) / "data", {"GF_RATE_LIMITS": "off"})
        server.start()
        try:
            server.watch_to_end(server.upload(make_picture(), "JPEG")["job"]["id"])
            return fuzz(server.url, options.examples, options.seed)
        finally:
            server.stop()


def fuzz(url: str, examples: int, seed: int) -> int:
    """Return 0 when nothing was wrong; what was is printed."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json"),
        *("--header", f"GF-Api-Key: {ADMIN_KEY}", "--checks", ",".join(CHECKS)),
        *("--phases", "examples,coverage,fuzzing", "--max-examples", str(examples), "--seed", str(seed)),
        "--no-color",
    ]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
