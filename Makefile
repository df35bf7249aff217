# SPDX-License-Identifier: Apache-2.0
# The two commands of this project are `make run` and `make test`; `make help` lists the rest.
.POSIX:
.PHONY: run demo hub test test-quick test-full build lint analyze fuzz bench cover repro licences new fresh e2e \
	regression conformance soak sensor-arm64 sensor-deb help clean

run: ## build and play the demo's story, then stay open at a terminal; LOG=/path looks for attacks in your own logs
	@tools/run $(LOG)

demo: ## an attack on an invented community, from the log to the last receipt; LOG=/path for your own
	@tools/demo $(LOG)

test: ## all tests of a landing (about 40 minutes on two cores)
	@tools/test default

test-quick: ## unit, golden, fuzz corpora (at most 60 seconds)
	@tools/test quick

test-full: ## everything: failing calls, every sanitizer, whole comparisons (at most 60 minutes)
	@tools/test full

e2e: ## the pages in Debian's chromium: every page, both languages; screenshots in build/shots
	@tools/packages packaging/deps.txt packaging/test-deps.txt && tools/build && ninja -C build yagura-sensor >/dev/null \
		&& YAGURA_SHOTS=$$PWD/build/shots meson test -C build --no-rebuild --suite browser --print-errorlogs

hub: ## start a hub with a data folder below build/; says how to enrol a sensor
	@tools/hub

build:
	@tools/build

regression: ## public rule regression set, where it is present
	@tools/build && tests/regression/run.py

conformance: ## vectors of the specification, then 20000 generated cases; SEED=n for the same again
	@tools/build && tests/conformance/run.py build/yagura build/tests/conformance/oracle_lines $(SEED) \
		&& build/tests/detect/engine_generated --cases 20000 $(SEED)

soak: ## power cuts and kills, long; SEED=n for another row
	@tests/soak/run --seed "$(or $(SEED),1)" --kills 200 --cuts 2000
	@YAGURA=build/yagura YAGURA_ROOT=. PYTHONPATH=tests/e2e python3 tests/e2e/connections.py --connections 10000

lint: ## form, layers, sizes, spelling
	@tools/lint

analyze: ## static analysis
	@tools/analyze

fuzz: ## T=target S=seconds
	@tools/fuzz "$(T)" "$(S)"

bench: ## speed against the floors in bench/
	@tools/build && bench/run

cover: ## line and branch coverage of the tests
	@tools/cover

repro: ## two builds in two places are equal to the byte
	@tools/repro

sensor-deb: ## the sensor as a Debian package for this machine
	@tools/build && ninja -C build yagura-sensor >/dev/null && packaging/deb build

sensor-arm64: ## the same for arm64, cross-built (says which Debian packages it needs)
	@packaging/cross/build

licences: ## every linked library and its licence
	@tools/licences

new: ## K=parse|detect N=name: a new part with its tests
	@tools/new "$(K)" "$(N)"

fresh: ## a bare Debian 12 in a folder: clone, run, test
	@tools/fresh

clean:
	rm -rf build build-san build-fuzz build-torture build-tsan build-cover console/dist console/.stamp-build

help:
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1 - \2/p' Makefile
