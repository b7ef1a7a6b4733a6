#!/usr/bin/env bash
# Whole-process benchmark: `roletrail ingest` beside decompressing the same files and doing nothing with them.
#
#   benches/whole-process.sh [-n RUNS] [-p PROVIDER] [-d DIRECTORY] [-i ARGUMENT]... [SIZE]...
#
#     SIZE          size of the corpus in bytes of uncompressed JSON, such as 100M or 1G (default: 100M)
#     -n RUNS       measured runs of each program (default: 7); one more before them warms the page cache
#     -p PROVIDER   aws or alibaba (default: aws)
#     -d DIRECTORY  where corpora are kept between calls (default: target/corpora)
#     -i ARGUMENT   one more argument for `roletrail ingest`, such as -i --no-count
#
# For every size it writes a corpus with `cargo run --example corpus` (once), then runs in turn
#     reference     examples/decompress: flate2 with zlib-rs, one thread
#     TOOL          the fastest public decompressor that is installed: igzip, libdeflate-gunzip, pigz or gzip
#     ingest        roletrail ingest into a fresh database
#     again         roletrail ingest of the same files into the same database: nothing is new
# and prints the median of each: wall seconds, CPU seconds (user + system), MB of JSON per CPU second, peak memory in
# MiB, records per CPU second, and CPU as a multiple of the reference's. The ratio is what can be compared between
# machines. A program that fails, or counts other than the corpus's truth says, gets no time, and the script ends with 1.
#
# Needs: cargo, GNU time (/usr/bin/time), jq, awk, find, xargs.
set -euo pipefail
cd "$(dirname "$0")/.."

runs=7
provider=aws
corpora=target/corpora
ingest_arguments=()
while getopts "n:p:d:i:h" option; do
    case $option in
        n) runs=$OPTARG ;;
        p) provider=$OPTARG ;;
        d) corpora=$OPTARG ;;
        i) ingest_arguments+=("$OPTARG") ;;
        *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 3 ;;
    esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- 100M

for needed in cargo jq awk find xargs /usr/bin/time; do
    command -v "$needed" > /dev/null || { echo "$needed is needed" >&2; exit 3; }
done
[[ $runs =~ ^[1-9][0-9]*$ ]] || { echo "-n needs a number of runs" >&2; exit 3; }

cargo build --quiet --release --bin roletrail --example corpus --example decompress
binaries=$(cargo metadata --format-version 1 --no-deps | jq -r .target_directory)/release
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

tool=
for candidate in igzip libdeflate-gunzip pigz gzip; do
    if command -v "$candidate" > /dev/null; then tool=$candidate; break; fi
done

# What each program is; standard output goes to $scratch/out. Plain objects are left out of the tool's work: it has
# nothing to do with them.
run_reference() { exec "$binaries/examples/decompress" "$1"; }
run_tool() {
    local arguments=(-dc)
    case $tool in
        libdeflate-gunzip) arguments=(-c) ;;
        pigz) arguments=(-dc -p 1) ;;
    esac
    find "$1" -name '*.gz' -print0 | xargs -0 -n 500 "$tool" "${arguments[@]}" | tail -c 1 | wc -c
}
run_ingest() {
    exec "$binaries/roletrail" --database "sqlite://$scratch/ingest.db" --format json ingest "${ingest_arguments[@]}" "$1"
}
export -f run_reference run_tool run_ingest
export binaries tool scratch

# measure NAME FUNCTION CORPUS: appends "wall cpu kibibytes" to $scratch/NAME; fails as the program does.
measure() {
    local arguments
    # A function cannot be exported together with an array: the array goes along as text.
    arguments=$(declare -p ingest_arguments)
    /usr/bin/time -o "$scratch/time" -f '%e %U %S %M' \
        bash -c "set -euo pipefail; $arguments; $2 \"\$1\"" bash "$3" > "$scratch/out" 2> "$scratch/err" || return 1
    awk 'END { print $1, $2 + $3, $4 }' "$scratch/time" >> "$scratch/$1"
}

# agrees NAME TRUTH: whether what the program counted is the truth.
agrees() {
    local condition
    case $1 in
        tool) [ "$(tr -d ' ' < "$scratch/out")" = 1 ]; return ;;
        reference) condition='.files == $w.log_objects + $w.other_objects and .bytes_out >= $w.bytes_uncompressed' ;;
        ingest) condition='.records.kept == $t.relevant and .records.rejected == 0 and .records.duplicate == 0
            and (.records.read == null or .records.read == $w.records)
            and .objects.read == $w.log_objects and .objects.skipped == $w.other_objects' ;;
        again) condition='.records.kept == 0 and .objects.already_ingested == $w.log_objects' ;;
    esac
    # Exactly one object of JSON: jq alone is content with no input at all.
    jq -n -e --slurpfile truth "$2" \
        "\$truth[0] as \$t | \$t.written as \$w | [inputs] | length == 1 and (.[0] | $condition)" \
        < "$scratch/out" > /dev/null 2>> "$scratch/err"
}

median() { sort -n | awk '{ value[NR] = $1 } END { print (value[int((NR + 1) / 2)] + value[int(NR / 2) + 1]) / 2 }'; }

# row NAME LABEL TRUTH: prints the medians of what was measured.
row() {
    local wall cpu memory
    wall=$(cut -d' ' -f1 "$scratch/$1" | median)
    cpu=$(cut -d' ' -f2 "$scratch/$1" | median)
    memory=$(cut -d' ' -f3 "$scratch/$1" | median)
    jq -r '.written | "\(.bytes_uncompressed) \(.records)"' "$3" | awk -v label="$2" -v wall="$wall" -v cpu="$cpu" \
        -v memory="$memory" -v base="$reference_cpu" '{
            spent = (cpu > 0) ? cpu : 0.005
            ratio = (base > 0) ? cpu / base : 0
            printf "%-20s %8.2f %8.2f %10.0f %9.1f %12.0f %7.2f\n", label, wall, cpu, $1 / 1e6 / spent,
                memory / 1024, $2 / spent, ratio
        }'
}

status=0
for size in "$@"; do
    corpus=$corpora/$provider-$size
    truth=$corpus.truth.json
    if [ ! -s "$truth" ]; then
        rm -rf "$corpus"
        mkdir -p "$corpora"
        "$binaries/examples/corpus" --provider "$provider" --bytes "$size" --out "$corpus" > /dev/null
    fi
    rm -f "$scratch"/{reference,tool,ingest,again}
    declare -A wrong=()
    for ((run = 0; run <= runs; run++)); do
        rm -f "$scratch"/ingest.db*
        for name in reference tool ingest again; do
            function=run_$name
            [ "$name" != again ] || function=run_ingest
            if [ -z "${wrong[$name]-}" ] && ! { measure "$name" "$function" "$corpus" && agrees "$name" "$truth"; }; then
                wrong[$name]="failed or counted wrong: $(cat "$scratch/err" "$scratch/out" | tail -c 300 | tr '\n' ' ')"
            fi
        done
        # The first run only warms the cache.
        [ "$run" -gt 0 ] || rm -f "$scratch"/{reference,tool,ingest,again}
    done

    echo "corpus $corpus: $(jq -c .written "$truth"), median of $runs"
    printf '%-20s %8s %8s %10s %9s %12s %7s\n' program "wall s" "CPU s" "MB/CPU s" "peak MiB" "records/s" ratio
    reference_cpu=0
    [ -n "${wrong[reference]-}" ] || reference_cpu=$(cut -d' ' -f2 "$scratch/reference" | median)
    for name in reference tool ingest again; do
        label=$name
        [ "$name" != tool ] || label=$tool
        [ "$name" != reference ] || label="reference (zlib-rs)"
        if [ -n "${wrong[$name]-}" ]; then
            printf '%-20s no time: %s\n' "$label" "${wrong[$name]}"
            status=1
        else
            row "$name" "$label" "$truth"
        fi
    done
    unset wrong
    echo
done
exit $status
