#!/usr/bin/env bash
# Installs what the tests need and runs everything: format, lints, repository rules, licences and
# duplicates of dependencies, tests on both databases, documentation. The last line is the test
# runner's.
#   ./test.sh         everything
#   ./test.sh quick   the tests alone
set -euo pipefail
cd "$(dirname "$0")"

# Tools are pinned, as the toolchain is in rust-toolchain.toml: the same command finds the same.
tool() { # crate, version, program
  if ! "$3" --version 2>/dev/null | grep -qwF "$2"; then
    cargo install --quiet --locked "$1@$2"
  fi
}
tool cargo-nextest 0.9.143 cargo-nextest
if ! rustfmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
  rustup component add rustfmt clippy
fi

# The interpreters of the clients, and the browser with what it writes Chinese with.
missing=()
command -v python3 >/dev/null || missing+=(python3)
command -v node >/dev/null || missing+=(nodejs)
command -v java >/dev/null || missing+=(default-jdk-headless)
command -v php >/dev/null || missing+=(php-cli)
command -v curl >/dev/null || missing+=(curl)
command -v npm >/dev/null || missing+=(npm)
command -v promtool >/dev/null || missing+=(prometheus)
command -v systemd-analyze >/dev/null || missing+=(systemd)
command -v chromium >/dev/null || missing+=(chromium)
[ -d /usr/share/fonts/opentype/noto ] || missing+=(fonts-noto-cjk)
if [ ${#missing[@]} -gt 0 ]; then
  sudo=$([ "$(id -u)" = 0 ] || echo sudo)
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq "${missing[@]}"
fi

work=$(mktemp -d)
chmod 711 "$work" # the server's own user passes through
FIVEONE_TEST_POSTGRES=$(./postgres.sh start "$work/postgres")
export FIVEONE_TEST_POSTGRES
trap './postgres.sh stop "$work/postgres"; rm -rf "$work"' EXIT

if [ "${1:-all}" != quick ]; then
  tool cargo-deny 0.20.2 cargo-deny
  tool typos-cli 1.52.0 typos
  cargo fmt --all -- --check
  cargo clippy --workspace --all-targets --locked -- -D warnings
  cargo run --quiet --locked -p xtask -- tidy
  typos
  # Advisories are left out: they need a database that is fetched from elsewhere.
  cargo deny --locked --log-level error check licenses bans sources
  RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked --quiet
  # All programs at once: one by one each would have its libraries built anew.
  cargo build --release --locked --workspace --quiet
  release=${CARGO_TARGET_DIR:-target}/release
  # The benchmarks' short form.
  "$release/fiveone-bench" --quick
  # Nodes as processes that are killed, paused and cut off, on both databases; and engines by the
  # thousand on a clock of their own. Both end with 1 at the first law that is broken.
  "$release/fiveone-crash" --quick
  "$release/fiveone-simulation"
  # Portals that nobody has seen, in short form: nothing may be wrong in silence.
  "$release/fiveone" lab measure --seeds 50
  # Inputs of strangers: those that are kept, and some new ones.
  "$release/fiveone-fuzz" --seconds 5
fi
# The person's page in a real browser.
if [ "${1:-all}" != quick ]; then
  export FIVEONE_TEST_PROGRAM=$PWD/$release/fiveone
else
  cargo build --locked --quiet -p fiveone
fi
(cd browser && npm ci --silent --no-audit --no-fund && npm test)
cargo test --workspace --doc --locked --quiet
if [ "${1:-all}" != quick ]; then
  # /v1 against its own document.
  ./schemathesis.sh "$release/fiveone"
fi
cargo nextest run --workspace --locked --no-fail-fast
