/* SPDX-License-Identifier: Apache-2.0 */
/* parse/stix-int.h - inside the reader of STIX: splitting (stix.c), one object (stix_check.c). */
#pragma once

#include "base/json.h"
#include "parse/stix.h"

/* Where in an object something is wrong, and what. */
struct yg_stix_where {
	char text[YG_STIX_FAULT_MAX];
};
/* Fill it as printf and return false. */
__attribute__((format(printf, 2, 3))) bool yg_stix_wrong(struct yg_stix_where *where,
							 const char *format, ...);

/*
 * Look at @tree and fill what @object knows beside its text; its bytes are those of @tree. False:
 * it is wrong. @may_be_marked: called for each marking that is no published TLP; false there: it
 * is not known.
 */
struct yg_stix_marks {
	bool (*is_known)(void *arg, struct yg_bytes id);
	void *arg;
};
bool yg_stix_check(const json_t *tree, const struct yg_stix_ask *ask, struct yg_stix_object *object,
		   struct yg_stix_where *where);
/* The markings of an object that is right so far: object->tlp. */
bool yg_stix_check_marks(const json_t *tree, const struct yg_stix_marks *marks,
			 struct yg_stix_object *object, struct yg_stix_where *where);
