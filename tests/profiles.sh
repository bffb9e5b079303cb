#!/usr/bin/env bash
# Builds one function in each release profile that docs/decisions/0005-release-profile.md weighs, and prints the table:
# `make profiles`. Takes some ten minutes of processor time for each row, since each builds the AWS SDK anew.
set -euo pipefail
cd "$(dirname "$0")/.."
function=reconcile
rm -rf target/profiles
cargo build --quiet -p end-to-end --bin figures

row() {
  local folder=target/profiles/$1-$2-$3-$4 seconds figures
  mkdir -p "$folder"
  local TIMEFORMAT='%U %S'
  seconds=$({ time CARGO_INCREMENTAL=0 CARGO_PROFILE_RELEASE_OPT_LEVEL=$1 CARGO_PROFILE_RELEASE_LTO=$2 \
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS=$3 CARGO_PROFILE_RELEASE_PANIC=$4 \
    cargo build --release --target-dir "$folder" -p "$function" >"$folder/log" 2>&1; } 2>&1) || {
    cat "$folder/log"
    exit 1
  }
  # A figure over its limit is what some rows are for.
  figures=$(target/debug/figures "$folder/release/$function" | sed -n 's|^target/[^ ]*||p') || true
  awk -v figures="$figures" '{ printf "%-10s %-6s %5s %-8s %s %22.1f min\n", "'"$1"'", "'"$2"'", "'"$3"'", "'"$4"'", figures, ($1 + $2) / 60 }' \
    <<<"$seconds"
}

printf '%-10s %-6s %5s %-8s %24s %14s %13s %26s\n' opt-level lto units panic size 'CPU at start' 'peak memory' 'CPU of the build'
row z fat 1 abort
row s fat 1 abort
row s thin 16 abort
row 3 fat 1 abort
