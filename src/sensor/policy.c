/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "sensor/policy.h"

#include <pthread.h>

#include "base/alloc.h"
#include "base/disk.h"
#include "base/io.h"

#include "base/ban.h"

struct yg_sensor_policy {
	const struct yg_home *home;
	char path[YG_HOME_PATH_MAX]; /* of the file */
	bool has_file;
	pthread_mutex_t lock; /* wish, next, what they are made of */
	struct yg_policy local;
	struct yg_detect_settings detect;
	struct yg_policy wish;
	bool has_wish;
	struct yg_policy next; /* a wish that is not in force yet */
	bool has_next;
	bool is_late; /* what is in force has no line in the ledger yet */
	uint8_t key[YG_MAC_KEY_BYTES];
	struct yg_lines_filter filter;
	struct yg_lines_filter filter_inventory;
};

/* Cannot fail: ours, of the plain kind, not held twice. */
static void lock(struct yg_sensor_policy *p)
{
	(void)pthread_mutex_lock(&p->lock);
}

static void unlock(struct yg_sensor_policy *p)
{
	(void)pthread_mutex_unlock(&p->lock);
}

/* ---- at work ---- */

static int apply_to(struct yg_sensor_policy *p, struct yg_event *event, bool is_log)
{
	struct yg_mask mask = {.local = &p->local, .key = p->key, .is_no_log = !is_log};
	enum yg_policy_answer answer;
	int rc;

	lock(p);
	mask.wish = p->has_wish ? &p->wish : NULL;
	rc = yg_mask_apply(&mask, event, &answer);
	unlock(p);
	return rc;
}

static int apply(void *arg, struct yg_event *event)
{
	return apply_to(arg, event, true);
}

static int apply_inventory(void *arg, struct yg_event *event)
{
	return apply_to(arg, event, false);
}

int yg_sensor_policy_values(struct yg_sensor_policy *policy, struct yg_event *event,
			    struct yg_bytes *values, size_t count)
{
	struct yg_mask mask = {.local = &policy->local, .key = policy->key, .is_no_log = true};
	enum yg_policy_class class_;
	enum yg_policy_answer answer;
	int rc = YG_EACCES;

	lock(policy);
	mask.wish = policy->has_wish ? &policy->wish : NULL;
	answer = yg_policy_ask(mask.local, mask.wish,
			       yg_bytes_str(yg_format_name(YG_FORMAT_FINDING)), event->source,
			       YG_POLICY_NONE, &class_);
	/* What a file says of records of findings: `sources: [{kind: yagura-finding, …}]`. */
	if (answer == YG_POLICY_LEAVES || answer == YG_POLICY_RAW_OFF)
		rc = yg_mask_taken(&mask, event, values, count, &answer);
	unlock(policy);
	return rc;
}

void yg_sensor_policy_token(const struct yg_sensor_policy *policy, struct yg_bytes text,
			    char to[YG_MASK_TOKEN_MAX])
{
	yg_mask_token(policy->key, text, to);
}

const struct yg_detect_settings *yg_sensor_policy_detect(const struct yg_sensor_policy *policy)
{
	return &policy->detect;
}

const struct yg_lines_filter *yg_sensor_policy_filter(struct yg_sensor_policy *policy)
{
	return &policy->filter;
}

const struct yg_lines_filter *yg_sensor_policy_filter_inventory(struct yg_sensor_policy *policy)
{
	return &policy->filter_inventory;
}

/* ---- loading ---- */

static int read_file(const char *path, struct yg_sensor_policy *p, struct yg_line_fault *reterr)
{
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = yg_io_read_file(path, YG_POLICY_FILE_MAX, &bytes, &size);

	if (rc == YG_OK)
		rc = yg_policy_read_all((struct yg_bytes){bytes, size}, &p->local, &p->detect,
					reterr);
	else
		(void)yg_line_fault_set(reterr, (enum yg_err)rc, 0, "%s", yg_err_text(rc));
	free(bytes);
	return rc;
}

static int load_local(struct yg_sensor_policy *p, const char *file, struct yg_line_fault *reterr)
{
	int rc = YG_OK;

	if (file && strlen(file) < sizeof(p->path))
		(void)snprintf(p->path, sizeof(p->path), "%s", file); /* measured */
	else if (file || !yg_home_path(p->home, "policy.yaml", p->path))
		rc = YG_ELIMIT;
	if (rc == YG_OK)
		rc = read_file(p->path, p, reterr);
	p->has_file = rc == YG_OK;
	if (rc == YG_ENOENT && !file) {
		yg_policy_default(&p->local);
		p->detect.has_built_in = true;
		rc = YG_OK;
	}
	return rc;
}

/* A wish that cannot be read is none: it can only have asked for less. Then nothing leaves that it
 * held back, so it is an error. */
static int load_wish(struct yg_sensor_policy *p, struct yg_line_fault *reterr)
{
	struct yg_wire_fault fault = {0};
	char path[YG_HOME_PATH_MAX];
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = yg_home_path(p->home, "wish.json", path)
			 ? yg_io_read_file(path, YG_WIRE_PAYLOAD_MAX, &bytes, &size)
			 : YG_ELIMIT;

	if (rc == YG_OK)
		rc = yg_policy_wish_read((struct yg_bytes){bytes, size}, &p->wish, &fault);
	p->has_wish = rc == YG_OK;
	free(bytes);
	if (rc == YG_ENOENT)
		return YG_OK;
	if (rc != YG_OK)
		(void)yg_line_fault_set(reterr, (enum yg_err)rc, 0, "wish.json: %s",
					fault.msg ? fault.msg : yg_err_text(rc));
	return rc;
}

static int load_key(struct yg_sensor_policy *p, bool with_key, struct yg_line_fault *reterr)
{
	char path[YG_HOME_PATH_MAX];
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = yg_home_path(p->home, "mask.key", path)
			 ? yg_io_read_file(path, YG_MAC_KEY_BYTES, &bytes, &size)
			 : YG_ELIMIT;

	if (rc == YG_ENOENT && with_key) {
		yg_random(p->key, sizeof(p->key));
		/* Under its name whole or not at all: half a key would stop the sensor for good. */
		rc = yg_disk_replace(path, (struct yg_bytes){p->key, sizeof(p->key)}, 0600);
	} else if (rc == YG_OK && size == sizeof(p->key)) {
		memcpy(p->key, bytes, size);
	} else if (rc == YG_OK) {
		rc = YG_EFORMAT;
	}
	if (bytes)
		yg_wipe(bytes, size);
	free(bytes);
	if (rc == YG_ENOENT && !with_key)
		return YG_OK;
	if (rc != YG_OK)
		(void)yg_line_fault_set(reterr, (enum yg_err)rc, 0, "mask.key: %s",
					rc == YG_EFORMAT || rc == YG_ELIMIT
						? "this must be 32 bytes"
						: yg_err_text(rc));
	return rc;
}

int yg_sensor_policy_load(const struct yg_home *home, const char *file, bool with_key,
			  struct yg_sensor_policy **ret, struct yg_line_fault *reterr)
{
	struct yg_sensor_policy *p = yg_calloc(1, sizeof(*p));
	int rc;

	*reterr = (struct yg_line_fault){.code = YG_ENOMEM};
	if (!p)
		return YG_ENOMEM;
	if (pthread_mutex_init(&p->lock, NULL) != 0) {
		free(p);
		return YG_ENOMEM;
	}
	p->home = home;
	p->filter = (struct yg_lines_filter){apply, p};
	p->filter_inventory = (struct yg_lines_filter){apply_inventory, p};
	rc = load_local(p, file, reterr);
	if (rc == YG_OK)
		rc = load_wish(p, reterr);
	if (rc == YG_OK)
		rc = load_key(p, with_key, reterr);
	*ret = p;
	return rc;
}

struct yg_sensor_policy *yg_sensor_policy_free(struct yg_sensor_policy *policy)
{
	if (!policy)
		return NULL;
	(void)pthread_mutex_destroy(&policy->lock); /* nobody holds it */
	yg_wipe(policy->key, sizeof(policy->key));
	free(policy);
	return NULL;
}

/* ---- wishes ---- */

int yg_sensor_policy_wish(struct yg_sensor_policy *policy, struct yg_bytes body, char *ret_detail)
{
	struct yg_policy *wish = yg_malloc(sizeof(*wish));
	struct yg_wire_fault fault;
	char path[YG_HOME_PATH_MAX];
	size_t refused = 0;
	size_t asked = 0;
	int rc = wish ? yg_policy_wish_read(body, wish, &fault) : YG_ENOMEM;

	ret_detail[0] = '\0';
	if (rc == YG_OK)
		refused = yg_policy_refusals(&policy->local, wish, ret_detail,
					     YG_WIRE_WORDS_MAX + 1, &asked);
	else if (wish)
		(void)snprintf(ret_detail, YG_WIRE_WORDS_MAX + 1, "%s",
			       fault.msg ? fault.msg : yg_err_text(rc)); /* cut */
	if (rc == YG_OK && asked > 0 && refused == asked)
		rc = YG_EACCES;
	if (rc == YG_OK)
		rc = yg_home_path(policy->home, "wish.json", path)
			     ? yg_disk_replace(path, body, 0600)
			     : YG_ELIMIT;
	if (rc == YG_OK) {
		lock(policy);
		policy->next = *wish;
		policy->has_next = true;
		unlock(policy);
	}
	free(wish);
	return rc;
}

bool yg_sensor_policy_is_new(struct yg_sensor_policy *policy)
{
	bool is;

	lock(policy);
	is = policy->has_next || policy->is_late;
	unlock(policy);
	return is;
}

/* ---- what is in force ---- */

static int write_both(const struct yg_sensor_policy *p, struct yg_buf *to)
{
	return yg_policy_write_both(&p->local, p->has_wish ? &p->wish : NULL, to);
}

void yg_sensor_policy_digest(const struct yg_sensor_policy *policy, uint8_t to[YG_SHA256_BYTES])
{
	struct yg_buf text;

	yg_buf_init(&text, 2 * YG_POLICY_TEXT_MAX);
	(void)!write_both(policy, &text); /* without memory the digest is one of less */
	yg_sha256(yg_buf_bytes(&text), to);
	yg_buf_done(&text);
}

int yg_sensor_policy_enter(struct yg_sensor_policy *policy, struct yg_spool *spool, int64_t now_ns)
{
	struct yg_ledger_line line = {.kind = YG_LEDGER_POLICY};
	struct yg_buf more;
	int rc;

	lock(policy);
	if (policy->has_next) {
		policy->wish = policy->next;
		policy->has_wish = true;
	}
	policy->has_next = false;
	yg_buf_init(&more, 2 * YG_POLICY_TEXT_MAX);
	yg_buf_add_str(&more, ",\"policy\":");
	rc = write_both(policy, &more);
	unlock(policy);
	if (rc == YG_OK) {
		yg_sha256(yg_bytes_from(yg_buf_bytes(&more), 10), line.digest);
		rc = yg_spool_note(spool, &line, yg_buf_bytes(&more), now_ns);
	}
	lock(policy);
	policy->is_late = rc != YG_OK;
	unlock(policy);
	yg_buf_done(&more);
	return rc;
}

void yg_sensor_policy_told(struct yg_sensor_policy *policy, char to[YG_WIRE_TOLD_MAX + 1])
{
	uint8_t digest[YG_SHA256_BYTES];
	struct yg_buf text;

	yg_buf_init(&text, YG_WIRE_TOLD_MAX);
	lock(policy);
	yg_sensor_policy_digest(policy, digest);
	to[0] = '\0';
	if (yg_policy_write_told(&policy->local, digest, &text) == YG_OK) {
		memcpy(to, text.data, text.size);
		to[text.size] = '\0';
	}
	unlock(policy);
	yg_buf_done(&text);
}

const struct yg_policy *yg_sensor_policy_local(const struct yg_sensor_policy *policy)
{
	return &policy->local;
}

const struct yg_policy *yg_sensor_policy_wished(const struct yg_sensor_policy *policy)
{
	return policy->has_wish ? &policy->wish : NULL;
}

bool yg_sensor_policy_has_file(const struct yg_sensor_policy *policy)
{
	return policy->has_file;
}

const char *yg_sensor_policy_path(const struct yg_sensor_policy *policy)
{
	return policy->path;
}
