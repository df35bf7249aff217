/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render/notice-int.h - one order of telling a notice, written on different sheets. Private to
 * render/.
 */
#pragma once

#include "render/notice.h"
#include "render/text-int.h"

struct yg_notice_sheet;
/* What a sheet can do. Texts are harmless already; each escapes them for its form. */
struct yg_notice_sheet_ops {
	void (*head)(struct yg_notice_sheet *sheet, struct yg_bytes title, struct yg_bytes line);
	void (*box)(struct yg_notice_sheet *sheet, struct yg_bytes text); /* must be seen */
	void (*section)(struct yg_notice_sheet *sheet, struct yg_bytes title);
	void (*section_end)(struct yg_notice_sheet *sheet);
	void (*paragraph)(struct yg_notice_sheet *sheet, struct yg_bytes text);
	void (*row)(struct yg_notice_sheet *sheet, struct yg_bytes key, struct yg_bytes value);
	void (*list)(struct yg_notice_sheet *sheet,
		     bool is_numbered); /* then items, then list_end */
	void (*item)(struct yg_notice_sheet *sheet, struct yg_bytes text);
	void (*list_end)(struct yg_notice_sheet *sheet);
	void (*foot)(struct yg_notice_sheet *sheet, struct yg_bytes text);
};
struct yg_notice_sheet {
	const struct yg_notice_sheet_ops *ops;
	struct yg_buf *to;
	enum yg_lang lang;
	unsigned number; /* of the list's last item; 0: not numbered */
	bool is_numbered;
	bool has_rows; /* a table is open */
};

void yg_notice_tell(struct yg_notice_sheet *sheet, const struct yg_notice *notice);

/* "Warning 2026-0017"; to a buffer that is harmless to any form. */
void yg_notice_heading(struct yg_buf *to, const struct yg_notice *notice, enum yg_lang lang);
/* An indicator or address so that nobody's program makes a link of it. */
void yg_notice_add_value(struct yg_buf *to, struct yg_bytes value);
/* The body of a page: in the paper style (@is_page), or bare for a mail. */
void yg_notice_html(struct yg_buf *to, const struct yg_notice *notice, struct yg_bytes note,
		    enum yg_lang lang, bool is_page);
/* The same in pieces: from the beginning to <body>, one language after the other, a paragraph. */
void yg_notice_html_open(struct yg_buf *to, enum yg_lang lang);
void yg_notice_html_part(struct yg_buf *to, const struct yg_notice *notice, struct yg_bytes note,
			 enum yg_lang lang);
void yg_notice_html_paragraph(struct yg_buf *to, struct yg_bytes text);
/* The body as plain text, @note (harmless) behind it. */
void yg_notice_plain(struct yg_buf *to, const struct yg_notice *notice, struct yg_bytes note,
		     enum yg_lang lang);
