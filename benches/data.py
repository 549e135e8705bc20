"""What is hashed, signed and verified: made anew, in a temporary folder, never the same bytes twice in a row."""

import os
import subprocess


def noise(n):
    return os.urandom(n)


def folder_of(path, files, size, each=1000):
    """So many files of so many bytes, `each` to a folder."""
    block = noise(min(size, 1 << 20) + 65536)
    for i in range(files):
        inner = os.path.join(path, f"{i // each:03}")
        if i % each == 0:
            os.makedirs(inner, exist_ok=True)
        at = i % 65536
        with open(os.path.join(inner, f"{i:06}"), "wb") as out:
            out.write(i.to_bytes(8, "big") + block[at : at + size - 8])


def large(path, size):
    """A file of real bytes: a sparse one would not be read from memory."""
    block = noise(64 << 20)
    with open(path, "wb") as out:
        left = size
        while left:
            left -= out.write(block[: min(left, len(block))])


def listed(folder, names):
    """A list for xargs -0, sorted."""
    found = sorted(os.path.join(at, f) for at, _, files in os.walk(os.path.join(folder, names)) for f in files)
    with open(os.path.join(folder, names + ".list"), "w") as out:
        out.write("".join(os.path.relpath(f, folder) + "\0" for f in found))


def forum(vouchsafe, folder):
    """A forum with one member, Acme, who may speak for everything; trusted in the folder `home`."""

    def run(line, **more):
        done = subprocess.run(
            [vouchsafe, "--home", "home"] + line.split(), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more
        )
        if done.returncode:
            raise SystemExit(f"vouchsafe {line}: {done.stderr.decode()}")
        return done.stdout.decode()

    for name in ["board", "online", "acme"]:
        run(f"key generate --no-passphrase --out {name}.pem")
    run("registry init forum --board-key board.pub.pem --threshold 1 --online-key online.pub.pem --name Bench")
    run("registry add-catalogue forum")
    run("registry add-member forum acme --since 2019-05-01 --scope * --name Acme")
    run("key prove --key acme.pem --member acme --forum forum --out acme.proof.json")
    run("registry add-key forum acme --proof acme.proof.json")
    run("registry sign forum --key board.pem")
    run("registry publish forum --online-key online.pem")
    with open(os.path.join(folder, "claims.toml"), "w") as out:
        out.write(run("practice template --profile base").replace('"notMet"', '"met"'))


def keys(folder):
    """Keys of the peers, none with a passphrase, and a signature of each over `small`."""
    lines = [
        "minisign -G -W -f -p mini.pub -s mini.key",
        "minisign -S -W -s mini.key -m small",
        "signify-openbsd -G -n -p signify.pub -s signify.sec",
        "signify-openbsd -S -s signify.sec -m small -x small.sig",
        "openssl genpkey -algorithm ed25519 -out ed.pem",
        "openssl pkey -in ed.pem -pubout -out ed.pub",
        "openssl pkeyutl -sign -rawin -in small -inkey ed.pem -out small.ed",
        "openssl ecparam -name prime256v1 -genkey -noout -out ec.pem",
        "openssl ec -in ec.pem -pubout -out ec.pub",
    ]
    for line in lines:
        subprocess.run(line.split(), cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
