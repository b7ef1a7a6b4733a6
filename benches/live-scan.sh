#!/usr/bin/env bash
# Whole-process benchmark of a live scan: a simulated organisation on loopback that answers every call after a latency.
#
#   benches/live-scan.sh [-p PROVIDER] [-a ACCOUNTS] [-r REGIONS] [-l MILLISECONDS] [-c CALLS_IN_FLIGHT] [-t]
#
#     -p  aws (default) or alibaba
#     -a  accounts (default: 1000)      -r  Regions of each (default: 17; of Alibaba Cloud there are 12)
#     -l  latency of a call in milliseconds (default: 50)
#     -c  calls in flight, as in the configuration (default: 64)
#     -t  read the event history as well (trail kind lookup-events)
#
# Prints the number of calls, the theoretical minimum (calls x latency / calls in flight), the wall time of the scan, the
# ratio of both, CPU seconds and peak memory, and checks that every account and Region was read. With -t the minimum is
# the larger of that and of what the lookups take: of AWS 1.8 a second for each account and Region.
#
# Needs: cargo, GNU time (/usr/bin/time), jq, awk.
set -euo pipefail
cd "$(dirname "$0")/.."

provider=aws accounts=1000 regions=17 latency=50 in_flight=64 trail=
while getopts "p:a:r:l:c:th" option; do
    case $option in
        p) provider=$OPTARG ;;
        a) accounts=$OPTARG ;;
        r) regions=$OPTARG ;;
        l) latency=$OPTARG ;;
        c) in_flight=$OPTARG ;;
        t) trail=1 ;;
        *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 3 ;;
    esac
done
[ "$provider" = aws ] || [ "$regions" -le 12 ] || regions=12
for needed in cargo jq awk /usr/bin/time; do
    command -v "$needed" > /dev/null || { echo "$needed is needed" >&2; exit 3; }
done

cargo build --quiet --release --bin roletrail --example stand_in
binaries=$(cargo metadata --format-version 1 --no-deps | jq -r .target_directory)/release
scratch=$(mktemp -d)
trap 'kill "$server" 2> /dev/null || true; rm -rf "$scratch"' EXIT

"$binaries/examples/stand_in" --provider "$provider" --accounts "$accounts" --regions "$regions" --latency "${latency}ms" --report 1 \
    > "$scratch/environment" 2> "$scratch/report" &
server=$!
until grep -q '^# ready' "$scratch/environment"; do
    kill -0 "$server"
    sleep 0.1
done
# shellcheck source=/dev/null
. "$scratch/environment"

cat > "$scratch/roletrail.toml" << END
[collect]
calls_in_flight = $in_flight
[[$provider]]
name = "organisation"
END
case $provider in
    aws) echo 'accounts = "organization"' ;;
    *) echo 'accounts = "resource-directory"'; echo 'allow_http = true'; sed -n 's/^# endpoint/endpoint/p' "$scratch/environment" ;;
esac >> "$scratch/roletrail.toml"
[ -z "$trail" ] || printf '[[%s.trail]]\nkind = "lookup-events"\n' "$provider" >> "$scratch/roletrail.toml"

status=0
/usr/bin/time -o "$scratch/time" -f '%e %U %S %M' "$binaries/roletrail" --config "$scratch/roletrail.toml" \
    --database "sqlite://$scratch/scan.db" --format json -q scan > "$scratch/out" || status=$?
sleep 2
read -r wall user system kibibytes < <(tail -1 "$scratch/time")
calls=$(awk '{ calls = $1 } END { print calls + 0 }' "$scratch/report")
lookups=0
[ -z "$trail" ] || lookups=$(jq -n '20 / 1.8')
awk -v calls="$calls" -v latency="$latency" -v in_flight="$in_flight" -v lookups="$lookups" -v wall="$wall" \
    -v cpu_user="$user" -v cpu_system="$system" -v memory="$kibibytes" 'BEGIN {
        least = calls * latency / 1000 / in_flight
        if (least < lookups) least = lookups
        printf "calls %d · least %.1f s · wall %.1f s · ratio %.2f · CPU %.1f s · peak %.0f MiB\n",
            calls, least, wall, wall / least, cpu_user + cpu_system, memory / 1024
    }'
tail -1 "$scratch/report"
jq -r '.coverage | "accounts \(.accounts_complete)/\(.accounts_expected) · Regions \(.regions_complete)/\(.regions_expected)"' \
    "$scratch/out"
jq -e --argjson accounts "$accounts" --argjson regions "$regions" \
    '.coverage.accounts_complete == $accounts and .coverage.regions_complete == $accounts * $regions' \
    "$scratch/out" > /dev/null || { echo "not everything was read (exit code $status)" >&2; exit 1; }
