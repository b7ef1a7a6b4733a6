#!/usr/bin/env bash
# What a long history costs: analysis after new events, a role's time line, start-up, the metrics page. What many findings
# cost is told by benches/outputs.sh.
#
#   benches/history.sh [-e EVENTS] [-a ACCOUNTS] [-n RUNS] [-d DIRECTORY] [-b DIRECTORY]
#
#     -e EVENTS     stored events (default: 1000000; the figures in the documentation are those of 10000000, which
#                   takes 16 GB below DIRECTORY and some minutes once)
#     -a ACCOUNTS   accounts (default: 1000)
#     -n RUNS       measured runs, of which the median is told (default: 7)
#     -d DIRECTORY  where histories are kept between calls (default: target/histories)
#     -b DIRECTORY  where the built programs are, instead of building them
#
# Histories are written by examples/history and read by `roletrail ingest` with keep = "all"; there is a second one of
# 10,000 events for comparison. Every run of an analysis brings 1,000 new events. Times are those of whole processes; what
# a command takes to start and to find nothing to do is told beside. After the incremental analyses everything is
# judged again, and the findings and verdicts must be the same, or the script ends with 1.
#
# Needs: cargo, jq, awk, curl, Linux (/proc).
set -euo pipefail
cd "$(dirname "$0")/.."

events=1000000 accounts=1000 runs=7 histories=target/histories binaries=''
while getopts "e:a:n:d:b:h" option; do
    case $option in
        e) events=$OPTARG ;;
        a) accounts=$OPTARG ;;
        n) runs=$OPTARG ;;
        d) histories=$OPTARG ;;
        b) binaries=$OPTARG ;;
        *) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0"; exit 3 ;;
    esac
done
for needed in cargo jq awk curl; do
    command -v "$needed" > /dev/null || { echo "$needed is needed" >&2; exit 3; }
done
if [ -z "$binaries" ]; then
    cargo build --quiet --release --bin roletrail --example history
    binaries=$(cargo metadata --format-version 1 --no-deps | jq -r .target_directory)/release
fi
mkdir -p "$histories"
# Beside the histories: the system's own temporary directory may be too small.
scratch=$(mktemp -d -p "$histories")
# shellcheck source=benches/history.bash
. benches/history.bash
trap '[ -z "$daemon" ] || kill "$daemon" 2> /dev/null || true; rm -rf "$scratch"' EXIT
status=0
profile=aws-kms-custom-key-stores
account=111100000000
# The year of the history, and its last 90 days.
year=2025-01-01T00:00:00Z quarter=2025-10-03T00:00:00Z end=2026-01-01T00:00:00Z
cat > "$scratch/roletrail.toml" << END
[collect]
keep = "all"
[web]
listen_address = "127.0.0.1:0"
[schedule]
collect = "0 0 1 1 *"
END

# repeated COMMAND...: the medians of several runs in $wall and $cpu.
repeated() {
    local run
    : > "$scratch/samples"
    for ((run = 0; run < runs; run++)); do
        timed "$@"
        echo "$wall $cpu" >> "$scratch/samples"
    done
    medians
}
medians() {
    wall=$(cut -d' ' -f1 "$scratch/samples" | median)
    cpu=$(cut -d' ' -f2 "$scratch/samples" | median)
}

# bring ACCOUNTS: 1,000 new events in so many accounts.
bring() {
    seed=$((seed + 1))
    "$binaries/examples/history" --events 1000 --accounts "$1" --findings 1 --from "$end" --days 1 --seed "$seed" \
        --roles-exist --out "$scratch/new" > "$scratch/written"
    roletrail "$history" --format json ingest --no-analyze "$scratch/new" > "$scratch/out"
    rm -r "$scratch/new"
    jq -e --slurpfile written "$scratch/written" '.records.kept == $written[0].events' "$scratch/out" > /dev/null \
        || { echo "the new events were not stored" >&2; exit 1; }
}
# Ids of new events differ from those of earlier calls.
seed=$(date +%s)

# analyses NAME ACCOUNTS: incremental analyses, each after new events in so many accounts.
analyses() {
    local run
    : > "$scratch/new-samples"
    for ((run = 0; run < runs; run++)); do
        bring "$2"
        timed roletrail "$history" --format json analyze
        echo "$wall $cpu" >> "$scratch/new-samples"
    done
    mv "$scratch/new-samples" "$scratch/samples"
    medians
    tell "$1: analysis after 1,000 new events in $2 accounts" "${3-}"
}

# answer: findings and verdicts, without when they were come to.
answer() {
    roletrail "$history" --format json findings --all-events | jq -S 'map(del(.opened_at)) | sort_by(.id)'
    roletrail "$history" --format json verdicts --since "$year" | jq -S .
}

judge() {
    local name=$1
    repeated roletrail "$history" --format json analyze
    tell "$name: analysis with nothing new"
    analyses "$name" 1
    new=$cpu
    analyses "$name" 10
    answer > "$scratch/incremental"
    timed roletrail "$history" --format json analyze --full
    tell "$name: everything judged again"
    answer > "$scratch/full"
    if cmp -s "$scratch/incremental" "$scratch/full"; then
        echo "$name: the same $(jq -s '.[0] | length' "$scratch/full") findings and $(jq -s '.[1] | length' "$scratch/full") verdicts"
    else
        echo "$name: judging everything again gave another answer" >&2
        diff "$scratch/incremental" "$scratch/full" | head -n 20 >&2
        status=1
    fi
}

timeline() {
    repeated roletrail "$history" --format ndjson events --account "$account" --profile "$profile" \
        --since "$quarter" --until "$end"
    [ -s "$scratch/out" ] || { echo "$1: the time line is empty" >&2; exit 1; }
    tell "$1: a role's 90 days" "$(wc -l < "$scratch/out") events"
    repeated roletrail "$history" --format ndjson events --account "$account" --profile "$profile" \
        --since "$end" --until "$end"
    tell "$1: the same of no time at all"
}

serve() {
    start_daemon
    tell "$1: daemon, from start to ready" "$(peak)"
    answers /metrics 21
    tell "$1: a scrape of /metrics" "$(grep -vc '^#' "$scratch/page") series, $(stat -c %s "$scratch/page") bytes"
    stop_daemon
}

printf '%-66s %10s %10s\n' "$accounts accounts, median of $runs" "wall ms" "CPU ms"
make_history "small-$accounts" 10000 10
judge "10,000 events"
small=$new
make_history "$events-$accounts" "$events" 100
judge "$events events"
awk -v small="$small" -v large="$new" -v events="$events" 'BEGIN {
    printf "1,000 new events at %d cost %.2f x the CPU of those at 10,000\n", events, large / small }'
timeline "$events events"
serve "$events events"
exit $status
