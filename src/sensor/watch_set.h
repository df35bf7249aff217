/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/watch_set.h - the rules and indicators that a sensor judges its own records by.
 *
 * Read from the paths that the local file names, from what the hub offered and the local file lets
 * it (STATE/detect/rules, STATE/detect/indicators), and from the rules inside the program. Rules in
 * files ending in .yml or .yaml; each file of a folder of indicators is a list.
 *
 * Compiling thousands of rules takes more memory than using them, so it is done by a process of its
 * own (the program itself, as `yagura-sensor compile-rules`), which leaves the image in
 * STATE/detect/rules.image; it is mapped here, and made anew only when files changed. The same with
 * lists of indicators (`yagura-sensor compile-indicators`, STATE/detect/indicators.image): of a
 * million next to nothing is in memory but what is looked at.
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
	void *image; /* of the engine: heap, or a mapping of mapped_size bytes */
	size_t mapped_size;
	struct yg_indicators *indicators; /* NULL: none are listed */
	void *lists;			  /* their image: a mapping of lists_size bytes, or NULL */
	size_t lists_size;
	uint32_t rules;
	uint32_t refused;    /* rules that could not be used */
	uint32_t unreadable; /* files and folders */
	uint32_t indicator_count;
	char digest[2 * YG_DIGEST_BYTES + 1]; /* of the rules, hex */
	uint64_t signature; /* of the files it was read from: changes when one of them does */
};

/*
 * @home: its folder; @program: who compiles (a path, "/proc/self/exe"), NULL: done here. Faults of
 * files are said. YG_OK, YG_ENOMEM, YG_ELIMIT, YG_EFORMAT (said), or an error of the disk.
 */
YG_MUST_USE int yg_watch_set_load(const struct yg_detect_settings *settings,
				  const struct yg_home *home, const char *program,
				  struct yg_watch_set **ret);
struct yg_watch_set *yg_watch_set_free(struct yg_watch_set *set);

/* What names, sizes and times of the files say; cheap. With the lists of indicators, or without. */
uint64_t yg_watch_set_signature(const struct yg_detect_settings *settings,
				const struct yg_home *home, bool with_lists);

/* The same of the lists of indicators alone, and how many there are. */
uint64_t yg_watch_lists_signature(const struct yg_detect_settings *settings,
				  const struct yg_home *home, uint32_t *ret_files);

/* ---- watch_image.c ---- */

/* The rules alone, compiled here; what stays of them is in *@set. */
YG_MUST_USE int yg_watch_rules_compile(const struct yg_detect_settings *settings,
				       const struct yg_home *home, struct yg_watch_set *set,
				       uint8_t key[YG_DIGEST_BYTES], size_t *ret_size);
/* From the image on the disk, which @program makes where it is missing or older. */
YG_MUST_USE int yg_watch_image_load(const struct yg_detect_settings *settings,
				    const struct yg_home *home, const char *program,
				    struct yg_watch_set *set);
/*
 * The main function of that process: argv[0] the word, STATE, SIGNATURE (hex), "b" with the rules
 * inside the program, "o" with those offered by the hub, "bo", or "-"; then paths. Exit status.
 */
#define YG_WATCH_IMAGE_WORD "compile-rules"
int yg_watch_image_main(int argc, char **argv);

/* ---- watch_lists.c ---- */

/* The lists' files, in order. Another value than YG_OK of @fn ends it and is returned. */
typedef int (*yg_watch_list_fn)(void *arg, const char *path);
YG_MUST_USE int yg_watch_lists_each(const struct yg_detect_settings *settings,
				    const struct yg_home *home, yg_watch_list_fn fn, void *arg,
				    uint32_t *ret_unreadable);
/* set->indicators from the image on the disk, which @program makes where it is missing or older.
 * Without a list there is none. */
YG_MUST_USE int yg_watch_lists_load(const struct yg_detect_settings *settings,
				    const struct yg_home *home, const char *program,
				    struct yg_watch_set *set);
/* The main function of that process, as the other one: "o" with the lists offered by the hub. */
#define YG_WATCH_LISTS_WORD "compile-indicators"
int yg_watch_lists_main(int argc, char **argv);
/* Run @program with @argv and wait for its end. */
YG_MUST_USE int yg_watch_run(const char *program, char **argv);

/* ---- changes ---- */

#define YG_WATCH_LOOK_MS 1000u /* how often files are looked at; what rests counts */

struct yg_watch_loader;
/* Look at the files from now on; @settings and @home outlive it. YG_OK or YG_ENOMEM. */
YG_MUST_USE int yg_watch_loader_start(const struct yg_detect_settings *settings,
				      const struct yg_home *home, const char *program,
				      uint64_t signature, struct yg_watch_loader **ret);
struct yg_watch_loader *yg_watch_loader_stop(struct yg_watch_loader *loader);
/* A changed set, owned by the caller; NULL: there is none. Never waits. */
struct yg_watch_set *yg_watch_loader_take(struct yg_watch_loader *loader);
