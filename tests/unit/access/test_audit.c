/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log is copied document by document into another store, as somebody with the database in his
 * hands could rewrite it, and what was done to it must be found and named.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; nothing is allocated here */
#include <unistd.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/json.h"
#include "hub_help.h"

#include "base/ban.h"

#define ENTRIES 150u /* with two checkpoints on the way, at 64 and 128 */
#define DOCS	400u

struct copy {
	char kind[16];
	char key[32];
	char *body;
	size_t size;
};
static struct copy docs[DOCS];
static unsigned doc_count;
static char folder[64];

static void remove_file(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name); /* fits */
	(void)unlink(path);					   /* when it is there */
}

static void clean(void)
{
	static const char *const names[] = {"ca/audit.key", "ca/audit.pub", "audit/checkpoint"};
	char path[128];

	for (unsigned i = 0; i < 3; i++)
		remove_file(names[i]);
	(void)snprintf(path, sizeof(path), "%s/ca", folder); /* fits, as below */
	(void)rmdir(path);				     /* when it is there, as below */
	(void)snprintf(path, sizeof(path), "%s/audit", folder);
	(void)rmdir(path);
	(void)rmdir(folder);
}

static int keep(void *arg, const struct yg_doc *doc)
{
	struct copy *copy = &docs[doc_count++];

	(void)arg;
	MUST(doc_count < DOCS && doc->kind.size < 16 && doc->key.size < 32);
	*copy = (struct copy){.size = doc->body.size};
	memcpy(copy->kind, doc->kind.data, doc->kind.size);
	memcpy(copy->key, doc->key.data, doc->key.size);
	copy->body = yg_strndup((const char *)doc->body.data, doc->body.size);
	MUST(copy->body);
	return YG_OK;
}

static void forget(void)
{
	while (doc_count > 0)
		free(docs[--doc_count].body);
}

/* A log of ENTRIES entries, signed at 64, at 128 and at its end, and its copy in @docs. */
static void write_log(void)
{
	struct yg_doc_filter filter = {.by_change = true, .limit = DOCS};
	char object[32];

	(void)snprintf(folder, sizeof(folder), "/tmp/yagura-audit-XXXXXX");
	MUST(mkdtemp(folder));
	hub_start();
	MUST(yg_audit_key_open(hub, folder) == YG_OK);
	for (unsigned i = 1; i <= ENTRIES; i++) {
		(void)snprintf(object, sizeof(object), "object %u", i);
		MUST(yg_audit_add(hub, "test", "acme", "test.do", object, "") == YG_OK);
	}
	MUST(yg_audit_checkpoint(hub) == YG_OK);
	forget();
	MUST(yg_control_list(store, YG_S("hub.audit"), &filter, keep, NULL) == YG_OK);
}

/* The copy becomes the store; the key and the file stay. */
static void restore(void)
{
	struct yg_clock clock = {.now_ns = hub_tell};
	struct yg_doc_put put = {.org = YG_S("hub.audit"),
				 .expected = YG_REVISION_ANY,
				 .time_ns = now_ns,
				 .actor = YG_S("test")};

	hub_end();
	store = yg_control_new_ram();
	MUST(store && yg_enrol_new(store, clock, "test", &enrol) == YG_OK);
	MUST(yg_hub_access_new(store, enrol, clock, &hub) == YG_OK);
	for (unsigned i = 0; i < doc_count; i++) {
		put.kind = yg_bytes_str(docs[i].kind);
		put.key = yg_bytes_str(docs[i].key);
		put.body = (struct yg_bytes){(const uint8_t *)docs[i].body, docs[i].size};
		MUST(yg_control_put(store, &put, NULL) == YG_OK);
	}
	MUST(yg_audit_key_open(hub, folder) == YG_OK);
}

static struct yg_audit_report report;
static bool is_found(enum yg_audit_fault fault, uint64_t number)
{
	restore();
	MUST(yg_audit_verify(hub, (struct yg_bytes){0}, &report) == YG_OK);
	if (report.fault != fault || report.number != number)
		fprintf(stderr, "%s at %llu, not %s at %llu\n", yg_audit_fault_name(report.fault),
			(unsigned long long)report.number, yg_audit_fault_name(fault),
			(unsigned long long)number);
	return report.fault == fault && report.number == number;
}

/* Where entry @number is in the copy. */
static unsigned place_of(uint64_t number)
{
	char key[32];
	unsigned i = 0;

	(void)snprintf(key, sizeof(key), "%020llu", (unsigned long long)number);
	while (strcmp(docs[i].kind, "entry") != 0 || strcmp(docs[i].key, key) != 0)
		i++;
	return i;
}

static void drop(unsigned at)
{
	free(docs[at].body);
	memmove(&docs[at], &docs[at + 1], (doc_count - at - 1) * sizeof(docs[0]));
	doc_count--;
}

static void change_body(unsigned at)
{
	char *place = strstr(docs[at].body, "object ");

	MUST(place);
	place[0] = 'O';
}

/* "previous" of each entry from @number on made to fit again, as one would who knows the form. */
static void chain_again(uint64_t number)
{
	char digest[YG_SHA256_HEX + 1];

	for (; number <= ENTRIES; number++) {
		struct copy *before = &docs[place_of(number - 1)];
		char *place = strstr(docs[place_of(number)].body, "\"previous\":\"");

		MUST(place);
		yg_sha256_hex((struct yg_bytes){(uint8_t *)before->body, before->size}, digest);
		memcpy(place + 12, digest, YG_SHA256_HEX);
	}
}

static void whole(void)
{
	write_log();
	MUST(yg_audit_verify(hub, (struct yg_bytes){0}, &report) == YG_OK);
	CHECK(report.fault == YG_AUDIT_GOOD && report.entries == ENTRIES);
	CHECK(report.checkpoints == 3 && report.covered == ENTRIES);
	CHECK(is_found(YG_AUDIT_GOOD, 0)); /* copying alone does nothing to it */
	/* It goes on after that, in the same chain. */
	CHECK(yg_audit_add(hub, "test", "", "test.more", "", "") == YG_OK);
	MUST(yg_audit_verify(hub, (struct yg_bytes){0}, &report) == YG_OK);
	CHECK(report.fault == YG_AUDIT_GOOD && report.entries == ENTRIES + 1);
	CHECK(report.covered == ENTRIES);
	forget();
	hub_end();
	clean();
}

static const uint64_t numbers[] = {1, 2, 30, 63, 64, 65, 66, 100, 128, 129, 149, 150};
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static void changed(void)
{
	for (unsigned i = 0; i < NUMBERS; i++) {
		write_log();
		change_body(place_of(numbers[i]));
		CHECK(is_found(YG_AUDIT_CHANGED, numbers[i]));
		/* And the chain made to fit after it: the checkpoint knows. */
		chain_again(numbers[i] + 1);
		CHECK(is_found(YG_AUDIT_CHANGED, numbers[i]));
		forget();
		hub_end();
		clean();
	}
}

/* "previous" itself, where nothing but the neighbours or a checkpoint can say which was changed. */
static void link_changed(void)
{
	for (unsigned i = 0; i < NUMBERS; i++) {
		write_log();
		memcpy(strstr(docs[place_of(numbers[i])].body, "\"previous\":\"") + 12,
		       "0123456789", 10);
		CHECK(is_found(YG_AUDIT_CHANGED, numbers[i]));
		forget();
		hub_end();
		clean();
	}
}

static void removed(void)
{
	for (unsigned i = 0; i + 1 < NUMBERS; i++) {
		write_log();
		drop(place_of(numbers[i]));
		CHECK(is_found(YG_AUDIT_REMOVED, numbers[i]));
		forget();
		hub_end();
		clean();
	}
}

static void reordered(void)
{
	for (unsigned i = 0; i + 1 < NUMBERS; i++) {
		unsigned a;
		unsigned b;
		struct copy held;

		write_log();
		a = place_of(numbers[i]);
		b = place_of(numbers[i] + 1);
		held = docs[a];
		docs[a] = docs[b];
		docs[b] = held;
		CHECK(is_found(YG_AUDIT_REORDERED, numbers[i]));
		/* The same with the keys left where they were. */
		memcpy(docs[b].key, docs[a].key, sizeof(held.key));
		memcpy(docs[a].key, held.key, sizeof(held.key));
		CHECK(is_found(YG_AUDIT_REORDERED, numbers[i]));
		forget();
		hub_end();
		clean();
	}
}

/* From entry @number on everything gone, checkpoints of the store too: the file knows. */
static void cut(void)
{
	for (unsigned i = 0; i < NUMBERS; i++) {
		write_log();
		while (doc_count > place_of(numbers[i]) + 1)
			drop(doc_count - 1);
		drop(doc_count - 1);
		CHECK(is_found(YG_AUDIT_CUT, numbers[i]));
		forget();
		hub_end();
		clean();
	}
	write_log(); /* only entries, and the checkpoint stays */
	drop(place_of(ENTRIES));
	CHECK(is_found(YG_AUDIT_REMOVED, ENTRIES));
	forget();
	hub_end();
	clean();
}

/* File and store cut to an earlier state together: only a copy kept elsewhere knows. */
static void kept_elsewhere(void)
{
	struct yg_buf line;

	write_log();
	yg_buf_init(&line, 1u << 20);
	MUST(yg_audit_last(hub, &line) == YG_OK);
	while (doc_count > 100)
		drop(doc_count - 1);
	remove_file("audit/checkpoint");
	restore();
	MUST(yg_audit_verify(hub, (struct yg_bytes){0}, &report) == YG_OK);
	CHECK(report.fault == YG_AUDIT_GOOD); /* nobody could know */
	MUST(yg_audit_verify(hub, yg_buf_bytes(&line), &report) == YG_OK);
	CHECK(report.fault == YG_AUDIT_CUT && report.number == 100); /* one is a checkpoint */
	line.data[line.size / 2] ^= 1;
	MUST(yg_audit_verify(hub, yg_buf_bytes(&line), &report) == YG_OK);
	CHECK(report.fault == YG_AUDIT_SIGNATURE || report.fault == YG_AUDIT_FORM);
	yg_buf_done(&line);
	forget();
	hub_end();
	clean();
}

static enum yg_audit_fault verified(void)
{
	MUST(yg_audit_verify(hub, (struct yg_bytes){0}, &report) == YG_OK);
	return report.fault;
}

/* The chain made to fit again, and the checkpoints over it taken away: nobody can sign new ones,
 * and the hub does not do it for him. */
static void without_checkpoints(void)
{
	write_log();
	for (unsigned i = doc_count; i > 0; i--)
		if (strcmp(docs[i - 1].kind, "checkpoint") == 0)
			drop(i - 1);
	restore();
	CHECK(verified() == YG_AUDIT_GOOD); /* the file is one */
	remove_file("audit/checkpoint");
	restore(); /* who opened it and looked did not sign */
	CHECK(verified() == YG_AUDIT_SIGNATURE && report.number == 1);
	MUST(yg_audit_add(hub, "test", "acme", "test.do", "later", "") == YG_OK);
	MUST(yg_audit_checkpoint(hub) == YG_OK);
	CHECK(verified() == YG_AUDIT_SIGNATURE && report.number == 1);
	/* As many as a crash may leave are signed with the next one. */
	remove_file("audit/checkpoint");
	while (doc_count > YG_AUDIT_UNSIGNED_MAX)
		drop(doc_count - 1);
	restore();
	remove_file("audit/checkpoint"); /* the hub before wrote it at its end */
	CHECK(verified() == YG_AUDIT_GOOD && report.covered == 0);
	MUST(yg_audit_add(hub, "test", "acme", "test.do", "later", "") == YG_OK);
	MUST(yg_audit_checkpoint(hub) == YG_OK);
	CHECK(verified() == YG_AUDIT_GOOD && report.covered == YG_AUDIT_UNSIGNED_MAX + 1);
	forget();
	hub_end();
	clean();
}

static void keys(void)
{
	unsigned at = 0;
	char *place;

	write_log();
	while (strcmp(docs[at].kind, "checkpoint") != 0)
		at++;
	place = strstr(docs[at].body, "\"time\":\"2026");
	MUST(place);
	place[11] = '7';
	CHECK(is_found(YG_AUDIT_SIGNATURE, 1));
	place[11] = '6';
	CHECK(is_found(YG_AUDIT_GOOD, 0));
	/* Another key in its place: the signatures are good, and not by this one. */
	remove_file("ca/audit.key");
	CHECK(is_found(YG_AUDIT_KEY, 1));
	forget();
	hub_end();
	clean();
}

static unsigned listed;
static char last_line[1000];
static int see(void *arg, const struct yg_audit_entry *entry)
{
	(void)arg;
	listed++;
	MUST(entry->line.size < sizeof(last_line));
	memcpy(last_line, entry->line.data, entry->line.size);
	last_line[entry->line.size] = '\0';
	return YG_OK;
}

/* What the register does is in it, refusals too, and a refused change is not. */
static void deeds(void)
{
	char token[YG_HUB_TOKEN_HEX + 1];
	struct yg_hub_actor tanaka;
	struct yg_access *by;

	hub_start();
	add_org("acme");
	tanaka = person("tanaka", "member:acme");
	CHECK(sign_in("tanaka", false, false, token) == YG_SIGN_IN_WRONG);
	CHECK(sign_in("my secret password", false, false, token) == YG_SIGN_IN_WRONG);
	by = open_as(&root, "hub", YG_MAY_read_audit);
	listed = 0;
	CHECK(yg_audit_list(by, 0, 100, see, NULL) == YG_OK && listed == 6);
	CHECK(strstr(last_line, "unknown login") && !strstr(last_line, "secret"));
	CHECK(yg_audit_list(by, 4, 1, see, NULL) == YG_OK);
	CHECK(strstr(last_line, "\"action\":\"sign_in.refused\"") &&
	      strstr(last_line, tanaka.person));
	(void)yg_access_free(by);
	CHECK(ask(&tanaka, "acme", YG_MAY_read_audit) == YG_EACCES);
	/* A flood of refusals fills nothing. */
	for (unsigned i = 0; i < 2000; i++) {
		struct yg_sign_in_attempt attempt;
		char address[32];
		enum yg_sign_in_result result;

		(void)snprintf(address, sizeof(address), "10.0.%u.%u", i / 250, i % 250);
		(void)snprintf(token, sizeof(token), "user%u", i);
		if (yg_sign_in_begin(hub, yg_bytes_str(token), yg_bytes_str(address), YG_S(""),
				     false, &attempt) == YG_SIGN_IN_DONE)
			CHECK(yg_sign_in_end(hub, &attempt, false, &result, token) == YG_OK);
	}
	by = open_as(&root, "hub", YG_MAY_read_audit);
	listed = 0;
	CHECK(yg_audit_list(by, 0, 5000, see, NULL) == YG_OK && listed < 100);
	now_ns += 2 * YG_NS_PER_S;
	CHECK(sign_in("one more", false, false, token) == YG_SIGN_IN_WRONG);
	CHECK(yg_audit_list(by, 0, 5000, see, NULL) == YG_OK);
	CHECK(strstr(last_line, " left out before") && !strstr(last_line, "; 0 left out"));
	(void)yg_access_free(by);
	MUST(yg_audit_verify(hub, (struct yg_bytes){0}, &report) == YG_OK);
	CHECK(report.fault == YG_AUDIT_GOOD && report.checkpoints == 0);
	hub_end();
}

static const struct check_case cases[] = {
	CASE(whole),	 CASE(changed), CASE(link_changed),   CASE(removed),
	CASE(reordered), CASE(cut),	CASE(kept_elsewhere), CASE(without_checkpoints),
	CASE(keys),	 CASE(deeds),
};
CHECK_MAIN(cases)
