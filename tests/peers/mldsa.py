"""pyca/cryptography and ML-DSA-44: derives the public key from a seed, verifies a signature of ours, makes one.

mldsa.py SEED PUBLIC MESSAGE SIGNATURE, all base64. Prints a signature of its own, or fails.
"""

import base64
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

seed, public, message, signature = (base64.b64decode(word) for word in sys.argv[1:])
key = MLDSA44PrivateKey.from_seed_bytes(seed)
if key.public_key().public_bytes_raw() != public:
    sys.exit("another public key")
MLDSA44PublicKey.from_public_bytes(public).verify(signature, message)
try:
    MLDSA44PublicKey.from_public_bytes(public).verify(signature, message + b"x")
except InvalidSignature:
    print(base64.b64encode(key.sign(message)).decode())
else:
    sys.exit("a changed message verified")
