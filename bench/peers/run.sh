#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Yagura beside its peers on the same files: bench/peers/run.sh [access] [windows] [sqlite]
# What is installed where, and what is compared with what: bench/peers/README.md.
set -eu
cd "$(dirname "$0")"
exec python3 race.py "$@"
