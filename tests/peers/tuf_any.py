"""Makes TUF repositories with python-tuf that are no registries, and reads them with python-tuf's own client.

Usage: tuf_any.py make FOLDER
       tuf_any.py read FOLDER URL

`make` writes FOLDER/CASE/1, 2 and so on: in metadata and targets what the server has at this step, and in wanted what a
client is to download, a path a line. Every client starts from FOLDER/CASE/1/metadata/1.root.json. `read` goes through
the steps of each case as one client, with FOLDER served below URL, and prints
{"CASE": [["ok" or the name of the exception, {"file": "sha256"} of the targets, the same of the metadata kept], ...]}.
"""

import copy
import datetime
import hashlib
import json
import os
import sys
import tempfile
from urllib.parse import quote

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner, SSlibKey
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    MetaFile,
    Metadata,
    Root,
    Snapshot,
    SuccinctRoles,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.ngclient import Updater

NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
LATER, PAST = NOW + datetime.timedelta(days=30), NOW - datetime.timedelta(days=1)
FIRST = {"a.txt": b"one", "docs/b.md": b"two"}


class Repo:
    """One repository: its roles as they are to be, and the signers of each."""

    def __init__(self, folder, consistent=True, hashes=("sha256",)):
        self.folder, self.hashes, self.step, self.files = folder, list(hashes), 0, {}
        self.wanted = list(FIRST)
        self.signers = {name: [CryptoSigner.generate_ed25519()] for name in ("root", "timestamp", "snapshot", "targets")}
        self.roles = {
            "root": Root(expires=LATER, consistent_snapshot=consistent),
            "timestamp": Timestamp(expires=LATER),
            "snapshot": Snapshot(expires=LATER),
            "targets": Targets(expires=LATER),
        }
        for name, signers in self.signers.items():
            self.roles["root"].add_key(signers[0].public_key, name)
        self.roots = {}
        self.root()

    def root(self):
        """Signs the root as it is now."""
        root = self.roles["root"]
        self.roots[root.version] = self.signed("root")

    def signed(self, name):
        metadata = Metadata(copy.deepcopy(self.roles[name]))
        for signer in self.signers[name]:
            metadata.sign(signer, append=True)
        return metadata.to_bytes()

    def rotate(self, *names):
        """The next root, with a new key for these roles; the old root's key signs it as well."""
        root, old = self.roles["root"], list(self.signers["root"])
        for name in names:
            root.revoke_key(self.signers[name][0].public_key.keyid, name)
            self.signers[name] = [CryptoSigner.generate_ed25519()]
            root.add_key(self.signers[name][0].public_key, name)
        root.version += 1
        new, self.signers["root"] = self.signers["root"], self.signers["root"] + [s for s in old if s not in self.signers["root"]]
        self.root()
        self.signers["root"] = new

    def add(self, path, content, role="targets", served=None):
        info = TargetFile.from_data(path, content, self.hashes)
        self.roles[role].targets[path] = info
        self.files[path] = (content if served is None else served, info)

    def delegate(self, name, by="targets", **rule):
        """A role of its own key, which `by` believes about some paths."""
        rule = {"paths": ["*", "*/*"]} | rule if "path_hash_prefixes" not in rule else rule
        self.signers[name] = [CryptoSigner.generate_ed25519()]
        self.roles.setdefault(name, Targets(expires=LATER))
        parent = self.roles[by]
        parent.delegations = parent.delegations or Delegations({}, {})
        parent.delegations.roles[name] = DelegatedRole(name, [], 1, rule.pop("terminating", False), **rule)
        parent.add_key(self.signers[name][0].public_key, name)

    def publish(self, bump=(), lie=None, leave_out=()):
        """The next step: these roles one version up. `lie` may change the files before they are written."""
        for name in bump:
            self.roles[name].version += 1
        files = {f"{version}.root.json": data for version, data in self.roots.items()}
        consistent = self.roles["root"].consistent_snapshot
        snapshot, timestamp = self.roles["snapshot"], self.roles["timestamp"]
        for name in [n for n in self.roles if n not in ("root", "timestamp", "snapshot")]:
            data = self.signed(name)
            files[self.file(name, consistent)] = data
            if f"{name}.json" not in leave_out:
                snapshot.meta[f"{name}.json"] = MetaFile.from_data(self.roles[name].version, data, ["sha256"])
        for name in leave_out:
            snapshot.meta.pop(name, None)
        data = self.signed("snapshot")
        files[self.file("snapshot", consistent)] = data
        timestamp.snapshot_meta = MetaFile.from_data(snapshot.version, data, ["sha256"])
        files["timestamp.json"] = self.signed("timestamp")
        if lie:
            lie(files)
        self.step += 1
        self.write(files, consistent)

    def file(self, name, consistent):
        return f"{self.roles[name].version}.{quote(name, '')}.json" if consistent else f"{quote(name, '')}.json"

    def write(self, files, consistent):
        at = os.path.join(self.folder, str(self.step))
        os.makedirs(os.path.join(at, "metadata"))
        for name, data in files.items():
            with open(os.path.join(at, "metadata", name), "wb") as file:
                file.write(data)
        with open(os.path.join(at, "wanted"), "w", encoding="utf-8") as file:
            file.write("\n".join(self.wanted))
        for path, (content, info) in self.files.items():
            head, tail = os.path.split(path)
            for digest in info.hashes.values() if consistent else [None]:
                name = os.path.join(at, "targets", head, f"{digest}.{tail}" if digest else tail)
                os.makedirs(os.path.dirname(name), exist_ok=True)
                with open(name, "wb") as file:
                    file.write(content)


ONLINE = ("snapshot", "timestamp")
ALL = ("targets", "snapshot", "timestamp")


def ordinary(folder, **how):
    """Two targets of the top level, and the first step."""
    repo = Repo(folder, **how)
    for path, content in FIRST.items():
        repo.add(path, content)
    repo.publish()
    return repo


def changed(folder, **how):
    """One of them changes."""
    repo = ordinary(folder, **how)
    repo.add("a.txt", b"another one")
    repo.publish(ALL)


def hash_disagrees(folder):
    repo = ordinary(folder, hashes=("sha256", "sha512"))
    repo.add("a.txt", b"another one")
    repo.roles["targets"].targets["a.txt"].hashes["sha512"] = "0" * 128
    repo.publish(ALL)


def delegated(folder):
    """Globs, bins by hash, a terminating role, roles under roles and under strange names."""
    repo = Repo(folder)
    repo.delegate("docs", paths=["docs/*.md"])
    repo.delegate("../deep/er", by="docs", paths=["docs/?.md"])
    repo.add("docs/b.md", b"two", "../deep/er")
    for digit in "0123456789abcdef":
        repo.delegate(f"bin-{digit}", path_hash_prefixes=[digit], terminating=True)
    repo.add("a.txt", b"one", f"bin-{hashlib.sha256(b'a.txt').hexdigest()[0]}")
    repo.publish()
    repo.add("docs/b.md", b"three", "../deep/er")
    repo.publish(("../deep/er", *ONLINE))


def beyond_a_terminating_role(folder):
    repo = ordinary(folder)
    del repo.roles["targets"].targets["a.txt"]
    repo.delegate("last", terminating=True)
    repo.delegate("unheard")
    repo.add("a.txt", b"one", "unheard")
    repo.publish(ALL)


def outside_its_paths(folder):
    repo = ordinary(folder)
    del repo.roles["targets"].targets["a.txt"]
    repo.delegate("docs", paths=["docs/*"])
    repo.add("a.txt", b"one", "docs")
    repo.publish(ALL)


def in_a_circle(folder):
    repo = ordinary(folder)
    del repo.roles["targets"].targets["a.txt"]
    repo.delegate("one")
    repo.delegate("two", by="one")
    repo.delegate("one", by="two")
    repo.roles["targets"].delegations.roles["one"].keyids = []
    repo.roles["targets"].add_key(repo.signers["one"][0].public_key, "one")
    repo.publish(ALL)


def so_deep(folder, roles):
    repo = Repo(folder)
    parent = "targets"
    for name in (f"role{n}" for n in range(1, roles + 1)):
        repo.delegate(name, by=parent)
        parent = name
    for path, content in FIRST.items():
        repo.add(path, content, parent)
    repo.publish()


def succinct(folder):
    repo = Repo(folder)
    signer = CryptoSigner.generate_ed25519()
    bins = SuccinctRoles([signer.public_key.keyid], 1, 1, "bin")
    repo.roles["targets"].delegations = Delegations({signer.public_key.keyid: signer.public_key}, None, bins)
    for name in bins.get_roles():
        repo.signers[name], repo.roles[name] = [signer], Targets(expires=LATER)
    for path, content in FIRST.items():
        repo.add(path, content, bins.get_role_for_target(path))
    repo.publish()


def rotated(folder):
    """Every key, more than once."""
    repo = ordinary(folder)
    for names in (("root",), ALL, ("root", *ALL)):
        repo.rotate(*names)
    repo.publish(ALL)


def rotated_by_a_stranger(folder):
    repo = ordinary(folder)
    repo.signers["root"] = [CryptoSigner.generate_ed25519()]
    repo.rotate("timestamp")
    repo.publish(ALL)


def recovered(folder):
    """Versions that went too far are taken back, with new keys."""
    repo = ordinary(folder)
    repo.roles["snapshot"].version = repo.roles["timestamp"].version = 9000
    repo.publish()
    repo.rotate(*ONLINE)
    repo.roles["snapshot"].version = repo.roles["timestamp"].version = 2
    repo.publish()


def expired(folder, role):
    repo = ordinary(folder)
    repo.delegate("docs", paths=["docs/*"])
    del repo.roles["targets"].targets["docs/b.md"]
    repo.add("docs/b.md", b"two", "docs")
    repo.publish(ALL)
    repo.roles[role].expires = PAST
    if role == "root":
        repo.rotate("timestamp")
    repo.publish(dict.fromkeys(("docs", *ALL)))


def rolled_back(folder, role):
    repo = ordinary(folder)
    repo.publish(ALL)
    repo.publish(ALL)
    repo.roles[role].version = 1
    repo.publish([r for r in ALL if r != role])


def rolled_back_in_two_steps(folder):
    """A timestamp of a snapshot that is not there is accepted; the next snapshot may still not lead back."""
    repo = ordinary(folder)
    repo.publish(ALL)
    repo.publish(ONLINE, lie=lambda files: files.pop("3.snapshot.json"))
    repo.roles["targets"].version = 1
    repo.publish(ONLINE)


def wrongly_signed(folder, role):
    repo = ordinary(folder)
    repo.delegate("docs", paths=["docs/*"])
    del repo.roles["targets"].targets["docs/b.md"]
    repo.add("docs/b.md", b"two", "docs")
    repo.publish(ALL)
    repo.signers[role] = [CryptoSigner.generate_ed25519()]
    repo.publish(("docs", *ALL))


def mixed(folder, role):
    """A good file of another version stands where this one is meant."""
    repo = ordinary(folder)
    files = {role: repo.signed(role)}
    repo.publish(ALL, lie=lambda written: written.update({repo.file(role, True): files[role]}))


def gone_from_the_snapshot(folder):
    repo = Repo(folder)
    repo.delegate("docs", paths=["docs/*"])
    repo.add("a.txt", b"one")
    repo.add("docs/b.md", b"two", "docs")
    repo.publish()
    repo.publish(ONLINE, leave_out=["docs.json"])


def never_in_the_snapshot(folder):
    repo = Repo(folder)
    repo.delegate("docs", paths=["docs/*"])
    repo.add("a.txt", b"one")
    repo.add("docs/b.md", b"two", "docs")
    repo.publish(leave_out=["docs.json"])


def one_key_twice(folder):
    """A role wants two voices, and has one key under two ids."""
    repo = Repo(folder)
    repo.delegate("docs", paths=["docs/*"])
    private = Ed25519PrivateKey.generate()
    signers = [CryptoSigner(private), CryptoSigner(private, SSlibKey.from_crypto(private.public_key(), "11" * 32))]
    for signer in signers:
        repo.roles["targets"].add_key(signer.public_key, "docs")
    repo.roles["targets"].delegations.roles["docs"].threshold = 2
    repo.signers["docs"] = signers
    repo.add("a.txt", b"one")
    repo.add("docs/b.md", b"two", "docs")
    repo.publish()


def endless(folder, kind):
    """The server sends files without end whose name ends in endless.json."""
    repo = ordinary(folder)
    if kind == "role":
        repo.delegate("endless")
        del repo.roles["targets"].targets["a.txt"]
    else:
        repo.add("endless.json", b"short")
        repo.wanted.append("endless.json")
    repo.publish(ALL)


def substituted(folder):
    repo = ordinary(folder)
    repo.add("a.txt", b"right", served=b"wrong")
    repo.publish(ALL)


CASES = {
    "changed": changed,
    "changed-flat": lambda f: changed(f, consistent=False),
    "changed-sha512": lambda f: changed(f, hashes=("sha512",)),
    "changed-both-hashes": lambda f: changed(f, hashes=("sha256", "sha512")),
    "hash-disagrees": hash_disagrees,
    "delegated": delegated,
    "beyond-a-terminating-role": beyond_a_terminating_role,
    "outside-its-paths": outside_its_paths,
    "in-a-circle": in_a_circle,
    "32-deep": lambda f: so_deep(f, 32),
    "33-deep": lambda f: so_deep(f, 33),
    "succinct": succinct,
    "rotated": rotated,
    "rotated-by-a-stranger": rotated_by_a_stranger,
    "recovered": recovered,
    **{f"expired-{r}": lambda f, r=r: expired(f, r) for r in ("root", "docs", *ALL)},
    **{f"rolled-back-{r}": lambda f, r=r: rolled_back(f, r) for r in ALL},
    "rolled-back-in-two-steps": rolled_back_in_two_steps,
    **{f"wrongly-signed-{r}": lambda f, r=r: wrongly_signed(f, r) for r in ("docs", *ALL)},
    **{f"mixed-{r}": lambda f, r=r: mixed(f, r) for r in ("targets", "snapshot")},
    "gone-from-the-snapshot": gone_from_the_snapshot,
    "never-in-the-snapshot": never_in_the_snapshot,
    "one-key-twice": one_key_twice,
    "endless-role": lambda f: endless(f, "role"),
    "endless-target": lambda f: endless(f, "target"),
    "substituted": substituted,
}


def make(folder):
    for name, case in CASES.items():
        at = os.path.join(folder, name)
        os.mkdir(at)
        case(at)


def digests(folder):
    """Of the files in it."""
    found = {}
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            with open(path, "rb") as file:
                found[name] = hashlib.sha256(file.read()).hexdigest()
    return found


def step(known, downloads, url, bootstrap, wanted):
    """What python-tuf's client says to one step."""
    try:
        updater = Updater(known, f"{url}/metadata/", downloads, f"{url}/targets/", bootstrap=bootstrap)
        updater.refresh()
        for name in wanted:
            info = updater.get_targetinfo(name)
            if info is None:
                raise LookupError(name)
            updater.find_cached_target(info) or updater.download_target(info)
        return "ok"
    except Exception as error:  # whatever it is, it is not a yes
        return type(error).__name__


def read(folder, url):
    answers = {}
    for name in sorted(os.listdir(folder)):
        at = os.path.join(folder, name)
        with open(os.path.join(at, "1", "metadata", "1.root.json"), "rb") as file:
            root = file.read()
        answers[name] = []
        with tempfile.TemporaryDirectory() as known, tempfile.TemporaryDirectory() as downloads:
            for number in sorted(os.listdir(at)):
                with open(os.path.join(at, number, "wanted"), encoding="utf-8") as file:
                    wanted = file.read().split("\n")
                said = step(known, downloads, f"{url}/{name}/{number}", root if number == "1" else None, wanted)
                answers[name].append([said, digests(downloads), digests(known)])
    print(json.dumps(answers, sort_keys=True))


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "make":
        make(sys.argv[2])
    elif len(sys.argv) == 4 and sys.argv[1] == "read":
        read(*sys.argv[2:])
    else:
        print(__doc__.strip(), file=sys.stderr)
        sys.exit(2)
