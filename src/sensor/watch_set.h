/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/watch_set.h - the rules and indicators that a sensor judges its own records by.
 *
 * Read from the paths that the local file names, from what the hub offered and the local file lets
 * it (STATE/detect/rules, STATE/detect/indicators), and from the rules inside the program. Rules in
 * files ending in .yml or .yaml; each file of a folder of indicators is a list.
 *
 * Layer:   sensor.
 * Input:   files of a person or of the hub: what is wrong in them is said and left out.
 * Threads: a set is immutable; a loader has a thread of its own.
 */
#pragma once

#include "detect/engine.h"
#include "detect/indicators.h"
#include "sensor/policy.h"

#define YG_WATCH_FILES_MAX	20000u
#define YG_WATCH_RULE_BYTES_MAX (64u << 20) /* texts of all rules */
#define YG_WATCH_LIST_BYTES_MAX (64u << 20) /* one list of indicators */

struct yg_watch_set {
	struct yg_engine *engine;
	void *image; /* of the engine */
	struct yg_indicators *indicators; /* NULL: none are listed */
	uint32_t rules;
	uint32_t refused; /* rules that could not be used */
	uint32_t unreadable; /* files and folders */
	uint32_t indicator_count;
	char digest[2 * YG_DIGEST_BYTES + 1]; /* of the rules, hex */
	uint64_t signature; /* of the files it was read from: changes when one of them does */
};

/* @home: its folder. Faults of files are said. YG_OK, YG_ENOMEM, YG_ELIMIT, YG_EFORMAT (said). */
YG_MUST_USE int yg_watch_set_load(const struct yg_detect_settings *settings,
				  const struct yg_home *home, struct yg_watch_set **ret);
struct yg_watch_set *yg_watch_set_free(struct yg_watch_set *set);

/* What names, sizes and times of the files say; cheap. */
uint64_t yg_watch_set_signature(const struct yg_detect_settings *settings,
				const struct yg_home *home);

/* ---- changes ---- */

#define YG_WATCH_LOOK_MS 1000u /* how often files are looked at; twice the same before they count */

struct yg_watch_loader;
/* Look at the files from now on; @settings and @home outlive it. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_watch_loader_start(const struct yg_detect_settings *settings,
				      const struct yg_home *home, uint64_t signature,
				      struct yg_watch_loader **ret);
struct yg_watch_loader *yg_watch_loader_stop(struct yg_watch_loader *loader);
/* A changed set, owned by the caller; NULL: there is none. Never waits. */
struct yg_watch_set *yg_watch_loader_take(struct yg_watch_loader *loader);
