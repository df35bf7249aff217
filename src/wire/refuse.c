/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "wire/refuse.h"

#include "base/json.h"

#include "base/ban.h"

#define PROBLEM_BYTES_MAX 16384u

static const struct {
	int status;
	const char *code;
	const char *title;
	const char *detail;
} table[YG_WIRE_REFUSAL_COUNT] = {[YG_WIRE_OK] = {200, "ok", "", NULL},
#define X(name, status, code, title, detail) [YG_WIRE_##name] = {status, code, title, detail},
				  YG_WIRE_REFUSALS(X)
#undef X
};

int yg_wire_fault_set(struct yg_wire_fault *reterr, int rc, enum yg_wire_refusal refusal,
		      const char *msg, uint64_t at)
{
	*reterr = (struct yg_wire_fault){refusal, msg, at};
	return rc;
}

int yg_wire_status(enum yg_wire_refusal refusal)
{
	return table[refusal].status;
}

const char *yg_wire_code(enum yg_wire_refusal refusal)
{
	return table[refusal].code;
}

const char *yg_wire_title(enum yg_wire_refusal refusal)
{
	return table[refusal].title;
}

/* What exactly is wrong, then what to do. */
static void add_detail(struct yg_buf *to, const struct yg_wire_fault *fault)
{
	const char *hint = table[fault->refusal].detail;
	struct yg_buf text;

	if (!fault->msg && !hint)
		return;
	yg_buf_init(&text, PROBLEM_BYTES_MAX);
	if (fault->msg)
		yg_buf_add_str(&text, fault->msg);
	if (fault->msg && fault->at != YG_WIRE_NOWHERE)
		yg_buf_addf(&text, " (at %llu)", (unsigned long long)fault->at);
	if (fault->msg && hint)
		yg_buf_add_str(&text, ". ");
	if (hint)
		yg_buf_add_str(&text, hint);
	yg_buf_add_str(to, ",\"detail\":");
	yg_buf_add_json(to, yg_buf_bytes(&text));
	if (yg_buf_error(&text) && !to->error)
		to->error = yg_buf_error(&text);
	yg_buf_done(&text);
}

void yg_wire_problem_write(struct yg_buf *to, const struct yg_wire_fault *fault,
			   const struct yg_wire_next *next)
{
	yg_buf_add_str(to, "{\"type\":\"about:blank\",\"code\":");
	yg_buf_add_json(to, yg_bytes_str(table[fault->refusal].code));
	yg_buf_add_str(to, ",\"title\":");
	yg_buf_add_json(to, yg_bytes_str(table[fault->refusal].title));
	add_detail(to, fault);
	if (next && next->epoch > 0)
		yg_buf_addf(to, ",\"next\":{\"epoch\":%llu,\"sequence\":%llu}",
			    (unsigned long long)next->epoch, (unsigned long long)next->sequence);
	yg_buf_addf(to, ",\"status\":%d}", table[fault->refusal].status);
}

static uint64_t count_of(const json_t *object, const char *key)
{
	int64_t value = yg_json_int(object, key, 0);

	return value > 0 ? (uint64_t)value : 0;
}

int yg_wire_problem_read(struct yg_bytes body, enum yg_wire_refusal *ret,
			 struct yg_wire_next *ret_next)
{
	struct yg_fault fault;
	json_t *problem = NULL;
	const json_t *next;
	struct yg_bytes code;
	int rc = yg_json_load(body, PROBLEM_BYTES_MAX, &problem, &fault);

	if (rc != YG_OK)
		return rc == YG_ENOMEM ? rc : YG_EFORMAT;
	code = yg_json_text(problem, "code");
	next = json_object_get(problem, "next");
	*ret_next = (struct yg_wire_next){count_of(next, "epoch"), count_of(next, "sequence")};
	*ret = YG_WIRE_INTERNAL;
	for (unsigned i = 1; i < YG_WIRE_REFUSAL_COUNT; i++) {
		if (yg_bytes_eq(code, yg_bytes_str(table[i].code)))
			*ret = (enum yg_wire_refusal)i;
	}
	json_decref(problem);
	return code.size > 0 ? YG_OK : YG_EFORMAT;
}
