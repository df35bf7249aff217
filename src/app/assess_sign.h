/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/assess_sign.h - `yagura assess sign`, `verify` and `key`: statements and keys as files.
 *
 * Functions return the exit status; everything is said (app/say.h).
 */
#pragma once

#include "assess/assess.h"

/*
 * Sign what @assess is now with the secret key at @key_path; the statement goes to @out_path,
 * whole or not at all (NULL or "-": standard output). @zone_s: where the day of issue is counted.
 */
int yg_assess_cmd_sign(struct yg_assess *assess, const char *key_path, const char *out_path,
		       int32_t zone_s);

/* @argv[0] is "verify": S.json [--key PUB]. Needs no database. 1: not valid; 2: not readable. */
int yg_assess_cmd_verify(int argc, char **argv);

/* @argv[0] is "key": new FILE [--name N] [--expires DAY], or show FILE. Nothing is overwritten. */
int yg_assess_cmd_key(int argc, char **argv);
