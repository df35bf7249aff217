/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/report_book.h - a form that was filled, into the official workbook that a person imported
 * (docs/forms.md): for `yagura share report fill` and for the hub.
 *
 * What is handed in came out of the gate (share/incident.h, yg_incident_leave): only what stands in
 * its rows gets into the workbook. A map is data (parse/book_map.h); without one the labels that
 * say the same as the form's are taken.
 */
#pragma once

#include "base/buf.h"
#include "model/form.h"
#include "parse/book_map.h"

#define YG_REPORT_BOOK_ARENA (512u << 20)
#define YG_REPORT_LEFT_MAX   YG_FORM_ITEMS_MAX

struct yg_report_book {
	struct yg_bytes file;
	struct yg_bytes map; /* YAML; empty: by the labels */
	const struct yg_forms *forms;
	const struct yg_filled *filled;
};
struct yg_report_book_told {
	struct yg_line_fault fault;
	bool is_of_map;			   /* the fault, with its line */
	uint32_t cells;			   /* written */
	uint32_t left[YG_REPORT_LEFT_MAX]; /* fields with a value and without a cell */
	uint32_t left_count;
};
/* The workbook to @to, which is empty and can take YG_BOOK_OUT_MAX. YG_OK or as parse/book.h,
 * with told->fault. YG_EMISMATCH: the map is of another form. */
YG_MUST_USE int yg_report_book_fill(const struct yg_report_book *book, struct yg_buf *to,
				    struct yg_report_book_told *told);

/* What a map is read against, without filling: as above. */
YG_MUST_USE int yg_report_book_check(struct yg_bytes file, struct yg_bytes map,
				     const struct yg_forms *forms, const struct yg_form *form,
				     struct yg_report_book_told *told);

/* A proposed map as YAML, with a comment for each field that was not found. *ret_found of
 * *ret_all fields. */
YG_MUST_USE int yg_report_book_map(struct yg_bytes file, const struct yg_forms *forms,
				   const struct yg_form *form, struct yg_buf *to,
				   struct yg_report_book_told *told, uint32_t *ret_all);
