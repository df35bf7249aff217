/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/tr.h"

#include "base/ban.h"

int yg_fault_set(struct yg_fault *reterr, enum yg_err code, const char *msg, size_t pos)
{
	*reterr = (struct yg_fault){.code = code, .msg = msg, .pos = pos};
	return code;
}

int yg_line_fault_set(struct yg_line_fault *reterr, enum yg_err code, uint32_t line,
		      const char *format, ...)
{
	va_list args;

	if (!reterr)
		return code;
	reterr->code = code;
	reterr->line = line;
	va_start(args, format);
	(void)vsnprintf(reterr->msg, sizeof(reterr->msg), format, args); /* cut on purpose */
	va_end(args);
	return code;
}

int yg_err_from_errno(int errnum)
{
	switch (-errnum) {
#define X(name, value, text)                                                                       \
	case YG_##name:                                                                            \
		return YG_##name;
		YG_ERR_MAP(X)
#undef X
	default:
		return YG_EIO;
	}
}

const char *yg_err_text(int code)
{
	switch (code) {
	case YG_OK:
		return "success";
#define X(name, value, text)                                                                       \
	case YG_##name:                                                                            \
		return text;
		YG_ERR_MAP(X)
#undef X
	default:
		return "unknown error";
	}
}
