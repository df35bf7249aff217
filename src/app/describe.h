/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/describe.h - what one line of an archive holds: time, format, keys. The function that
 * archive/ is lent, because only here are readers of records and indicators known.
 */
#pragma once

#include "archive/writer.h"

struct yg_describer;

/* One thread. NULL without memory. */
struct yg_describer *yg_describer_new(void);
struct yg_describer *yg_describer_free(struct yg_describer *describer);

/* A yg_archive_describe_fn; @arg is the describer. */
int yg_describe(void *arg, struct yg_bytes line, struct yg_archive_facts *ret);
