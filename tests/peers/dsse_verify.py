"""Verifies a DSSE envelope as securesystemslib does.

Usage: dsse_verify.py ENVELOPE.json KEY.pub.pem

The envelope stands alone or inside a sigstore bundle; the key is an SPKI PEM. Exits 0 and prints the payload type if
the key signed the envelope; exits 1 and prints the reason if it did not; exits 2 on wrong usage.
"""

import base64
import hashlib
import json
import sys

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey


def key(path):
    """The key, under the id that stands in our envelopes: securesystemslib tries a key only where the ids agree."""
    with open(path, "rb") as file:
        public = load_pem_public_key(file.read())
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    keyid = base64.b64encode(hashlib.sha256(spki).digest()).decode("ascii")
    return SSlibKey.from_crypto(public, keyid=keyid)


def main(envelope_path, key_path):
    with open(envelope_path, encoding="utf-8") as file:
        document = json.load(file)
    envelope = Envelope.from_dict(document.get("dsseEnvelope", document))
    envelope.verify([key(key_path)], 1)
    return envelope.payload_type


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print(__doc__.strip(), file=sys.stderr)
        sys.exit(2)
    try:
        print("verified", main(*sys.argv[1:]))
    except Exception as error:  # whatever it is, it is not a yes
        print(f"{type(error).__name__}: {error}")
        sys.exit(1)
