/* SPDX-License-Identifier: Apache-2.0 */
/* A copy of a database in use: one moment of it, whole, a file alone. */
#define _GNU_SOURCE
#include "store/copy.h"

#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "base/alloc.h"
#include "base/io.h"
#include "store/control.h"

#include "base/ban.h"

static char folder[64];
static char from[96];
static char to[96];

static bool start(void)
{
	(void)snprintf(folder, sizeof(folder), "%s/store-copy-XXXXXX",
		       getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(folder))
		return false;
	(void)snprintf(from, sizeof(from), "%s/hub.db", folder);
	(void)snprintf(to, sizeof(to), "%s/copy.db", folder);
	return true;
}

static int put(struct yg_control *store, unsigned number)
{
	char key[16];
	struct yg_doc_put doc = {.org = YG_S("acme"),
				 .kind = YG_S("thing"),
				 .body = YG_S("{\"a\":1}"),
				 .expected = YG_REVISION_ANY,
				 .actor = YG_S("test")};

	(void)snprintf(key, sizeof(key), "%08u", number);
	doc.key = yg_bytes_str(key);
	return yg_control_put(store, &doc, NULL);
}

static int count_one(void *arg, const struct yg_doc *doc)
{
	(void)doc;
	++*(unsigned *)arg;
	return YG_OK;
}

static unsigned count(const char *path)
{
	struct yg_doc_filter filter = {.kind = YG_S("thing"), .limit = YG_DOC_LIST_MAX};
	struct yg_control *store = NULL;
	unsigned found = 0;

	if (yg_control_open_sqlite(path, false, &store) != YG_OK ||
	    yg_control_list(store, YG_S("acme"), &filter, count_one, &found) != YG_OK)
		found = 9999;
	(void)yg_control_free(store);
	return found;
}

/* What is committed is in it, what is not is not; the writer goes on. */
static void of_one_in_use(void)
{
	struct yg_control *store = NULL;
	char beside[112];

	CHECK(start());
	CHECK(yg_control_open_sqlite(from, true, &store) == YG_OK);
	for (unsigned i = 0; i < 500; i++)
		CHECK(put(store, i) == YG_OK);
	CHECK(yg_control_begin(store) == YG_OK && put(store, 500) == YG_OK);
	CHECK(yg_store_copy(from, to) == YG_OK);
	CHECK(put(store, 501) == YG_OK && yg_control_commit(store) == YG_OK);
	(void)snprintf(beside, sizeof(beside), "%s-wal", to);
	CHECK(access(beside, F_OK) != 0);
	CHECK(yg_store_check(to) == YG_OK);
	CHECK(yg_store_copy(from, to) == YG_EDUPLICATE);
	CHECK(count(to) == 500);
	store = yg_control_free(store);
	CHECK(count(from) == 502);
}

static void damaged(void)
{
	struct yg_control *store = NULL;
	uint8_t *bytes = NULL;
	size_t size = 0;

	CHECK(start());
	CHECK(yg_store_check(from) == YG_ENOENT && yg_store_copy(from, to) == YG_ENOENT);
	CHECK(yg_control_open_sqlite(from, true, &store) == YG_OK);
	for (unsigned i = 0; i < 500; i++)
		CHECK(put(store, i) == YG_OK);
	store = yg_control_free(store);
	CHECK(yg_store_check(from) == YG_OK);
	CHECK(yg_io_read_file(from, 1u << 30, &bytes, &size) == YG_OK && size > 20000);
	memset(bytes + 12288, 0x5a, 4096);
	CHECK(yg_io_replace(to, (struct yg_bytes){bytes, size}, 0600) == YG_OK);
	CHECK(yg_store_check(to) == YG_EDIGEST);
	memset(bytes, 0x5a, size);
	CHECK(yg_io_replace(to, (struct yg_bytes){bytes, size}, 0600) == YG_OK);
	CHECK(yg_store_check(to) != YG_OK);
	free(bytes);
}

/* What was purged stands nowhere in its files any more, while another has it open. */
static void scrubbed(void)
{
	struct yg_doc_put id = {
		.org = YG_S("acme"), .kind = YG_S("thing"), .key = YG_S("00000250")};
	struct yg_control *store = NULL;
	uint8_t *bytes = NULL;
	size_t size = 0;
	char beside[112];

	CHECK(start());
	CHECK(yg_store_scrub(from) == YG_ENOENT);
	CHECK(yg_control_open_sqlite(from, true, &store) == YG_OK);
	for (unsigned i = 0; i < 500; i++)
		CHECK(put(store, i) == YG_OK);
	CHECK(yg_control_begin(store) == YG_OK);
	CHECK(yg_control_purge(store, &id, false, NULL) == YG_OK);
	CHECK(yg_control_commit(store) == YG_OK);
	CHECK(yg_store_scrub(from) == YG_OK);
	CHECK(yg_io_read_file(from, 1u << 30, &bytes, &size) == YG_OK && size > 20000);
	CHECK(yg_bytes_find((struct yg_bytes){bytes, size}, YG_S("00000249")) != SIZE_MAX);
	CHECK(yg_bytes_find((struct yg_bytes){bytes, size}, YG_S("00000250")) == SIZE_MAX);
	free(bytes);
	(void)snprintf(beside, sizeof(beside), "%s-wal", from);
	bytes = NULL;
	CHECK(yg_io_read_file(beside, 1u << 30, &bytes, &size) == YG_OK && size == 0);
	free(bytes);
	CHECK(put(store, 600) == YG_OK); /* and it goes on */
	store = yg_control_free(store);
	CHECK(yg_store_check(from) == YG_OK && count(from) == 500);
}

/* Each call of base/ fails once: then there is no copy, and the same succeeds after. */
static void failing_calls(void)
{
	struct yg_control *store = NULL;

	CHECK(start());
	CHECK(yg_control_open_sqlite(from, true, &store) == YG_OK && put(store, 1) == YG_OK);
	for (long n = 1; n < 400; n++) {
		bool was_reached;
		int rc;

		yg_fail_at = n;
		rc = yg_store_copy(from, to);
		was_reached = yg_fail_at == 0;
		yg_fail_at = 0;
		CHECK(rc == YG_OK || access(to, F_OK) != 0);
		if (rc == YG_OK)
			CHECK(yg_store_check(to) == YG_OK && unlink(to) == 0);
		if (!was_reached)
			break;
	}
	CHECK(yg_store_copy(from, to) == YG_OK && count(to) == 1);
	store = yg_control_free(store);
}

static const struct check_case cases[] = {CASE(of_one_in_use), CASE(damaged), CASE(scrubbed),
					  CASE(failing_calls)};
CHECK_MAIN(cases)
