/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/store/store_help.h - short ways to put and read, a folder of one's own.
 */
#pragma once

#define YG_BAN_ALLOW_MALLOC
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../check.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "store/control.h"

#define ORG  YG_S("local")
#define KIND YG_S("answer")

static char folder[128];

/* A new folder under TMPDIR; removed by remove_folder(). */
static inline void make_folder(void)
{
	const char *base = getenv("TMPDIR");

	(void)snprintf(folder, sizeof(folder), "%s/yagura-store-XXXXXX", base ? base : "/tmp");
	if (!mkdtemp(folder)) {
		perror(folder);
		exit(1);
	}
}

static inline const char *path_of(const char *name)
{
	static char path[2][256];
	static unsigned turn;

	turn = !turn;
	(void)snprintf(path[turn], sizeof(path[turn]), "%s/%s", folder, name);
	return path[turn];
}

/* What a call may give that was made to fail (base/alloc.h): memory, or the disk. */
static inline bool is_ordered_failure(int rc)
{
	return rc == YG_ENOMEM || rc == YG_ENOSPC || rc == YG_EIO || rc == YG_EACCES;
}

static inline void remove_store(const char *name)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
	char whole[300];

	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(whole, sizeof(whole), "%s%s", path_of(name), ends[i]);
		(void)unlink(whole);
	}
}

static inline struct yg_doc_put put_of(const char *key, const char *body, uint32_t expected)
{
	return (struct yg_doc_put){
		.org = ORG,
		.kind = KIND,
		.key = yg_bytes_str(key),
		.body = yg_bytes_str(body),
		.is_removed = !body,
		.expected = expected,
		.time_ns = 1700000000000000000,
		.actor = YG_S("local:test"),
	};
}

/* @body NULL: a tombstone. */
static inline int put(struct yg_control *store, const char *key, const char *body,
		      uint32_t expected)
{
	struct yg_doc_put doc = put_of(key, body, expected);

	return yg_control_put(store, &doc, NULL);
}

/* "key@revision=body;" of each document that comes, "key@revision-;" for a tombstone. */
static inline int tell(void *arg, const struct yg_doc *doc)
{
	struct yg_buf *to = arg;

	yg_buf_add(to, doc->key);
	yg_buf_addf(to, doc->is_removed ? "@%u-;" : "@%u=", doc->revision);
	if (!doc->is_removed) {
		yg_buf_add(to, doc->body);
		yg_buf_add_byte(to, ';');
	}
	return yg_buf_error(to);
}

/* What stands under @key of @kind in @org: its body, "none", or "error"; valid until the next. */
static inline const char *body_in(struct yg_control *store, struct yg_bytes org, const char *key)
{
	static struct yg_buf text;
	int rc;

	if (text.max == 0)
		yg_buf_init(&text, 64u << 20);
	yg_buf_reset(&text);
	rc = yg_control_get(store, org, KIND, yg_bytes_str(key), tell, &text);
	if (rc != YG_OK)
		return rc == YG_ENOENT ? "none" : "error";
	yg_buf_add_byte(&text, 0);
	return yg_buf_error(&text) ? "error" : strchr((char *)text.data, '@');
}

#define body_of(store, key) body_in(store, ORG, key)
