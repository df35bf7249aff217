/* SPDX-License-Identifier: Apache-2.0 */
#include "app/say.h"

#include <stdarg.h>

#include "base/utf8.h"

#include "base/ban.h"

#define SAFE_BYTES 512u
#define SAFE_TURNS 4u

static enum yg_lang lang_now;

void yg_say_lang(enum yg_lang lang)
{
	lang_now = lang;
}

enum yg_lang yg_say_lang_now(void)
{
	return lang_now;
}

const char *yg_say_tr(const char *msgid)
{
	return yg_tr(lang_now, msgid);
}

__attribute__((format(printf, 2, 0))) static void say(const char *hint, const char *format,
						      va_list args)
{
	flockfile(stderr);
	fputs("yagura: ", stderr);
	(void)vfprintf(stderr, yg_tr(lang_now, format), args); /* nowhere left to complain to */
	fputc('\n', stderr);
	if (hint)
		fprintf(stderr, "        %s\n", yg_tr(lang_now, hint));
	funlockfile(stderr);
}

void yg_say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(NULL, format, args);
	va_end(args);
}

void yg_say_hint(const char *hint, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(hint, format, args);
	va_end(args);
}

const char *yg_say_safe(struct yg_bytes text, size_t bytes_max)
{
	static _Thread_local char mem[SAFE_TURNS][SAFE_BYTES];
	static _Thread_local unsigned turn;
	char *to = mem[turn++ % SAFE_TURNS];
	size_t max = bytes_max < SAFE_BYTES - 8 ? bytes_max : SAFE_BYTES - 8;
	size_t size = 0;
	size_t i = 0;

	while (i < text.size && size < max) {
		size_t step = yg_utf8_size(yg_bytes_from(text, i));

		if (step > 1 && size + step <= max) {
			memcpy(to + size, text.data + i, step);
			size += step;
			i += step;
			continue;
		}
		to[size++] = step == 1 && text.data[i] >= ' ' && text.data[i] != 0x7f
				     ? (char)text.data[i]
				     : '?';
		i++;
	}
	if (i < text.size) {
		memcpy(to + size, "...", 3);
		size += 3;
	}
	to[size] = '\0';
	return to;
}
