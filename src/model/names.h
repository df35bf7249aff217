/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/names.h - field names as small numbers.
 *
 * Numbers 1 … YG_F_COUNT-1 are the dictionary (model/dictionary.json, generated into
 * model/dictionary.h as YG_F_…); names that rules use are added after them. Then the table is
 * frozen, and parsers in any number of threads look names up.
 *
 * Names are compared exactly, but without spaces: "Process Name" is "ProcessName".
 */
#pragma once

#include "base/bytes.h"
#include "base/err.h"
#include "model/dictionary.h"

#define YG_NAME_OTHER 0u
#define YG_NAMES_MAX  65535u

struct yg_names;

/* A table with the dictionary in it. NULL without memory. */
struct yg_names *yg_names_new(void);
struct yg_names *yg_names_free(struct yg_names *names);

/* The number of @name, added if it is new. @name is copied. YG_OK, YG_ENOMEM or YG_ELIMIT. */
YG_MUST_USE int yg_names_add(struct yg_names *names, struct yg_bytes name, uint32_t *ret_id);

/* The number of @name, or YG_NAME_OTHER. Thread-safe as long as nobody adds. Cost: one hash. */
uint32_t yg_names_find(const struct yg_names *names, struct yg_bytes name);

/* The name behind a number (empty for YG_NAME_OTHER); how many there are, number 0 included. */
struct yg_bytes yg_names_text(const struct yg_names *names, uint32_t id);
uint32_t yg_names_count(const struct yg_names *names);
