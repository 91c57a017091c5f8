#!/usr/bin/env bash
# Tries what strangers may send to /v1, as its own OpenAPI document tells it: no answer that is not in the
# document, no member that its schemas do not have, nothing taken that they forbid, and no 500.
#   ./schemathesis.sh PROGRAM   the program, such as target/debug/fiveone; installs what it needs
set -euo pipefail
program=${1:?the program}
work=$(mktemp -d)
trap 'kill "$demo" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT
demo=0

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check schemathesis==4.32.5

mkfifo "$work/told"
"$program" demo --data "$work/demo" --listen 127.0.0.1:0 --lab 127.0.0.1:0 --json > "$work/told" &
demo=$!
read -r told < "$work/told"
member() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
gateway=$(member gateway <<< "$told")
key=$("$program" app key create demo --data "$work/demo" --json | member key)
test_key=$("$program" app key create demo --test --data "$work/demo" --json | member key)

# A stream of events lasts as long as its task; that a value fits its schema does not make it right, since
# cities tell what a login takes. What is sent is the same each time.
cd "$work"
try() { # key, which paths
  "$work/venv/bin/schemathesis" run "$gateway/v1/openapi.json" --url "$gateway" \
    --header "Authorization: Bearer $1" "${@:2}" \
    --exclude-checks positive_data_acceptance --generation-deterministic \
    --max-examples "${EXAMPLES:-50}" --request-timeout 40
}
try "$key" --exclude-path '/v1/tasks/{id}/events'
# What a live key is refused whatever it sends.
# No answer of these leads to another of them.
try "$test_key" --include-path-regex '^/v1/sandbox' --phases coverage,fuzzing
