"""Reads targets of a TUF repository, in local folders or below http:// URLs, as python-tuf's own client does.

Usage: tuf_read.py METADATA_DIR|URL TARGETS_DIR|URL PINNED_ROOT.json TARGET_PATH...

Prints {"target": "sha256 of its bytes"} and exits 0 if every target was found and verified; exits 1 and prints the
name of the exception if not; exits 2 on wrong usage. Nothing is remembered.
"""

import hashlib
import json
import os
import sys
import tempfile

from tuf.api.exceptions import DownloadHTTPError
from tuf.ngclient import FetcherInterface, Updater


class Files(FetcherInterface):
    """A transport whose addresses are paths. A missing file is what a web server calls 404: the root chain ends there."""

    def _fetch(self, url):
        if not os.path.isfile(url):
            raise DownloadHTTPError(f"no such file: {url}", 404)
        with open(url, "rb") as file:
            yield file.read()


def read(metadata, targets, pinned_root, wanted):
    with open(pinned_root, "rb") as file:
        bootstrap = file.read()
    with tempfile.TemporaryDirectory() as folder:
        known, downloads = os.path.join(folder, "metadata"), os.path.join(folder, "targets")
        os.mkdir(known)
        os.mkdir(downloads)
        fetcher = None if metadata.startswith("http://") else Files()
        updater = Updater(known, metadata, downloads, targets, fetcher=fetcher, bootstrap=bootstrap)
        updater.refresh()
        digests = {}
        for name in wanted:
            info = updater.get_targetinfo(name)
            if info is None:
                raise LookupError(f"no target {name}")
            with open(updater.download_target(info), "rb") as file:
                digests[name] = hashlib.sha256(file.read()).hexdigest()
        return digests


if __name__ == "__main__":
    if len(sys.argv) < 5:
        print(__doc__.strip(), file=sys.stderr)
        sys.exit(2)
    try:
        print(json.dumps(read(*sys.argv[1:4], sys.argv[4:]), sort_keys=True))
    except Exception as error:  # whatever it is, it is not a yes
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(1)
