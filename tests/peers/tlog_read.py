"""Reads a whole log from a web server by C2SP tlog-tiles alone, and recomputes its root.

usage: tlog_read.py URL

Entries come from the entry bundles (gzip where the server offers it), hashes of level 0 are compared with its tiles.
The last line is "ok N entries".
"""

import base64
import gzip
import hashlib
import sys
import urllib.request


def sha256(data):
    return hashlib.sha256(data).digest()


def mth(hashes):
    if not hashes:
        return sha256(b"")
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return sha256(b"\1" + mth(hashes[:k]) + mth(hashes[k:]))


def fetch(url):
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        data = answer.read()
        return gzip.decompress(data) if answer.headers["Content-Encoding"] == "gzip" else data


def path(index, width):
    parts = []
    while True:
        parts.insert(0, "%03d" % (index % 1000) if not parts else "x%03d" % (index % 1000))
        index //= 1000
        if index == 0:
            break
    return "/".join(parts) + ("" if width == 256 else ".p/%d" % width)


def main(url):
    _, size, root = fetch(url + "/checkpoint").decode().split("\n\n")[0].split("\n")[:3]
    size, leaves = int(size), []
    for index in range((size + 255) // 256):
        name = path(index, min(256, size - index * 256))
        bundle, hashes = fetch(f"{url}/tile/entries/{name}"), []
        while bundle:
            length = int.from_bytes(bundle[:2], "big")
            entry, bundle = bundle[2 : 2 + length], bundle[2 + length :]
            assert len(entry) == length, name
            hashes.append(sha256(b"\0" + entry))
        assert b"".join(hashes) == fetch(f"{url}/tile/0/{name}"), name
        leaves += hashes
    assert len(leaves) == size, (len(leaves), size)
    assert base64.b64encode(mth(leaves)).decode() == root, root
    print(f"ok {size} entries")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
