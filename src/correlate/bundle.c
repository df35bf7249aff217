/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/bundle.h"

#include <arpa/inet.h>

#include "base/hash.h"
#include "base/net.h"
#include "base/utf8.h"
#include "model/situation.h"

#include "base/ban.h"

#define ADDRESS_ROOM 48u
#define FOLD_MAX     1024u /* bytes of a name that tell it from others */

/* Names that every organisation has: they say nothing of who it was. */
static bool is_everybodys(struct yg_bytes name)
{
	static const char *const names[] = {
		"-",
		"n/a",
		"system",
		"local service",
		"root",
		"localhost",
		"network service",
		"nt authority\\system",
		"admin",
		"guest",
		"administrator",
		"nt authority\\network service",
		"anonymous",
		"unknown",
		"127.0.0.1",
		"nt authority\\local service",
		"::1",
		"0.0.0.0",
		"::",
		"anonymous logon",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (yg_bytes_eq_nocase(name, yg_bytes_str(names[i])))
			return true;
	return false;
}

bool yg_bundle_is_outside(struct yg_bytes text)
{
	uint8_t a[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}; /* IPv4 mapped */
	char mem[ADDRESS_ROOM];

	if (text.size == 0 || text.size >= sizeof(mem))
		return false;
	memcpy(mem, text.data, text.size);
	mem[text.size] = '\0';
	return (inet_pton(AF_INET, mem, a + 12) == 1 || inet_pton(AF_INET6, mem, a) == 1) &&
	       !yg_net_is_internal(a, 128);
}

/* Not more than @most bytes, by whole characters. */
static struct yg_bytes cut_at(struct yg_bytes text, size_t most)
{
	if (text.size <= most)
		return text;
	while (most > 0 && (text.data[most] & 0xc0) == 0x80)
		most--;
	return yg_bytes_cut(text, 0, most);
}

static void fill(struct yg_bundle_key *to, enum yg_tie tie, struct yg_bytes scope,
		 struct yg_bytes about, struct yg_bytes value)
{
	uint8_t digest[YG_DIGEST_BYTES];
	const uint8_t kind = (uint8_t)tie;
	uint8_t folded[FOLD_MAX]; /* case does not tell names apart */
	struct yg_bytes cut = cut_at(value, YG_BUNDLE_VALUE_MAX);
	size_t size = yg_fold(yg_bytes_cut(value, 0, sizeof(folded)), folded);
	const struct yg_bytes parts[] = {{&kind, 1}, scope, about, {folded, size}};

	yg_digest_parts(parts, 4, digest);
	memcpy(to->key, digest, YG_BUNDLE_KEY_BYTES);
	to->tie = kind;
	if (cut.size > 0)
		memcpy(to->value, cut.data, cut.size);
	to->value[cut.size] = '\0';
}

/* "EXAMPLE\\sato" and "sato@example.com" are "sato" in a log that does not write domains. */
static struct yg_bytes bare_name(struct yg_bytes name)
{
	size_t at = yg_bytes_chr(name, '\\');
	size_t size = at < name.size ? name.size : yg_bytes_chr(name, '@');

	if (at + 1 < name.size)
		return yg_bytes_from(name, at + 1);
	return size > 0 && size < name.size ? yg_bytes_cut(name, 0, size) : name;
}

/* "/a/b?c" is about "/a/b". */
static struct yg_bytes path_of(struct yg_bytes target)
{
	size_t at = yg_bytes_chr(target, '?');

	return at < target.size ? yg_bytes_cut(target, 0, at) : target;
}

/* Many who attack one path are of one kind, whatever they try; elsewhere, and where the path says
 * nothing, the rule says what kind it is. */
static void pattern_of(const struct yg_bundle_alert *a, struct yg_bundle_key *ret)
{
	const struct yg_bytes none = {0};
	struct yg_bytes path = path_of(a->target);

	if (a->field == YG_ATTACK_WEB && path.size > 1)
		fill(ret, YG_TIE_PATTERN, none, none, path);
	else
		fill(ret, YG_TIE_PATTERN, a->field == YG_ATTACK_WEB ? none : a->org, a->rule,
		     a->title);
}

/* Is @whom, the bare target, a computer or an account that says who it was? */
static bool is_target_name(const struct yg_bundle_alert *a, struct yg_bytes who,
			   struct yg_bytes whom)
{
	return whom.size > 0 && a->field != YG_ATTACK_WEB && whom.data[0] != '/' &&
	       !yg_bytes_eq_nocase(who, whom) && !is_everybodys(whom) &&
	       !is_everybodys(a->target) && !yg_bundle_is_outside(whom);
}

unsigned yg_bundle_keys(const struct yg_bundle_alert *a,
			struct yg_bundle_key keys[YG_BUNDLE_KEYS_MAX],
			struct yg_bundle_key *ret_pattern)
{
	const struct yg_bytes none = {0};
	const struct yg_bytes who = bare_name(a->actor);
	const struct yg_bytes whom = bare_name(a->target);
	bool is_outside = yg_bundle_is_outside(a->actor);
	bool is_name = is_target_name(a, who, whom);
	unsigned count = 0;

	pattern_of(a, ret_pattern);
	if (a->kind == YG_KIND_INDICATOR && a->matched.size > 0 &&
	    !yg_bytes_eq_nocase(a->matched, a->actor))
		fill(&keys[count++], YG_TIE_INDICATOR, none, none, a->matched);
	if (is_outside)
		fill(&keys[count++], YG_TIE_ADDRESS, none, none, a->actor);
	else if (who.size > 0 && !is_everybodys(who) && !is_everybodys(a->actor))
		fill(&keys[count++], YG_TIE_ENTITY, a->org, none, who);
	if (is_name && (!is_outside || a->outcome == YG_OUTCOME_POSSIBLE))
		fill(&keys[count++], YG_TIE_ENTITY, a->org, none, whom);
	return count;
}

/* ---- spans ---- */

/* The nodes that @key is in around @time_ns, united with *node. */
static int find(const struct yg_bundle_ports *ports, bool is_group, const struct yg_bundle_key *key,
		int64_t time_ns, uint64_t *node)
{
	bool is_changed = true;
	int rc = YG_OK;

	/* Looked at again after each: either of both may be the one that is left. */
	while (is_changed && rc == YG_OK) {
		struct yg_bundle_span spans[YG_BUNDLE_SPANS_MAX];
		unsigned count = 0;

		is_changed = false;
		rc = ports->near(ports->arg, key, time_ns - YG_BUNDLE_GAP_NS,
				 time_ns + YG_BUNDLE_GAP_NS, spans, &count);
		for (unsigned i = 0; i < count && rc == YG_OK && !is_changed; i++) {
			is_changed = *node != 0 && *node != spans[i].node;
			if (is_changed)
				rc = ports->unite(ports->arg, is_group, *node, spans[i].node, node);
			else
				*node = spans[i].node;
		}
	}
	return rc;
}

/* What @key has around @time_ns becomes one span with it, of @node. */
static int widen(const struct yg_bundle_ports *ports, const struct yg_bundle_key *key,
		 int64_t time_ns, uint64_t node)
{
	struct yg_bundle_span spans[YG_BUNDLE_SPANS_MAX];
	struct yg_bundle_span one = {
		.key = *key, .first_ns = time_ns, .last_ns = time_ns, .node = node, .alerts = 1};
	unsigned count = 0;
	int rc = ports->near(ports->arg, key, time_ns - YG_BUNDLE_GAP_NS,
			     time_ns + YG_BUNDLE_GAP_NS, spans, &count);

	for (unsigned i = 0; i < count; i++) {
		if (spans[i].first_ns < one.first_ns)
			one.first_ns = spans[i].first_ns;
		if (spans[i].last_ns > one.last_ns)
			one.last_ns = spans[i].last_ns;
		one.alerts += spans[i].alerts;
	}
	for (unsigned i = 0; i < count && rc == YG_OK; i++) {
		spans[i].key = *key;
		if (spans[i].first_ns != one.first_ns) /* that one is written over */
			rc = ports->drop(ports->arg, &spans[i]);
	}
	return rc == YG_OK ? ports->put(ports->arg, &one) : rc;
}

int yg_bundle_join(const struct yg_bundle_ports *ports, const struct yg_bundle_key *keys,
		   unsigned count, unsigned had, int64_t time_ns, uint64_t chain, uint64_t *ret)
{
	int rc = YG_OK;

	for (unsigned i = had; i < count && rc == YG_OK; i++)
		rc = find(ports, false, &keys[i], time_ns, &chain);
	if (rc == YG_OK && chain == 0)
		rc = ports->fresh(ports->arg, false, &chain);
	for (unsigned i = had; i < count && rc == YG_OK; i++)
		rc = widen(ports, &keys[i], time_ns, chain);
	*ret = chain;
	return rc;
}

int yg_bundle_join_pattern(const struct yg_bundle_ports *ports, const struct yg_bundle_key *pattern,
			   int64_t time_ns, uint64_t *ret)
{
	uint64_t group = 0;
	int rc = find(ports, true, pattern, time_ns, &group);

	if (rc == YG_OK && group == 0)
		rc = ports->fresh(ports->arg, true, &group);
	*ret = group;
	return rc == YG_OK ? widen(ports, pattern, time_ns, group) : rc;
}

bool yg_bundle_is_thin(uint64_t alerts, uint64_t findings, uint64_t actors, bool is_outside,
		       enum yg_outcome outcome)
{
	return alerts <= YG_BUNDLE_THIN && findings <= YG_BUNDLE_THIN_COUNT && actors == 1 &&
	       is_outside && outcome != YG_OUTCOME_POSSIBLE;
}
