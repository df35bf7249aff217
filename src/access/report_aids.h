/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/report_aids.h - what an organisation keeps beside its records of incidents (reports.h):
 * the official workbook of a form, as it was imported, and whom to tell when a service is affected.
 *
 * In its own store, gone with it: kinds report_book (FORM), report_map (FORM: its map) and
 * report_contacts ("list"). What is the same as before is not put again. Rights as for the records.
 * Each change is an entry of the audit log: report.book, report.contacts.
 * One thread at a time. Tests: tests/unit/access/test_report_aids.c,
 * tests/e2e/hub_report_aids.py
 */
#pragma once

#include <jansson.h>

#include "access/hub.h"

#define YG_REPORT_BOOK_MAX    (4u << 20) /* bytes of a workbook */
#define YG_REPORT_TELL_MAX    500u	 /* lines of contacts */
#define YG_REPORT_TELL_BYTES  400u	 /* bytes of one of their texts */
#define YG_REPORT_FORM_ID_MAX 40u
#define YG_REPORT_NAME_MAX    200u /* bytes of a file's name */

/* {"form","name","size","file" (base64; with @has_file),"map","changed","by"}; *ret owned.
 * YG_ENOENT. */
YG_MUST_USE int yg_report_book_get(struct yg_access *by, const char *form, bool has_file,
				   json_t **ret);
/* All of them, without "file"; *ret owned. */
YG_MUST_USE int yg_report_book_list(struct yg_access *by, json_t **ret);
/* @file NULL data: it stays as it is (YG_ENOENT: there is none). YG_EINVAL, YG_ELIMIT. */
struct yg_report_book_wish {
	const char *form;
	struct yg_bytes file;
	const char *name;
	const char *map; /* YAML; "": by the labels. NULL: stays */
};
YG_MUST_USE int yg_report_book_set(struct yg_access *by, const struct yg_report_book_wish *wish);
YG_MUST_USE int yg_report_book_remove(struct yg_access *by, const char *form);

/* Names of a contact's texts, as in the table of `share report check --contacts`. */
#define YG_REPORT_TELL_MAP(X) X(service) X(tell) X(form) X(phone) X(night) X(mail) X(deputy) X(note)

/* [{"service","tell",…}], all texts; *ret owned, empty when nothing was written yet. */
YG_MUST_USE int yg_report_tell_get(struct yg_access *by, json_t **ret);
/* YG_EINVAL: not of that form, or a line without service or tell; YG_ELIMIT. */
YG_MUST_USE int yg_report_tell_set(struct yg_access *by, const json_t *items);
/* Those for @services (a list of texts) and for all ("*"), in the order of the list; *ret owned. */
YG_MUST_USE int yg_report_tell_for(const json_t *items, const json_t *services, json_t **ret);
