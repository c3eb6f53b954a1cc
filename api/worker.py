"""`python -m api.worker STORE`: the process that the embedded placement starts. Storage is handed in here."""

from __future__ import annotations

import sys
from pathlib import Path

from gpu_runtime.worker import serve
from storage.blobs import FolderBlobs


def main() -> None:
    root = Path(sys.argv[1])
    serve(FolderBlobs(root / "blobs"), root / "scratch")


if __name__ == "__main__":
    main()
