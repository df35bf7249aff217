#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# W6 on this machine: bench/hub/run.sh [OPTION]…; bench/hub/w6.py says which there are. About three minutes.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
"$root/tools/build"
ninja -C "$root/build" bench/bench_w6 bench/bench_facts tests/e2e/yagura_faults.so >"$root/build/ninja.log" 2>&1 ||
	{ cat "$root/build/ninja.log" >&2; exit 2; }
exec python3 "$root/bench/hub/w6.py" "$@"
