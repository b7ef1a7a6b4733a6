# What the scripts about a history share; sourced by them. They have set $histories, $binaries, $scratch and $accounts.

TIMEFORMAT='%3R %3U %3S'
daemon=

roletrail() {
    "$binaries/roletrail" --config "$scratch/roletrail.toml" --database "sqlite://$1" --quiet "${@:2}"
}

# timed COMMAND...: output goes to $scratch/out; wall and CPU milliseconds in $wall and $cpu. Open findings (1) are no
# failure, nor is what could not be read (2) where the script says so in $incomplete.
timed() {
    local ended=0
    { time "$@" > "$scratch/out" 2> "$scratch/err"; } 2> "$scratch/times" || ended=$?
    [ "$ended" -le "${incomplete:-1}" ] || { cat "$scratch/err" >&2; exit 1; }
    read -r wall cpu < <(tail -n 1 "$scratch/times" | awk '{ print $1 * 1000, ($2 + $3) * 1000 }')
}

median() { sort -n | awk '{ value[NR] = $1 } END { print (value[int((NR + 1) / 2)] + value[int(NR / 2) + 1]) / 2 }'; }

tell() { printf '%-66s %10.1f %10.1f  %s\n' "$1" "$wall" "$cpu" "${2-}"; }

# make_history NAME EVENTS FINDINGS: its database in $history.
make_history() {
    history=$histories/$1.db
    [ ! -s "$history.made" ] || return 0
    rm -f "$history" "$history"-*
    "$binaries/examples/history" --events "$2" --accounts "$accounts" --findings "$3" --out "$scratch/logs" \
        > "$scratch/written"
    timed roletrail "$history" --format json ingest --no-analyze "$scratch/logs"
    rm -r "$scratch/logs"
    jq -e --slurpfile written "$scratch/written" '.records.kept == $written[0].events' "$scratch/out" > /dev/null \
        || { echo "$1: not every event was stored" >&2; exit 1; }
    tell "$1: ingest with keep = \"all\"" "$(jq -r .events "$scratch/written" | awk -v cpu="$cpu" -v wall="$wall" \
        -v size="$(stat -c %s "$history")" '{
            printf "%d rows, %.0f a second, %.1f microseconds of CPU and %d bytes each",
                $1, $1 * 1000 / wall, cpu * 1000 / $1, size / $1 }')"
    timed roletrail "$history" --format json analyze
    tell "$1: first analysis, every account"
    echo made > "$history.made"
}

# spent: CPU nanoseconds that the daemon has had.
spent() { cat /proc/"$daemon"/task/*/schedstat | awk '{ spent += $1 } END { print spent }'; }

# start_daemon: on $history; its address in $address, milliseconds until it was ready in $wall.
start_daemon() {
    local began=$EPOCHREALTIME
    "$binaries/roletrail" --config "$scratch/roletrail.toml" --database "sqlite://$history" run 2> "$scratch/log" &
    daemon=$!
    until address=$(sed -n 's/.*address="\{0,1\}\([0-9.:]*\).*/\1/p' "$scratch/log") && [ -n "$address" ] \
        && curl --silent --fail --output /dev/null "http://$address/-/ready"; do
        kill -0 "$daemon" || { cat "$scratch/log" >&2; exit 1; }
        sleep 0.005
    done
    wall=$(awk -v began="$began" -v now="$EPOCHREALTIME" 'BEGIN { print (now - began) * 1000 }')
    cpu=$(spent | awk '{ print $1 / 1e6 }')
}

stop_daemon() {
    kill "$daemon"
    wait "$daemon" || true
    daemon=
}

peak() { awk '/^VmHWM/ { printf "%.0f MiB at its peak", $2 / 1024 }' "/proc/$daemon/status"; }

# answers PATH TIMES: the medians of so many answers in $wall (the first byte) and $cpu; the last one in $scratch/page.
# Anything but 200 ends the script.
answers() {
    local run before code first
    curl --silent --globoff --output "$scratch/page" "http://$address$1"
    : > "$scratch/firsts"
    before=$(spent)
    for ((run = 0; run < $2; run++)); do
        read -r code first < <(curl --silent --globoff --output "$scratch/page" \
            --write-out '%{http_code} %{time_starttransfer}\n' "http://$address$1")
        [ "$code" = 200 ] || { echo "$1 answers $code" >&2; exit 1; }
        echo "$first" >> "$scratch/firsts"
    done
    cpu=$(awk -v before="$before" -v now="$(spent)" -v times="$2" 'BEGIN { print (now - before) / 1e6 / times }')
    wall=$(median < "$scratch/firsts" | awk '{ print $1 * 1000 }')
}
