/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>

#include "base/buf.h"
#include "sensor/commands.h"

#include "base/ban.h"

#define LINE_MAX_BYTES 8192u

static enum yg_lang language;

void yg_sensor_lang(enum yg_lang lang)
{
	language = lang;
}

enum yg_lang yg_sensor_language(void)
{
	return language;
}

const char *yg_sensor_tr(const char *msgid)
{
	return yg_tr(language, msgid);
}

/* One write a message, so that those of several threads do not mix; no control characters. */
static void say(const char *hint, const char *format, va_list args)
{
	char text[2048];
	struct yg_buf line;

	(void)vsnprintf(text, sizeof(text), yg_sensor_tr(format), args); /* cut where too long */
	for (char *at = text; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	yg_buf_init(&line, LINE_MAX_BYTES);
	yg_buf_add_str(&line, "yagura-sensor: ");
	yg_buf_add_str(&line, text);
	if (hint) {
		yg_buf_add_str(&line, "\n    ");
		yg_buf_add_str(&line, yg_sensor_tr(hint));
	}
	yg_buf_add_byte(&line, '\n');
	if (line.size > 0)
		(void)fwrite(line.data, 1, line.size, stderr); /* nobody left to tell */
	yg_buf_done(&line);
}

void yg_sensor_say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(NULL, format, args);
	va_end(args);
}

void yg_sensor_hint(const char *hint, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(hint, format, args);
	va_end(args);
}
