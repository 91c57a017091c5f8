#!/usr/bin/env bash
# Installs what the tests need and runs everything: format, lints, house rules, tests on both
# databases, documentation. The last line is the test runner's.
#   ./test.sh         everything
#   ./test.sh quick   the tests alone
set -euo pipefail
cd "$(dirname "$0")"

if ! cargo nextest --version >/dev/null 2>&1; then
  cargo install --locked cargo-nextest
fi
if ! rustfmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
  rustup component add rustfmt clippy
fi

work=$(mktemp -d)
chmod 711 "$work" # the server's own user passes through
FIVEONE_TEST_POSTGRES=$(./postgres.sh start "$work/postgres")
export FIVEONE_TEST_POSTGRES
trap './postgres.sh stop "$work/postgres"; rm -rf "$work"' EXIT

if [ "${1:-all}" != quick ]; then
  cargo fmt --all -- --check
  cargo clippy --workspace --all-targets --locked -- -D warnings
  cargo run --quiet --locked -p xtask -- tidy
  RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked --quiet
  # The binary that the tests of whole processes start, and the benchmarks' short form.
  cargo run --release --locked -p fiveone-bench -- --quick
fi
cargo test --workspace --doc --locked --quiet
cargo nextest run --workspace --locked --no-fail-fast
