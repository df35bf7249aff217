/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/err.h - the errors of the whole program.
 *
 * A function that can fail returns int: YG_OK, or one of these (negative).
 * Values between -1 and -999 are system errors (-errno); our own start at -1000.
 */
#pragma once

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#define YG_MUST_USE __attribute__((warn_unused_result))

/* One line for each error: name, value, text. Errors are defined nowhere else. */
#define YG_ERR_MAP(X)                                                                              \
	X(ENOMEM, -ENOMEM, N_("out of memory"))                                                    \
	X(EINVAL, -EINVAL, N_("invalid argument"))                                                 \
	X(EIO, -EIO, N_("input or output error"))                                                  \
	X(ENOENT, -ENOENT, N_("no such file or folder"))                                           \
	X(EACCES, -EACCES, N_("permission denied"))                                                \
	X(EISDIR, -EISDIR, N_("is a folder"))                                                      \
	X(ENOSPC, -ENOSPC, N_("No space left on device"))                                          \
	X(EPIPE, -EPIPE, N_("the reader of the output has gone"))                                  \
	X(ETRUNC, -1000, N_("input ends too early"))                                               \
	X(EFORMAT, -1001, N_("input breaks its format"))                                           \
	X(ELIMIT, -1002, N_("a fixed limit was reached"))                                          \
	X(EUNSUPPORTED, -1003, N_("not supported"))                                                \
	X(EDUPLICATE, -1004, N_("already there"))                                                  \
	X(EMISMATCH, -1005, N_("does not fit this reader"))                                        \
	X(EDIGEST, -1006, N_("checksum does not agree"))                                           \
	X(EEND, -1007, N_("end of input"))                                                         \
	X(EAGAIN, -1008, N_("nothing to read right now"))

enum yg_err {
	YG_OK = 0,
#define X(name, value, text) YG_##name = (value),
	YG_ERR_MAP(X)
#undef X
};

/* What is wrong in an input: @msg is static text, @pos a byte offset into it. */
struct yg_fault {
	enum yg_err code;
	const char *msg;
	size_t pos;
};

/* The same for a file of people, whose editors count lines: the message names what is concerned. */
#define YG_LINE_FAULT_MAX 240u
struct yg_line_fault {
	enum yg_err code;
	uint32_t line;		     /* from 1; 0: the file as a whole */
	char msg[YG_LINE_FAULT_MAX]; /* English */
};

/* Fill *@reterr (may be NULL; @format as printf, cut where it is too long) and return @code. */
__attribute__((format(printf, 4, 5))) int yg_line_fault_set(struct yg_line_fault *reterr,
							    enum yg_err code, uint32_t line,
							    const char *format, ...);

/* Fill *@reterr and return @code, so that a parser can `return yg_fault_set(...)`. */
int yg_fault_set(struct yg_fault *reterr, enum yg_err code, const char *msg, size_t pos);

/* The error for a value of errno; system errors without a line of their own give YG_EIO. */
int yg_err_from_errno(int errnum);

/* Text for @code; never NULL, never freed. */
const char *yg_err_text(int code);
