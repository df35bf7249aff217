/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/modulemd.h - module streams of a repository (modules.yaml), as dnf keeps it: one YAML
 * document after the other, each a stream with the packages it is made of, or which stream of a
 * module is the default.
 *
 * Fed in pieces; one document is in memory at a time.
 *
 * Layer:   parse. No state; any thread.
 * Input:   untrusted bytes. A document is at most YG_MODULEMD_DOC_MAX bytes and what parse/yaml.h
 *          allows; one that is not, or is no YAML, is passed over and counted.
 * Source:  libmodulemd, "Modulemd YAML version 1 and 2", "modulemd-defaults"
 * Tests:   tests/unit/parse/test_modulemd.c, tests/fuzz/fuzz_modulemd.c
 */
#pragma once

#include "parse/yaml.h"

#define YG_MODULEMD_DOC_MAX (2u << 20)

enum yg_modulemd_kind {
	YG_MODULEMD_STREAM,
	YG_MODULEMD_DEFAULT, /* @stream of @module is the default */
};

struct yg_modulemd_doc {
	enum yg_modulemd_kind kind;
	struct yg_bytes module;
	struct yg_bytes stream;
	const struct yg_yaml *artifacts;    /* STREAM: list of "NAME-EPOCH:VERSION-RELEASE.ARCH" */
	const struct yg_yaml *dependencies; /* STREAM: list of maps with "requires"; or one map */
};

/* What such an artifact names; false: it is none. Parts of @text; @epoch is empty where it is 0. */
struct yg_modulemd_artifact {
	struct yg_bytes name;
	struct yg_bytes epoch;
	struct yg_bytes version; /* VERSION-RELEASE */
	struct yg_bytes arch;
};
bool yg_modulemd_artifact(struct yg_bytes text, struct yg_modulemd_artifact *ret);

struct yg_modulemd;

/* @take: its document lives during the call; not YG_OK ends the reading, and is what feed returns.
 * YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_modulemd_new(int (*take)(void *arg, const struct yg_modulemd_doc *doc),
				void *arg, struct yg_modulemd **ret);
/* YG_OK; YG_ENOMEM; what take() returned. */
YG_MUST_USE int yg_modulemd_feed(struct yg_modulemd *modulemd, struct yg_bytes piece, bool is_end);
/* Documents that were passed over because they cannot be read. */
uint64_t yg_modulemd_bad(const struct yg_modulemd *modulemd);
struct yg_modulemd *yg_modulemd_free(struct yg_modulemd *modulemd);
