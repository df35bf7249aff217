/* SPDX-License-Identifier: Apache-2.0 */
#include "render/assess.h"

#include <qrencode.h>

#include "render/html-int.h"

#include "base/ban.h"

#define QUIET 4 /* modules of white around it, as the standard asks */

/* One rectangle for each run of dark modules in a row. */
static void add_rows(struct yg_buf *to, const QRcode *code)
{
	for (int y = 0; y < code->width; y++) {
		const unsigned char *row = code->data + (size_t)y * (size_t)code->width;

		for (int x = 0; x < code->width;) {
			int start = x;

			while (x < code->width && (row[x] & 1) != 0)
				x++;
			if (x > start)
				yg_buf_addf(to, "M%d %dh%dv1h-%dz", start + QUIET, y + QUIET,
					    x - start, x - start);
			else
				x++;
		}
	}
}

int yg_assess_qr(struct yg_buf *to, const char *text, const char *label)
{
	struct yg_page page = {.to = to};
	QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
	int size;

	if (!code)
		return errno == ERANGE ? YG_ELIMIT : YG_ENOMEM;
	size = code->width + 2 * QUIET;
	yg_buf_addf(to, "<svg class=qr viewBox=\"0 0 %d %d\" role=img aria-label=\"", size, size);
	yg_page_text(&page, yg_bytes_str(label));
	yg_buf_addf(to,
		    "\" shape-rendering=crispEdges><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/>"
		    "<path fill=\"#000\" d=\"",
		    size, size);
	add_rows(to, code);
	yg_buf_add_str(to, "\"/></svg>");
	QRcode_free(code);
	return YG_OK;
}
