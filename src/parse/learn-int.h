/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/learn-int.h - what learning from lines of text and from objects share. Layer: parse;
 * private to it.
 */
#pragma once

#include "parse/learn.h"

/* Does @word tell how it ended (failed, accepted, denied, ...)? Its first 16 bytes count. */
bool yg_learn_is_telling(struct yg_bytes word);

/* @text as a literal of a pattern: braces doubled, blanks and tabs one blank. */
void yg_learn_literal(struct yg_buf *to, struct yg_bytes text);
