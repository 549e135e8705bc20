#!/usr/bin/env bash
# Runs one command of vouchsafe with the inputs of the action, which stand in variables and never in the script. Annotations and
# the summary are vouchsafe's own: it knows the runner by its variables.
set -euo pipefail
program=${VOUCHSAFE_PROGRAM:-vouchsafe}
report=${INPUT_REPORT:-vouchsafe-report.json}
usage() { printf '::error title=vouchsafe%%3A usage::%s\n' "$*" >&2; exit 2; }

# Adds a flag for each line of an input.
arguments=()
each() {
  local flag=$1 line
  while IFS= read -r line; do
    [[ -z $line ]] || arguments+=("$flag" "$line")
  done <<<"$2"
}
paths=()
while IFS= read -r line; do
  [[ -z $line ]] || paths+=("$line")
done <<<"${INPUT_PATHS:-}"
[[ ${#paths[@]} -gt 0 ]] || usage "paths: name at least one file or folder"

case ${INPUT_COMMAND:-} in
  attest)
    each --member "${INPUT_MEMBER:-}"
    each --profile "${INPUT_PROFILE:-}"
    each --claims "${INPUT_CLAIMS:-}"
    each --evidence "${INPUT_EVIDENCE:-}"
    each --out "${INPUT_OUT:-release.sigstore.json}"
    # What the release was built from, as the runner knows it.
    if [[ -n ${GITHUB_REPOSITORY:-} && -n ${GITHUB_SHA:-} ]]; then
      arguments+=(--source "git+${GITHUB_SERVER_URL:-https://github.com}/$GITHUB_REPOSITORY" --revision "$GITHUB_SHA")
    fi
    ;;
  verify | audit)
    # A key has no business here.
    unset VOUCHSAFE_KEY VOUCHSAFE_PASSPHRASE
    if [[ -n ${INPUT_FORUM:-} && -n ${INPUT_FINGERPRINT:-} ]]; then
      "$program" trust add --fingerprint "$INPUT_FINGERPRINT" -- "$INPUT_FORUM" >&2
    else
      each --trust "${INPUT_FORUM:-}"
    fi
    each --policy "${INPUT_POLICY:-}"
    each --bundle "${INPUT_BUNDLE:-}"
    ;;
  *) usage "command: expected attest, verify or audit" ;;
esac

status=0
"$program" "$INPUT_COMMAND" "${arguments[@]}" --output "json=$report" -- "${paths[@]}" || status=$?
case $status in
  0) verdict=verified ;;
  1) verdict=refused ;;
  *) verdict=undecided ;;
esac
attestation=
if [[ $INPUT_COMMAND == attest && $status == 0 ]]; then
  verdict=signed attestation=${INPUT_OUT:-release.sigstore.json}
fi
# An output is a line: a name with a line's end in it would be another output.
one_line() { printf '%s=%s\n' "$1" "${2//[$'\r\n']/ }"; }
{
  one_line verdict "$verdict"
  one_line exit-code "$status"
  one_line attestation "$attestation"
  one_line report "$report"
} >>"${GITHUB_OUTPUT:-/dev/stdout}"
exit "$status"
