"""Ours beside its peers: makes the data, measures every row in turn, and writes the table and the plots.

compare.py VOUCHSAFE RELEASED PEERS_BIN DOCS [ROW...]

VOUCHSAFE is what cargo builds, RELEASED the static binary that is published; if there is none, its row is left out.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile

import data
import growth
import measure

MIB = 1 << 20
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROWS = {}


class Bench:
    """Where everything lies."""

    def __init__(self, vouchsafe, released, peers, folder):
        self.vouchsafe, self.released, self.peers, self.folder = vouchsafe, released, peers, folder
        self.attest = f"{vouchsafe} --home home attest --key acme.pem --member acme --profile base --claims claims.toml"
        self.verify = f"{vouchsafe} --home home verify --trust forum"

    def at(self, name):
        return os.path.join(self.folder, name)

    def sh(self, line):
        subprocess.run(["sh", "-c", line], cwd=self.folder, check=True, stdout=subprocess.DEVNULL)

    def parallel(self, names, command):
        return f"xargs -0 -n 1000 -P 2 {command} < {names}.list"


def row(number, work, must, aim, rounds=5):
    """A row of the table: the function returns its contenders, ours first. What must be reached in seconds was said of one machine;
    in brackets is what that comes to beside what the peer took there."""

    def keep(function):
        ROWS[number] = (work, must, aim, rounds, function)
        return function

    return keep


def same_on_every_path(b, names):
    """Every way to hash that this processor has gives what sha256sum gives; if one does not, nothing is measured."""

    def listed(command, **environment):
        done = subprocess.run(["sh", "-c", command], cwd=b.folder, env={**os.environ, **environment}, stdout=subprocess.PIPE)
        return done.stdout.splitlines()

    theirs = listed(f"xargs -0 sha256sum < {names}.list")
    for lanes in ["16", "8", "2", "1"]:
        ours = listed(f"{b.vouchsafe} digest {names}", VOUCHSAFE_LANES=lanes)
        if ours and ours != theirs:
            sys.exit(f"VOUCHSAFE_LANES={lanes}: not the digests of sha256sum")
        told = f"{len(ours):,} digests as sha256sum has them" if ours else "not on this processor"
        print(f"benches/run: VOUCHSAFE_LANES={lanes}: {told}", file=sys.stderr)


@row("P1", "SHA-256 list, 100,000 files of 4 KiB", "2.5x sha256sum, 2.0x rhash", "3.2x, 2.6x", 7)
def many_small(b):
    data.folder_of(b.at("small100k"), 100_000, 4096)
    data.listed(b.folder, "small100k")
    same_on_every_path(b, "small100k")
    return {
        "vouchsafe digest": f"{b.vouchsafe} digest small100k",
        "sha256sum -P2": b.parallel("small100k", "sha256sum"),
        "rhash -P2": b.parallel("small100k", "rhash --sha256"),
        "openssl -P2": b.parallel("small100k", "openssl dgst -sha256"),
    }


@row("P2", "SHA-256 list, 2,000 files of 1 MiB", "2.0x openssl", "2.5x, level with b3sum", 7)
def many_medium(b):
    data.folder_of(b.at("medium"), 2000, MIB)
    data.listed(b.folder, "medium")
    return {
        "vouchsafe digest": f"{b.vouchsafe} digest medium",
        "openssl -P2": "xargs -0 -n 100 -P 2 openssl dgst -sha256 < medium.list",
        "rhash -P2": "xargs -0 -n 100 -P 2 rhash --sha256 < medium.list",
        "b3sum (BLAKE3)": "xargs -0 b3sum < medium.list",
    }


@row("P3", "SHA-256 of one file of 4 GiB", "1.0x openssl", "1.15x")
def one_large(b):
    shutil.rmtree(b.at("medium"), ignore_errors=True)
    data.large(b.at("large"), 4096 * MIB)
    return {
        "vouchsafe digest": [b.vouchsafe, "digest", "large"],
        "openssl dgst": "openssl dgst -sha256 large",
        "rhash": "rhash --sha256 large",
    }


@row("P4", "verify a folder of 20,000 files and 20,000 attestations", "45,000/s (38x one after the other)", "64,000/s", 3)
def many_attestations(b):
    if os.path.exists(b.at("large")):
        os.remove(b.at("large"))
    data.folder_of(b.at("released"), 20_000, 256)
    # Each in a folder of its own: a signature of the other's would be one file more to verify.
    b.sh("cp -r released signed")
    data.listed(b.folder, "released")
    data.listed(b.folder, "signed")
    b.sh(f"xargs -0 -n 1 -P 2 {b.attest} < released.list")
    b.sh("xargs -0 minisign -S -s mini.key -m < signed.list")
    return {
        "vouchsafe verify": f"{b.verify} released",
        "minisign -P2, a process each": "xargs -0 -n 1 -P 2 minisign -V -q -p mini.pub -m < signed.list",
        "minisign, one after the other": "xargs -0 -n 1 minisign -V -q -p mini.pub -m < signed.list",
    }


def verify_small(b, vouchsafe):
    if not os.path.exists(b.at("small.sigstore.json")):
        b.sh(f"{b.attest} small")
    return {
        "vouchsafe verify": [vouchsafe, *b.verify.split()[1:], "small"],
        "minisign": ["minisign", "-V", "-q", "-p", "mini.pub", "-m", "small"],
    }


RELEASED = "verify one small file, whole process, with the static binary that is released"


@row("P5", RELEASED, "1.5 ms (0.57x minisign)", "1.0x minisign", 200)
def one_small(b):
    if not os.path.exists(b.released):
        return {}
    return {
        **verify_small(b, b.released),
        "signify": ["signify-openbsd", "-V", "-q", "-p", "signify.pub", "-x", "small.sig", "-m", "small"],
        "openssl pkeyutl": "exec openssl pkeyutl -verify -rawin -in small -pubin -inkey ed.pub -sigfile small.ed",
    }


@row("P5c", "the same with the binary that cargo builds", "", "", 200)
def one_small_of_cargo(b):
    return verify_small(b, b.vouchsafe)


@row("P6", "attest one file of 100 MiB", "75 ms (1.0x openssl)", "62 ms", 9)
def attest_one(b):
    data.large(b.at("hundred"), 100 * MIB)
    return {
        "vouchsafe attest": f"{b.attest} hundred --force",
        "openssl dgst (hash only)": "openssl dgst -sha256 hundred",
        "minisign -S": "minisign -S -s mini.key -m hundred",
    }


def tree(b, name):
    """Attests a folder, and makes what is verified of it; the attestation lies beside, not inside."""
    b.sh(f"{b.attest} {name} -o {name}.sigstore.json --force")
    b.sh(f"{b.peers}/model_signing sign key --private_key ec.pem --signature {name}.sig {name}")


def attest_tree(b, name):
    return {
        "vouchsafe attest": f"{b.attest} {name} -o {name}.sigstore.json --force",
        "model_signing sign": f"{b.peers}/model_signing sign key --private_key ec.pem --signature {name}.sig {name}",
    }


def verify_tree(b, name):
    tree(b, name)
    return {
        "vouchsafe verify": f"{b.verify} {name} --bundle {name}.sigstore.json",
        "model_signing verify": f"{b.peers}/model_signing verify key --public_key ec.pub --signature {name}.sig {name}",
    }


@row("P7a", "attest a folder of 1,000 files", "14 ms (32x model_signing)", "9 ms", 9)
def attest_thousand(b):
    data.folder_of(b.at("small1k"), 1000, 4096)
    in_toto = f"{b.peers}/in-toto-run --signing-key ed.pem -n bench -m small1k -p small1k -x"
    return {**attest_tree(b, "small1k"), "in-toto-run": in_toto}


@row("P7v", "verify a folder of 1,000 files", "14 ms (32x model_signing)", "9 ms", 9)
def verify_thousand(b):
    return verify_tree(b, "small1k")


@row("P8a", "attest a folder of 100,000 files", "25x model_signing", "40x", 3)
def attest_many(b):
    return attest_tree(b, "small100k")


@row("P8v", "verify a folder of 100,000 files", "25x model_signing", "40x", 3)
def verify_many(b):
    return verify_tree(b, "small100k")


def bench_of_cargo(name):
    """Builds a bench: the path of its program."""
    line = ["cargo", "bench", "--quiet", "--locked", "--no-run", "--message-format", "json", "--bench", name]
    told = map(json.loads, subprocess.check_output(line, cwd=ROOT).decode().splitlines())
    return next(m["executable"] for m in told if m.get("executable") and m["target"]["name"] == name)


@row("P11", "verify one subject of a statement of 100,000", "40 ms", "27 ms", 9)
def one_of_many(b):
    digest = subprocess.check_output([b.vouchsafe, "digest", "small100k/000/000000"], cwd=b.folder).decode()[:64]
    if not os.path.exists(b.at("small100k.sigstore.json")):
        b.sh(f"{b.attest} small100k -o small100k.sigstore.json")
    plain = bench_of_cargo("statement")
    return {
        "vouchsafe verify": f"{b.verify} sha256:{digest} --bundle small100k.sigstore.json",
        "the libraries alone, serde_json with BTreeMap": f"{plain} small100k.sigstore.json acme.pub.pem {digest}",
    }


# What no program of a peer does has a bench of its own, with the peer inside; its output is shown as it is.
OWN = {
    "P9": ("a transparency tree of 1,000,000 leaves, one core (must 0.2 s, aim 0.08 s)", ["tree"]),
    "P10": ("a portfolio and its index (must 2.0 s and 150,000/s, aim 1.3 s and 220,000/s)", ["audit"]),
}


def own(number):
    """Runs a bench of cargo's: a title and what it printed."""
    title, arguments = OWN[number]
    print(f"benches/run: {number} {title}", file=sys.stderr)
    out = subprocess.check_output(["cargo", "bench", "--quiet", "--locked", "--bench"] + arguments, cwd=ROOT).decode()
    print(out, flush=True)
    return f"**{number}**: {title}.\n\n```text\n{out.strip()}\n```\n"


def shown(seconds):
    return f"{seconds:.2f} s" if seconds >= 0.95 else f"{seconds * 1000:.1f} ms" if seconds < 0.01 else f"{seconds * 1000:.0f} ms"


def lines(number, bench):
    """Measures a row; a line of the table for every peer."""
    work, must, aim, rounds, contenders = ROWS[number]
    print(f"benches/run: {number} {work}", file=sys.stderr)
    them = contenders(bench)
    if not them:
        return []
    timed, noise = measure.in_turn(them, bench.folder, rounds)
    (name, ours), *peers = timed.items()
    noisy = f" (noisy: {noise:.0%})" if noise > measure.NOISY else ""
    told = lambda t: f"{shown(t.median())}, {shown(t.processor())} of processors, {t.peak / 1024:.0f} MiB"
    first = [number, work + noisy, told(ours)]
    made = []
    for peer, theirs in peers or [("none here", None)]:
        other = f"{peer} {told(theirs)}" if theirs else peer
        times = lambda one, two: f"{one / two:.2f}x" if two else ""
        ratios = [times(theirs.median(), ours.median()), times(theirs.processor(), ours.processor())] if theirs else ["", ""]
        made.append("| " + " | ".join(first + [other] + ratios + [must, aim]) + " |")
        first, must, aim = ["", "", ""], "", ""
    print("\n".join(made), flush=True)
    return made


HEAD = ["| row | work | ours | peer | ratio | of processors | must | aim |", "| --- | --- | --- | --- | --- | --- | --- | --- |"]


def put(page, mark, text):
    """Replaces what stands between two markers of a page."""
    old = open(page).read()
    begin, end = f"<!-- {mark}: begin -->\n", f"<!-- {mark}: end -->"
    head, rest = old.split(begin)
    with open(page, "w") as out:
        out.write(head + begin + text + end + rest.split(end)[1])


def machine():
    told = {}
    for line in open("/proc/cpuinfo"):
        name, _, value = line.partition(":")
        told.setdefault(name.strip(), value.strip())
    # Several generations go by one name.
    model = ", ".join([told.get("model name", "unknown")] + [f"{n} {told[n]}" for n in ["cpu family", "model"] if n in told])
    flags = told.get("flags", "").split()
    have = [name for name, flag in [("AVX-512", "avx512f"), ("AVX2", "avx2"), ("SHA extensions", "sha_ni")] if flag in flags]
    return f"Measured on {os.cpu_count()} cores ({model}; {', '.join(have)}), Linux, data in the page cache.\n\n"


def main():
    vouchsafe, released, peers, docs = map(os.path.abspath, sys.argv[1:5])
    asked = sys.argv[5:] or list(ROWS) + list(OWN)
    with tempfile.TemporaryDirectory(prefix="vouchsafe-bench-") as folder:
        bench = Bench(vouchsafe, released, peers, folder)
        with open(bench.at("small"), "wb") as out:
            out.write(data.noise(1024))
        data.forum(vouchsafe, folder)
        data.keys(folder)
        if not os.path.exists(bench.at("small100k")) and any(r.startswith(("P8", "P11")) for r in asked) and "P1" not in asked:
            data.folder_of(bench.at("small100k"), 100_000, 4096)
        if not os.path.exists(bench.at("small1k")) and "P7v" in asked and "P7a" not in asked:
            data.folder_of(bench.at("small1k"), 1000, 4096)
        print("\n".join(HEAD))
        table = [line for number in asked if number in ROWS for line in lines(number, bench)]
        apart = [own(number) for number in asked if number in OWN]
        if sys.argv[5:]:
            return
        put(os.path.join(docs, "performance.md"), "table", machine() + "\n".join(HEAD + table) + "\n")
        put(os.path.join(docs, "performance.md"), "apart", "\n".join(apart))
        put(os.path.join(docs, "performance.md"), "growth", growth.run(bench, docs))


main()
