#!/usr/bin/env bash
# Whole-process benchmark: `roletrail ingest` beside decompressing the same files and doing nothing with them, and
# beside the tools that people would use instead.
#
#   benches/whole-process.sh [-n PAIRS] [-m RUNS] [-p PROVIDER] [-l SIZE] [-o PATTERN] [-d DIRECTORY] [-b DIRECTORY]
#                            [-i ARGUMENT]... [SIZE]...
#
#     SIZE          size of a corpus in bytes of uncompressed JSON (default: 100M 1G 4G)
#     -n PAIRS      measured runs of each way to ingest, each paired with a run of the reference (default: 7); one more
#                   before them warms the page cache
#     -m RUNS       measured runs of each other tool (default: 1; 0: none). They are slow, and know AWS only
#     -p PROVIDER   aws or alibaba (default: aws)
#     -l SIZE       with one object of that size among the others, such as 50M
#     -o PATTERN    only programs whose name in the table matches this regular expression
#     -d DIRECTORY  where corpora are kept between calls (default: target/corpora)
#     -b DIRECTORY  where the built programs are, instead of building them
#     -i ARGUMENT   one more argument for every `roletrail ingest`
#
# For every size it writes a corpus with `cargo run --example corpus` (once). Every way to ingest is then run in turn,
# each directly after a run of the reference (examples/decompress: libdeflate, one thread), and the ratio is the median
# of the ratios of such pairs: what the machine does meanwhile meets both. Ways that this roletrail does not know
# (`ingest --help`) are left out. `again` reads what was just read, into the same database. Tools read the same files
# once more and print the ids of the records that concern the role; ids that they miss or that are too many are told.
#
# The table at the end has medians: wall seconds, CPU seconds (user + system), MB of JSON per CPU second, peak memory in
# MiB, CPU as a multiple of the reference's. A program that fails, or counts other than the corpus's truth says, gets
# no time, and the script ends with 1.
#
# Needs: cargo, GNU time (/usr/bin/time), jq, awk, find, xargs. Tools, where installed: ripgrep, Python 3 and its
# packages duckdb and isal (the first `python3` of PATH).
set -euo pipefail
cd "$(dirname "$0")/.."

pairs=7 tool_runs=1 provider=aws large='' only=. corpora=target/corpora binaries=''
extra=()
while getopts "n:m:p:l:o:d:b:i:h" option; do
    case $option in
        n) pairs=$OPTARG ;;
        m) tool_runs=$OPTARG ;;
        p) provider=$OPTARG ;;
        l) large=$OPTARG ;;
        o) only=$OPTARG ;;
        d) corpora=$OPTARG ;;
        b) binaries=$OPTARG ;;
        i) extra+=("$OPTARG") ;;
        *) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0"; exit 3 ;;
    esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- 100M 1G 4G
for needed in cargo jq awk find xargs /usr/bin/time; do
    command -v "$needed" > /dev/null || { echo "$needed is needed" >&2; exit 3; }
done
[[ $pairs =~ ^[1-9][0-9]*$ && $tool_runs =~ ^[0-9]+$ ]] || { echo "-n and -m need a number" >&2; exit 3; }

if [ -z "$binaries" ]; then
    cargo build --quiet --release --bin roletrail --example corpus --example decompress
    binaries=$(cargo metadata --format-version 1 --no-deps | jq -r .target_directory)/release
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
printf '[collect]\nkeep = "all"\n' > "$scratch/all.toml"
: > "$scratch/table"
status=0
TIMEFORMAT='%3R %3U %3S'

# --- What is run -----------------------------------------------------------------------------------------------------

# Names in the order of the table; what each must come to (see agrees), its function, and its words.
programs=()
declare -A must=() function_of=() words=()
# offer NAME CHECK FUNCTION WORD...
offer() {
    [[ $1 =~ $only ]] || return 0
    programs+=("$1")
    must[$1]=$2 function_of[$1]=$3 words[$1]="${*:4}"
}
knows() { grep -q -e "$1\b" <<< "$ingest_help"; }
has_python() { command -v python3 > /dev/null && python3 -c "import $1" 2> /dev/null; }

offer_ingest() {
    local ingest_help threads with
    ingest_help=$("$binaries/roletrail" ingest --help)
    for threads in 1 2; do
        if knows --threads; then with=(--threads "$threads"); else with=(); fi
        offer "ingest, $threads" counted ingest default.toml "${with[@]}"
        [ "$threads" = 2 ] || offer "ingest, again" again ingest default.toml "${with[@]}"
        ! knows --no-count || offer "ingest --no-count, $threads" kept ingest default.toml --no-count "${with[@]}"
        ! knows --sha256 || offer "ingest --sha256, $threads" counted ingest default.toml --sha256 "${with[@]}"
        ! knows --sha256 || ! knows --no-count \
            || offer "ingest, both, $threads" kept ingest default.toml --sha256 --no-count "${with[@]}"
        offer "ingest, keep = all, $threads" all ingest all.toml "${with[@]}"
        knows --threads || break
    done
}

offer_tools() {
    [ "$tool_runs" -gt 0 ] && [ "$provider" = aws ] || return 0
    offer "zcat and jq" ids jq_tool
    ! command -v rg > /dev/null || offer "ripgrep -z" objects ripgrep
    ! has_python json || offer "Python, json" ids python parse
    ! has_python json || offer "Python, filter first" ids python filter
    ! has_python isal || offer "Python, isal, filter" ids python filter-isal
    ! has_python duckdb || offer "DuckDB" ids python duckdb
}

# Each gets the corpus and then its words. measured stands before the process whose memory counts.
measured() { /usr/bin/time -o "$scratch/memory" -f %M "$@"; }
decompress() { measured "$binaries/examples/decompress" --decoder "$2" "$1"; }
ingest() {
    measured "$binaries/roletrail" --config "$scratch/$2" --database "sqlite://$scratch/ingest.db" --format json --quiet \
        ingest "${extra[@]}" "${@:3}" "$1"
}
gzip_files() { find "$1" -name '*.gz' -print0; }
jq_tool() { gzip_files "$1" | xargs -0 -n 500 zcat | measured jq -r -f benches/tools/relevant.jq; }
# It can tell objects, not records: an object of CloudTrail is a single line.
ripgrep() { measured rg --search-zip --files-with-matches --no-ignore -f benches/tools/relevant.patterns "$1" | sort; }
python() { measured python3 benches/tools/relevant.py "$2" "$1"; }

# --- Measuring -------------------------------------------------------------------------------------------------------

# run NAME CORPUS: output goes to $scratch/out; answers in $wall, $cpu and $memory, or fails as the program does.
run() {
    local user system
    # shellcheck disable=SC2086 # words are words
    { time "${function_of[$1]}" "$2" ${words[$1]} > "$scratch/out" 2> "$scratch/err"; } 2> "$scratch/times" || return 1
    read -r wall user system < <(tail -n 1 "$scratch/times")
    cpu=$(awk -v user="$user" -v kernel="$system" 'BEGIN { print user + kernel }')
    memory=$(tail -n 1 "$scratch/memory")
}

# agrees CHECK TRUTH: whether what the program counted is the truth.
agrees() {
    local condition
    case $1 in
        # That these ids, no fewer and no more, are found, is told in the table: tools are not ours to fail.
        ids | objects) [ -s "$scratch/out" ]; return ;;
        decompress) condition='.files == $w.log_objects + $w.other_objects and .bytes_out >= $w.bytes_uncompressed' ;;
        counted) condition='.records.kept == $t.relevant and .records.read == $w.records' ;;
        kept) condition='.records.kept == $t.relevant' ;;
        all) condition='.records.kept == $w.records and .records.read == $w.records' ;;
        again) condition='.records.kept == 0 and .objects.already_ingested == $w.log_objects' ;;
    esac
    case $1 in
        counted | kept | all) condition+=' and .records.rejected == 0 and .records.duplicate == 0
            and .objects.read == $w.log_objects and .objects.skipped == $w.other_objects' ;;
    esac
    # Exactly one object of JSON: jq alone is content with no input at all.
    jq -n -e --slurpfile truth "$2" \
        "\$truth[0] as \$t | \$t.written as \$w | [inputs] | length == 1 and (.[0] | $condition)" \
        < "$scratch/out" > /dev/null 2>> "$scratch/err"
}

# sample NAME CORPUS TRUTH: one run beside the reference, noted where it is right.
sample() {
    local reference
    run reference "$2" && agrees decompress "$3" || { wrong reference; return 1; }
    reference=$cpu
    echo "$wall $cpu $memory 1" >> "$scratch/samples/reference"
    [ "$1" != reference ] || return 0
    [ "${must[$1]}" = again ] || rm -f "$scratch"/ingest.db*
    run "$1" "$2" && agrees "${must[$1]}" "$3" || { wrong "$1"; return 1; }
    awk -v wall="$wall" -v cpu="$cpu" -v memory="$memory" -v reference="$reference" \
        'BEGIN { print wall, cpu, memory, (reference > 0) ? cpu / reference : 0 }' >> "$scratch/samples/$1"
    case ${must[$1]} in
        ids | objects) told "$1" "$scratch/${must[$1]}" ;;
    esac
}

wrong() {
    cat "$scratch/err" "$scratch/out" | tail -c 300 | tr '\n' ' ' > "$scratch/samples/$1.wrong"
    # A tool that cannot do it is a result.
    case ${must[$1]} in ids | objects) ;; *) status=1 ;; esac
}

# told NAME EXPECTED: what a tool missed, and what it should not have told.
told() {
    sort "$scratch/out" | comm -3 - "$2" | awk -v all="$(wc -l < "$2")" -v what="$(basename "$2")" '
        /^\t/ { missed++; next } { more++ }
        END { printf "misses %d of %d %s, %d too many", missed, all, what, more }' > "$scratch/samples/$1.note"
}

# expect CORPUS: the ids that are to be found, and the objects that they are in, as roletrail has them; their number is
# checked by the ways to ingest.
expect() {
    rm -f "$scratch"/ingest.db*
    ingest "$1" default.toml > /dev/null
    "$binaries/roletrail" --database "sqlite://$scratch/ingest.db" --format ndjson events > "$scratch/events"
    jq -r .event_id "$scratch/events" | sort > "$scratch/ids"
    jq -r .object "$scratch/events" | sort -u > "$scratch/objects"
}

# --- The table -------------------------------------------------------------------------------------------------------

median() { sort -n | awk '{ value[NR] = $1 } END { print (value[int((NR + 1) / 2)] + value[int(NR / 2) + 1]) / 2 }'; }
column() { cut -d' ' -f"$2" "$scratch/samples/$1" | median; }

# row NAME SIZE TRUTH: the medians of what was measured.
row() {
    local note=''
    if [ -s "$scratch/samples/$1.wrong" ]; then
        printf '%-6s %-26s no time: %s\n' "$2" "$1" "$(cat "$scratch/samples/$1.wrong")"
        return
    fi
    [ -s "$scratch/samples/$1" ] || return 0
    [ ! -s "$scratch/samples/$1.note" ] || note=$(cat "$scratch/samples/$1.note")
    jq -r '.written | "\(.bytes_uncompressed) \(.records)"' "$3" | awk -v name="$1" -v size="$2" -v note="$note" \
        -v wall="$(column "$1" 1)" -v cpu="$(column "$1" 2)" -v memory="$(column "$1" 3)" -v ratio="$(column "$1" 4)" \
        -v reference="$(column reference 2)" -v stored="${must[$1]}" '{
            if (stored == "all") note = sprintf("%.1f microseconds a row more than the reference", (cpu - reference) * 1e6 / $2)
            printf "%-6s %-26s %8.3f %8.3f %9.0f %9.1f %8.2f  %s\n", size, name, wall, cpu,
                $1 / 1e6 / ((cpu > 0) ? cpu : 0.001), memory / 1024, ratio, note
        }'
}

head_of_table() {
    echo "provider $provider · $(nproc) cores · median of $pairs pairs · ingest: the number is that of threads"
    printf '%-6s %-26s %8s %8s %9s %9s %8s  %s\n' size program "wall s" "CPU s" "MB/CPU s" "peak MiB" ratio note
}

# --- Everything ------------------------------------------------------------------------------------------------------

# write_corpus SIZE: its directory in $corpus.
write_corpus() {
    corpus=$corpora/$provider-$1${large:+-with-$large}
    [ ! -s "$corpus.truth.json" ] || return 0
    rm -rf "$corpus"
    mkdir -p "$corpora"
    "$binaries/examples/corpus" --provider "$provider" --bytes "$1" ${large:+--large-object "$large"} --out "$corpus" \
        > /dev/null
}

# measure_all CORPUS TRUTH
measure_all() {
    local turn name runs
    for ((turn = 0; turn <= pairs; turn++)); do
        for name in "${programs[@]}"; do
            runs=$pairs
            case ${must[$name]} in ids | objects) runs=$tool_runs ;; esac
            # The first turn only warms the cache, which needs no slow tool.
            [ "$turn" -gt 0 ] || [ "$runs" = "$pairs" ] || continue
            [ "$turn" -le "$runs" ] && [ ! -s "$scratch/samples/$name.wrong" ] || continue
            sample "$name" "$1" "$2" || true
        done
        [ "$turn" -gt 0 ] || find "$scratch/samples" -type f ! -name '*.wrong' -delete
    done
}

must[reference]=decompress function_of[reference]=decompress words[reference]=libdeflate
offer "zlib-rs" decompress decompress zlib-rs
offer_ingest
offer_tools
: > "$scratch/default.toml"
for size in "$@"; do
    write_corpus "$size"
    rm -rf "$scratch/samples"
    mkdir "$scratch/samples"
    expect "$corpus"
    measure_all "$corpus" "$corpus.truth.json"
    for name in reference "${programs[@]}"; do row "$name" "$size" "$corpus.truth.json" >> "$scratch/table"; done
    echo "$size measured: $(jq -c .written "$corpus.truth.json")" >&2
done
head_of_table
cat "$scratch/table"
exit $status
