#!/usr/bin/env bash
# What everything costs that people and their systems look at: the metrics page, the status page, the API, reports.
#
#   benches/outputs.sh [-a ACCOUNTS] [-f FINDINGS] [-n RUNS] [-d DIRECTORY] [-b DIRECTORY]
#
#     -a ACCOUNTS   accounts (default: 1000)
#     -f FINDINGS   open findings of all of them (default: 100000)
#     -n RUNS       answers to each address, of which the median is told (default: 21)
#     -d DIRECTORY  where histories are kept between calls (default: target/histories)
#     -b DIRECTORY  where the built programs are, instead of building them
#
# The history is written by examples/history and read by `roletrail ingest`; the inventory of the same accounts, in 17
# Regions each, is that of a simulated organization (examples/stand_in). A daemon serves it on loopback. Of each
# address the median time to the first byte is told, and the CPU time of the daemon for an answer; an answer that is not
# 200 ends the script with 1. Then a report of the whole history is written in each format, and in several at once: wall
# and CPU milliseconds, peak memory, and the size of its directory. Written again it must be the same, or the script
# ends with 1.
#
# Needs: cargo, GNU time (/usr/bin/time), jq, awk, curl, Linux (/proc).
set -euo pipefail
cd "$(dirname "$0")/.."

accounts=1000 findings=100000 runs=21 histories=target/histories binaries=''
while getopts "a:f:n:d:b:h" option; do
    case $option in
        a) accounts=$OPTARG ;;
        f) findings=$OPTARG ;;
        n) runs=$OPTARG ;;
        d) histories=$OPTARG ;;
        b) binaries=$OPTARG ;;
        *) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0"; exit 3 ;;
    esac
done
for needed in cargo jq awk curl /usr/bin/time; do
    command -v "$needed" > /dev/null || { echo "$needed is needed" >&2; exit 3; }
done
if [ -z "$binaries" ]; then
    cargo build --quiet --release --bin roletrail --example history --example stand_in
    binaries=$(cargo metadata --format-version 1 --no-deps | jq -r .target_directory)/release
fi
mkdir -p "$histories"
# Beside the histories: the system's own temporary directory may be too small.
scratch=$(mktemp -d -p "$histories")
# shellcheck source=benches/history.bash
. benches/history.bash
organization=
trap 'kill $daemon $organization 2> /dev/null || true; rm -rf "$scratch"' EXIT
# Some of the findings are accepted, as some always are.
cat > "$scratch/exceptions.toml" << END
[[exception]]
id = "one-account"
rule = "unexpected-assumer"
account = "111100000007"
reason = "moves to another organization"
owner = "somebody"
ticket = "T-1"
expires = "$(date --utc --date '30 days' +%F)"
[[exception]]
id = "some-persons"
rule = "unexpected-assumer"
account = "glob:11110000010*"
actor = "glob:*:user/person-*7"
reason = "users for emergencies"
owner = "somebody"
ticket = "T-2"
expires = "$(date --utc --date '30 days' +%F)"
END
cat > "$scratch/roletrail.toml" << END
[collect]
keep = "all"
[web]
listen_address = "127.0.0.1:0"
[exceptions]
file = "exceptions.toml"
[schedule]
collect = "0 0 1 1 *"
END

# take_inventory: of a simulated organization, into $history.
take_inventory() {
    [ ! -s "$history.scanned" ] || return 0
    : > "$scratch/environment"
    "$binaries/examples/stand_in" --provider aws --accounts "$accounts" --regions 17 --report 0 \
        > "$scratch/environment" 2> "$scratch/err" &
    organization=$!
    until grep -q '^# ready' "$scratch/environment"; do
        kill -0 "$organization" || { cat "$scratch/err" >&2; exit 1; }
        sleep 0.1
    done
    { cat "$scratch/roletrail.toml"; printf '[[aws]]\nname = "organization"\naccounts = "organization"\n'; } \
        > "$scratch/scan.toml"
    # The trail of the history is not configured: what it lacks is incomplete (2).
    incomplete=2 timed with_environment "$binaries/roletrail" --config "$scratch/scan.toml" \
        --database "sqlite://$history" --quiet --format json scan
    kill "$organization"
    organization=
    jq -e --argjson accounts "$accounts" '.coverage.accounts_complete == $accounts' "$scratch/out" > /dev/null \
        || { echo "not every account was read" >&2; exit 1; }
    tell "inventory of every account, and everything judged again"
    echo scanned > "$history.scanned"
}

with_environment() {
    # shellcheck source=/dev/null
    (. "$scratch/environment" && "$@")
}

scrape() {
    answers /metrics "$runs"
    tell "a scrape of /metrics" "$(grep -vc '^#' "$scratch/page") series, $(stat -c %s "$scratch/page") bytes,$(
        awk '/^roletrail_findings_open\{/ { open += $NF } END { printf " %d open findings", open }' "$scratch/page")"
}

look() {
    answers "$1" "$runs"
    tell "${1:0:60}" "$(stat -c %s "$scratch/page") bytes"
}

pages() {
    local finding next
    curl --silent --fail "http://$address/api/v1/findings?limit=1" > "$scratch/first"
    finding=$(jq -r '.items[0].id' "$scratch/first")
    next=$(jq -r '.next | @uri' "$scratch/first")
    for path in / '/?severity=critical&status=all' '/?rule=orphaned-role' '/?status=excepted' \
        '/?account=111100000005' '/?q=person-77' '/?q=nobody' "/findings/$finding" /accounts/aws/111100000005; do
        look "$path"
    done
    for path in /api/v1/findings "/api/v1/findings?limit=1000" "/api/v1/findings?cursor=$next" \
        '/api/v1/findings?account=111100000005' '/api/v1/findings?rule=orphaned-role' "/api/v1/findings/$finding" \
        /api/v1/verdicts /api/v1/coverage /api/v1/roles /api/v1/stores /api/v1/events /api/v1/tasks; do
        look "$path"
    done
}

# report FORMATS: a report of the whole history.
report() {
    rm -rf "$scratch/reports"
    # What was not collected in the year of the history is missing from the report (2).
    incomplete=2 timed /usr/bin/time -o "$scratch/memory" -f %M "$binaries/roletrail" \
        --config "$scratch/roletrail.toml" --database "sqlite://$history" --quiet --format json \
        report --from 2025-01-01 --to 2026-01-01 --format "$1" --output "$scratch/reports"
    tell "report: $1" "$(awk '{ printf "%.0f MiB at its peak", $1 / 1024 }' <(tail -n 1 "$scratch/memory")), $(
        du --apparent-size --block-size=MiB --summarize "$scratch/reports" | cut -f1) written"
}

manifest() { sha256sum < "$scratch"/reports/*/MANIFEST.json; }

reports() {
    local first
    for format in json csv html ocsf asff sarif oscal; do report "$format"; done
    report csv,html,json,ocsf
    first=$(manifest)
    report csv,html,json,ocsf
    [ "$first" = "$(manifest)" ] || { echo "the same report has other bytes" >&2; exit 1; }
}

printf '%-66s %10s %10s\n' "$accounts accounts, $findings findings, median of $runs" "wall ms" "CPU ms"
make_history "outputs-$findings-$accounts" 0 "$findings"
take_inventory
start_daemon
tell "daemon, from start to ready"
# What it does after its start is not part of an answer.
sleep 5
scrape
pages
wall=0 cpu=0
tell "daemon, all in all" "$(peak)"
stop_daemon
reports
