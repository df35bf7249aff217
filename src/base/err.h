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

#define YG_MUST_USE __attribute__((warn_unused_result))

/* One line for each error: name, value, text. Errors are defined nowhere else. */
#define YG_ERR_MAP(X)                                                                              \
	X(ENOMEM, -ENOMEM, "out of memory")                                                        \
	X(EINVAL, -EINVAL, "invalid argument")                                                     \
	X(EIO, -EIO, "input or output error")                                                      \
	X(ENOENT, -ENOENT, "no such file or folder")                                               \
	X(EACCES, -EACCES, "permission denied")                                                    \
	X(EISDIR, -EISDIR, "is a folder")                                                          \
	X(ENOSPC, -ENOSPC, "No space left on device")                                              \
	X(EPIPE, -EPIPE, "the reader of the output has gone")                                      \
	X(ETRUNC, -1000, "input ends too early")                                                   \
	X(EFORMAT, -1001, "input breaks its format")                                               \
	X(ELIMIT, -1002, "a fixed limit was reached")                                              \
	X(EUNSUPPORTED, -1003, "not supported")                                                    \
	X(EDUPLICATE, -1004, "already there")                                                      \
	X(EMISMATCH, -1005, "does not fit this reader")                                            \
	X(EDIGEST, -1006, "checksum does not agree")                                               \
	X(EEND, -1007, "end of input")                                                             \
	X(EAGAIN, -1008, "nothing to read right now")

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

/* Fill *@reterr and return @code, so that a parser can `return yg_fault_set(...)`. */
int yg_fault_set(struct yg_fault *reterr, enum yg_err code, const char *msg, size_t pos);

/* The error for a value of errno; system errors without a line of their own give YG_EIO. */
int yg_err_from_errno(int errnum);

/* Text for @code; never NULL, never freed. */
const char *yg_err_text(int code);
