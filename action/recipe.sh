#!/bin/sh
# Verifies a download with vouchsafe, on any machine with a POSIX shell. Usage: recipe.sh FORUM FINGERPRINT FILE...
# FORUM is a registry's URL or folder; FINGERPRINT is what the forum publishes elsewhere. Nothing is trusted before it fits.
set -eu
[ $# -ge 3 ] || { echo "usage: $0 FORUM FINGERPRINT FILE..." >&2; exit 2; }
forum=$1 fingerprint=$2
shift 2
program=${VOUCHSAFE_PROGRAM:-vouchsafe}
command -v "$program" >/dev/null || { echo "$0: install vouchsafe first: cargo install --locked vouchsafe" >&2; exit 3; }

# Trust is kept apart from that of the person at the keyboard, and gone afterwards.
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
"$program" --home "$home" trust add --fingerprint "$fingerprint" -- "$forum" >&2
"$program" --home "$home" verify -- "$@"
