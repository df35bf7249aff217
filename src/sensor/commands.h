/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/commands.h - the sensor's subcommands, its options, and how it speaks to people.
 *
 * Exit status: 0 done; 1 refused, nothing was changed; 2 wrong usage, or it cannot go on.
 */
#pragma once

#include "base/net.h"
#include "base/tr.h"
#include "sensor/sources.h"

#ifndef YG_VERSION
#define YG_VERSION "?" /* in tests */
#endif

#define YG_SEARCH_TERMS_MAX 32u

/* `search`: what is looked for. */
struct yg_sensor_search {
	const char *from;
	const char *to;
	const char *terms[YG_SEARCH_TERMS_MAX];
	bool is_field[YG_SEARCH_TERMS_MAX]; /* NAME=VALUE */
	size_t count;
	uint64_t limit; /* 0: none */
};

struct yg_sensor_options {
	const char *state;
	const char *hub; /* enrol */
	const char *ca;
	const char *token; /* "-": the first line of standard input */
	bool is_again;
	const char *follows[YG_SOURCES_FILES_MAX]; /* run */
	size_t follow_count;
	bool has_syslog;
	struct yg_net_place syslog;
	uint64_t spool_max;  /* bytes */
	uint64_t ledger_max; /* bytes */
	const char *zone;
	const char *root;     /* "" or a folder that stands for this machine's files */
	const char *drop;     /* folder for files to read once; NULL: none */
	unsigned inventory_s; /* how often the inventory is looked at; 0: never */
	bool is_json;
	uint64_t archive_max;  /* bytes of the local archive; 0: there is none */
	unsigned archive_days; /* for how long it is kept */
	struct yg_sensor_search search;
	const char *policy;   /* file; NULL: STATE/policy.yaml */
	const char *words[2]; /* behind the command: policy show|check, ledger verify|show */
	size_t word_count;
	uint64_t batch; /* ledger show: number; 0: all */
	bool is_payload;
	const char *key; /* ledger verify: the hub's, base64 or a file */
};

int yg_sensor_enrol(const struct yg_sensor_options *options);
int yg_sensor_run(const struct yg_sensor_options *options);
int yg_sensor_check(const struct yg_sensor_options *options);
int yg_sensor_search(const struct yg_sensor_options *options);
int yg_sensor_inventory(const struct yg_sensor_options *options);
int yg_sensor_policy(const struct yg_sensor_options *options);
int yg_sensor_ledger(const struct yg_sensor_options *options);

/* What is wrong with a policy, translated: the key that is concerned, then the words. To @to. */
struct yg_line_fault;
const char *yg_sensor_policy_fault(const struct yg_line_fault *fault, char *to, size_t room);

/* "yagura-sensor: TEXT" on standard error, in the language of the person; any thread. */
void yg_sensor_lang(enum yg_lang lang);
enum yg_lang yg_sensor_language(void);
const char *yg_sensor_tr(const char *msgid) __attribute__((format_arg(1)));
__attribute__((format(printf, 1, 2))) void yg_sensor_say(const char *format, ...);
__attribute__((format(printf, 2, 3))) void yg_sensor_hint(const char *hint, const char *format,
							  ...);
