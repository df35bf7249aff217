/* SPDX-License-Identifier: Apache-2.0 */
/* sensor/inventory-int.h - what the parts of the inventory share. Inside sensor/. */
#pragma once

#include "sensor/inventory.h"

#define YG_HOST_PATH_MAX 4096u

/* ROOT/PATH; false when it is too long. */
bool yg_host_path(char to[YG_HOST_PATH_MAX], const char *root, const char *path);
/* When ROOT/PATH was changed last; YG_TIME_NONE: it is not there. */
int64_t yg_host_time(const char *root, const char *path);
/* A small file whole; empty when it cannot be read. Free *ret_free. */
struct yg_bytes yg_host_read(const char *root, const char *path, size_t bytes_max,
			     uint8_t **ret_free);
/* The next line of *@text without its ending; false at the end. */
bool yg_host_line(struct yg_bytes *text, struct yg_bytes *ret);
/* Is @line the head of a section, "[name]" (an ending that is not there is forgiven)? */
bool yg_host_section(struct yg_bytes line, struct yg_bytes *ret_name);
/* The part of @line up to @separator, which is passed. */
struct yg_bytes yg_host_word(struct yg_bytes *line, uint8_t separator);

/* Facts (host-facts.txt): the line that begins with @kind and @first (and @second), behind these.
 */
bool yg_facts_find(const char *kind, struct yg_bytes first, struct yg_bytes second,
		   struct yg_bytes *ret_rest);
/* The facts, to walk through. */
struct yg_bytes yg_facts_text(void);

/* system.c */
YG_MUST_USE int yg_host_collect(const char *root, struct yg_inventory *to);

/* administrators.c: YG_OK or YG_ENOMEM; what cannot be read is a problem. */
YG_MUST_USE int yg_host_administrators(const char *root, struct yg_inventory *to);

/* packages_rpm.c: YG_OK, also when nothing is there or it cannot be read (a problem); YG_ENOMEM. */
YG_MUST_USE int yg_inventory_rpm(const char *root, int64_t now_ns, struct yg_inventory *to,
				 bool *ret_is_there);
/* Where such a database may be, and what is written with it; @index below YG_INVENTORY_RPM_PATHS.
 * False: the path is too long. */
#define YG_INVENTORY_RPM_PATHS 8u
bool yg_inventory_rpm_path(const char *root, unsigned index, char to[YG_HOST_PATH_MAX]);
