#!/usr/bin/env bash
# Fetches the release binary for this machine, and has it only if its SHA-256 is the one in digests.txt beside this file:
# who pins the action by commit pins the binary with it. With VOUCHSAFE_PROGRAM (the input `program`) that one is taken, and nothing is
# fetched: as it is, or only if it has the SHA-256 in VOUCHSAFE_PROGRAM_DIGEST (`program-digest`). Sets the output `program`.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
fail() { printf '::error title=vouchsafe%%3A install::%s\n' "$*" >&2; exit 3; }

found() { printf 'program=%s\n' "${1//[$'\r\n']/ }" >>"${GITHUB_OUTPUT:-/dev/stdout}"; }

# Stops unless a file has this digest. On standard input, since sha256sum marks names with a backslash in them.
insist() {
  local name=$1 file=$2 digest=$3 got
  if command -v sha256sum >/dev/null; then got=$(sha256sum <"$file"); else got=$(shasum -a 256 <"$file"); fi
  [[ ${got%% *} == "$digest" ]] || fail "$name has SHA-256 ${got%% *}, and not $digest: it was not run"
}

if [[ -n ${VOUCHSAFE_PROGRAM:-} ]]; then
  program=$(command -v -- "$VOUCHSAFE_PROGRAM") || fail "the input program names $VOUCHSAFE_PROGRAM, which is not there; build it in a step before this one"
  digest=${VOUCHSAFE_PROGRAM_DIGEST:-}
  if [[ -n $digest ]]; then
    digest=${digest#sha256:}
    [[ $digest =~ ^[0-9a-f]{64}$ ]] || fail "the input program-digest is no SHA-256: 64 digits of 0-9 and a-f, as sha256sum writes them"
    [[ -f $program ]] || fail "the input program names $VOUCHSAFE_PROGRAM, which is no file that could have a digest"
    insist "$VOUCHSAFE_PROGRAM" "$program" "$digest"
  fi
  found "$program"
  exit 0
fi
[[ -z ${VOUCHSAFE_PROGRAM_DIGEST:-} ]] || fail "the input program-digest is given without the input program"
build="build one in a step before this one (cargo install --locked vouchsafe, or --path of a checkout) and give the input program: vouchsafe"

case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) target=x86_64-unknown-linux-musl ;;
  Linux-aarch64) target=aarch64-unknown-linux-musl ;;
  Darwin-arm64) target=aarch64-apple-darwin ;;
  Darwin-x86_64) target=x86_64-apple-darwin ;;
  *) fail "no release is built for $(uname -s) on $(uname -m); $build" ;;
esac

line=$(grep -E "^[0-9a-f]{64}  vouchsafe-[0-9][0-9a-z.-]*-$target\$" "$here/digests.txt" || true)
[[ $(grep -c . <<<"$line") -le 1 ]] || fail "digests.txt pins several releases for $target; it has to be one"
[[ -n $line ]] || fail "digests.txt pins no release for $target; $build"
digest=${line%%  *} name=${line#*  }
version=${name#vouchsafe-} version=${version%"-$target"}

folder=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/vouchsafe.XXXXXX")
# A mirror may be named: whatever it hands out has to have the digest.
base=${VOUCHSAFE_RELEASES:-https://vouchsafe.dev/releases}
curl --fail --silent --show-error --location --proto '=https,file' --max-filesize 200000000 --retry 3 \
  --output "$folder/vouchsafe" "$base/$version/$name" || fail "cannot fetch $name"
insist "$name" "$folder/vouchsafe" "$digest"
chmod 755 "$folder/vouchsafe"
found "$folder/vouchsafe"
