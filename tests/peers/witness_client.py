"""A log that asks a witness, written from C2SP tlog-witness alone: http.client and cryptography, nothing of ours.

usage: witness_client.py HOST:PORT WITNESS_VKEY ORIGIN SEED_HEX

The log signs with the Ed25519 key of this seed. Grows a tree, asks for each size on one connection, and checks every
cosignature and what monitors read. The last line is "ok N cosignatures".
"""

import base64
import hashlib
import http.client
import sys
import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def sha256(data):
    return hashlib.sha256(data).digest()


def mth(leaves):
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0])
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\1" + mth(leaves[:k]) + mth(leaves[k:]))


def subproof(m, leaves, whole):
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return subproof(m, leaves[:k], whole) + [mth(leaves[k:])]
    return subproof(m - k, leaves[k:], False) + [mth(leaves[:k])]


def b64(data):
    return base64.b64encode(data).decode()


def key_id(name, kind, public):
    return sha256(name.encode() + b"\n" + bytes([kind]) + public)[:4]


def main(address, vkey, origin, seed):
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    name, hexid, key = vkey.split("+", 2)
    key = base64.b64decode(key, validate=True)
    assert key[0] == 4 and key_id(name, 4, key[1:]).hex() == hexid, vkey
    witness = Ed25519PublicKey.from_public_bytes(key[1:])
    connection = http.client.HTTPConnection(address, timeout=60)
    leaves = [b"entry %d" % n for n in range(70)]
    old, cosigned = 0, 0
    for new in (1, 2, 2, 3, 5, 8, 13, 21, 34, 64, 70):
        text = f"{origin}\n{new}\n{b64(mth(leaves[:new]))}\n"
        signature = key_id(origin, 1, public) + private.sign(text.encode())
        note = f"{text}\n\u2014 {origin} {b64(signature)}\n"
        proof = [] if old == 0 else subproof(old, leaves[:new], True)
        body = f"old {old}\n" + "".join(b64(h) + "\n" for h in proof) + "\n" + note
        connection.request("POST", "/add-checkpoint", body.encode())
        answer = connection.getresponse()
        lines = answer.read().decode()
        assert answer.status == 200, (answer.status, lines)
        (line,) = lines.splitlines()
        dash, who, blob = line.split(" ")
        blob = base64.b64decode(blob, validate=True)
        assert (dash, who, blob[:4].hex()) == ("\u2014", name, hexid), line
        when = int.from_bytes(blob[4:12], "big")
        assert abs(when - time.time()) < 3600, when
        witness.verify(blob[12:], f"cosignature/v1\ntime {when}\n{text}".encode())
        connection.request("GET", f"/{sha256(origin.encode()).hex()}/checkpoint")
        answer = connection.getresponse()
        assert (answer.status, answer.read().decode()) == (200, note + lines)
        old, cosigned = new, cosigned + 1
    print(f"ok {cosigned} cosignatures")


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
