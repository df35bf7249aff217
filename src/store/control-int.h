/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/control-int.h - what control.c asks of a backend.
 *
 * control.c checks every name and limit and keeps the rules of transactions, so a backend sees
 * only what is allowed: puts inside a transaction, no writing while a listing is going on.
 */
#pragma once

#include "store/control.h"

struct yg_control_ops {
	void (*free)(struct yg_control *store);
	int (*begin)(struct yg_control *store);
	/* A view, which ends by abort; only of those that have readers. */
	int (*look)(struct yg_control *store);
	int (*commit)(struct yg_control *store); /* on failure: rolled back */
	void (*abort)(struct yg_control *store);
	int (*put)(struct yg_control *store, const struct yg_doc_put *put, uint32_t *ret_revision);
	int (*purge)(struct yg_control *store, const struct yg_doc_put *id, bool keeps_current,
		     uint32_t *ret_count);
	int (*get)(struct yg_control *store, const struct yg_doc_put *id, yg_doc_fn fn, void *arg);
	int (*shared)(struct yg_control *store, const struct yg_doc_put *id, yg_shared_fn fn,
		      void *arg);
	int (*list)(struct yg_control *store, struct yg_bytes org,
		    const struct yg_doc_filter *filter, yg_doc_fn fn, void *arg);
	int (*history)(struct yg_control *store, const struct yg_doc_put *id, yg_doc_fn fn,
		       void *arg);
	int (*last_change)(struct yg_control *store, struct yg_bytes org, uint64_t *ret);
	int (*catch_up)(struct yg_control *store, size_t bytes_max); /* NULL: never */
	const char *(*trouble)(const struct yg_control *store);
};

/* The first member of each backend's own struct. */
struct yg_control {
	const struct yg_control_ops *ops;
	bool is_in_transaction;
	unsigned joined;  /* begins within it that have not ended */
	int failed;	  /* what broke the transaction that is open; YG_OK: nothing did */
	unsigned readers; /* callbacks that are running */
	bool is_reader;	  /* nothing is written by way of it */
	bool was_refused; /* something was to be */
};

/* What a document is at now; revision 0: it never was. */
struct yg_doc_head {
	uint32_t revision;
	bool is_removed;
};

/* May @put follow on @head? YG_OK and the revision it becomes; YG_EMISMATCH, YG_ENOENT, YG_ELIMIT.
 */
YG_MUST_USE int yg_control_next(struct yg_doc_head head, const struct yg_doc_put *put,
				uint32_t *ret_revision);
