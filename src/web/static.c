/* SPDX-License-Identifier: Apache-2.0 */
#include "web/static.h"

#include "base/tr.h"

#include "base/ban.h"

static const struct yg_web_file *exactly(const struct yg_web_file *files, size_t count,
					 struct yg_bytes path)
{
	for (size_t i = 0; i < count; i++)
		if (yg_bytes_eq(yg_bytes_str(files[i].path), path))
			return &files[i];
	return NULL;
}

const struct yg_web_file *yg_web_file(const struct yg_web_file *files, size_t count,
				      struct yg_bytes path)
{
	const struct yg_web_file *file = exactly(files, count, path);
	size_t start = path.size;

	if (file)
		return file;
	while (start > 0 && path.data[start - 1] != '/')
		start--;
	if (yg_bytes_chr(yg_bytes_from(path, start), '.') != SIZE_MAX)
		return NULL;
	return exactly(files, count, YG_S("/index.html"));
}

static void add_text(struct yg_buf *to, const char *text)
{
	for (; *text; text++) {
		if (*text == '&')
			yg_buf_add_str(to, "&amp;");
		else if (*text == '<')
			yg_buf_add_str(to, "&lt;");
		else if (*text == '>')
			yg_buf_add_str(to, "&gt;");
		else
			yg_buf_add_byte(to, (uint8_t)*text);
	}
}

static void add_half(struct yg_buf *to, enum yg_lang lang, const char *title, const char *detail)
{
	yg_buf_addf(to, "<section lang=\"%s\">\n<h1>", lang == YG_LANG_JA ? "ja" : "en");
	add_text(to, yg_tr(lang, title));
	yg_buf_add_str(to, "</h1>\n");
	if (detail) {
		yg_buf_add_str(to, "<p>");
		add_text(to, yg_tr(lang, detail));
		yg_buf_add_str(to, "</p>\n");
	}
	yg_buf_add_str(to, "</section>\n");
}

void yg_web_page(struct yg_buf *to, const char *title, const char *detail)
{
	yg_buf_add_str(to, "<!DOCTYPE html>\n<html lang=\"ja\">\n<head>\n<meta charset=\"utf-8\">\n"
			   "<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
	add_text(to, yg_tr(YG_LANG_JA, title));
	yg_buf_add_str(to, "</title>\n</head>\n<body>\n<main>\n");
	add_half(to, YG_LANG_JA, title, detail);
	add_half(to, YG_LANG_EN, title, detail);
	yg_buf_add_str(to, "</main>\n</body>\n</html>\n");
}

void yg_web_page_no_console(struct yg_buf *to)
{
	yg_web_page(to, N_("This copy of Yagura was built without its screens"),
		    N_("The programming interface under /api/v1/ works all the same. To have the "
		       "screens, install nodejs and npm and build again with `make run`."));
}
