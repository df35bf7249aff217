/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_search.h"

#include "app/archive_search.h"
#include "app/hub_refs.h"
#include "base/json.h"

#include "base/ban.h"

#define HOUR_NS (3600 * YG_NS_PER_S)

struct asking {
	const struct yg_hub_question *question;
	struct yg_narrow narrow;
	struct yg_terms *terms;
	struct yg_archive_position after;
	bool has_after;
	struct yg_buf *to;
	size_t begin;
	uint32_t count;
	bool is_past; /* behind the last hour that is asked for */
};

/* ---- the question ---- */

static int add_field(struct asking *asking, const char *name, const json_t *value)
{
	const char *text = json_string_value(value);
	int rc = text ? yg_narrow_add(&asking->narrow, yg_bytes_str(name), yg_bytes_str(text))
		      : YG_EINVAL;

	return rc == YG_ELIMIT ? YG_EINVAL : rc;
}

static int add_fields(struct asking *asking)
{
	/* Iterating changes nothing, whatever the prototype says. */
	json_t *fields = (json_t *)(uintptr_t)asking->question->fields;
	const char *name;
	json_t *value;
	int rc = YG_OK;

	json_object_foreach(fields, name, value)
	{
		if (rc == YG_OK && !json_is_array(value))
			rc = add_field(asking, name, value);
		for (size_t i = 0; rc == YG_OK && i < json_array_size(value); i++)
			rc = add_field(asking, name, json_array_get(value, i));
	}
	return rc;
}

static int add_texts(struct asking *asking)
{
	const json_t *texts = asking->question->texts;
	int rc = YG_OK;

	for (size_t i = 0; rc == YG_OK && i < json_array_size(texts); i++) {
		const char *text = json_string_value(json_array_get(texts, i));

		rc = text && text[0] ? yg_terms_add(asking->terms, YG_S(""), yg_bytes_str(text))
				     : YG_EINVAL;
	}
	if (rc == YG_ELIMIT || rc == YG_EEND)
		rc = YG_EINVAL;
	return rc == YG_OK ? yg_terms_prepare(asking->terms) : rc;
}

/* Where to begin: behind the last answer, or at the hour of a finding. */
static int set_after(struct asking *asking)
{
	const struct yg_hub_question *question = asking->question;

	asking->has_after = question->after[0] != '\0';
	if (asking->has_after)
		return yg_archive_position_read(yg_bytes_str(question->after), &asking->after)
			       ? YG_OK
			       : YG_EINVAL;
	if (question->arrived_from_ns == YG_TIME_NONE)
		return YG_OK;
	asking->has_after = true;
	asking->after = (struct yg_archive_position){
		.hour_ns = question->arrived_from_ns / HOUR_NS * HOUR_NS - HOUR_NS,
		.part = UINT32_MAX,
		.frame = UINT32_MAX,
		.line = UINT32_MAX,
	};
	return YG_OK;
}

static int prepare(struct asking *asking)
{
	const struct yg_hub_question *question = asking->question;
	int rc;

	yg_narrow_init(&asking->narrow);
	asking->narrow.has_time =
		question->from_ns != YG_TIME_NONE || question->to_ns != YG_TIME_NONE;
	asking->narrow.from_ns = question->from_ns; /* YG_TIME_NONE is the least there is */
	asking->narrow.to_ns = question->to_ns == YG_TIME_NONE ? INT64_MAX : question->to_ns;
	rc = add_fields(asking);
	if (rc == YG_OK)
		rc = add_texts(asking);
	return rc == YG_OK ? set_after(asking) : rc;
}

/* ---- the answer ---- */

static int add_one(void *arg, const struct yg_archive_found *found)
{
	struct asking *asking = arg;
	char position[YG_ARCHIVE_POSITION_SIZE];

	yg_archive_position_write(&found->position, position);
	yg_buf_addf(asking->to, "%s{\"position\":\"%s\",\"record\":", asking->count ? "," : "",
		    position);
	yg_buf_add(asking->to, found->line);
	yg_buf_add_byte(asking->to, '}');
	asking->count++;
	return yg_buf_error(asking->to);
}

static int add_record(void *arg, const struct yg_archive_found *found)
{
	struct asking *asking = arg;
	const struct yg_hub_question *question = asking->question;
	int rc;

	if (question->arrived_to_ns != YG_TIME_NONE &&
	    found->position.hour_ns > question->arrived_to_ns) {
		asking->is_past = true;
		return YG_EEND;
	}
	if (question->source.size > 0 && !yg_bytes_eq(question->source, found->event->source))
		return YG_OK;
	rc = add_one(asking, found);
	if (rc != YG_OK)
		return rc;
	return asking->count == question->limit ||
			       asking->to->size - asking->begin > YG_HUB_SEARCH_BYTES
		       ? YG_EEND
		       : YG_OK;
}

static int search(const char *dir, struct asking *asking)
{
	struct yg_archive_search_result result = {0};
	struct yg_archive_search_opts opts = {
		.dir = dir,
		.org = asking->question->org,
		.narrow = &asking->narrow,
		.terms = yg_terms_count(asking->terms) > 0 ? asking->terms : NULL,
		.after = asking->has_after ? &asking->after : NULL,
		.is_newest_first = asking->question->is_newest_first,
		.frames_max = YG_HUB_SEARCH_FRAMES,
		.stop = asking->question->stop,
	};
	char position[YG_ARCHIVE_POSITION_SIZE];
	int rc;

	asking->begin = asking->to->size;
	yg_buf_add_str(asking->to, "{\"items\":[");
	rc = yg_archive_search(&opts, add_record, asking, &result);
	if (rc != YG_OK)
		return rc;
	yg_buf_add_byte(asking->to, ']');
	if (result.is_more && !asking->is_past) {
		yg_archive_position_write(&result.last, position);
		yg_buf_addf(asking->to, ",\"next\":\"%s\"", position);
	}
	yg_buf_addf(asking->to,
		    ",\"looked\":{\"records\":%llu,\"frames\":%llu,\"frames_read\":%llu,"
		    "\"damaged\":%llu}}",
		    (unsigned long long)result.records, (unsigned long long)result.frames,
		    (unsigned long long)result.frames_read, (unsigned long long)result.damaged);
	return yg_buf_error(asking->to);
}

/* The records of a finding alone. The object stays open. */
static int search_refs(const char *dir, const char *batches_dir, struct asking *asking)
{
	const struct yg_hub_question *question = asking->question;
	const struct yg_hub_refs_opts opts = {.archive_dir = dir,
					      .batches_dir = batches_dir,
					      .org = question->org,
					      .refs = question->refs,
					      .ref_count = question->ref_count,
					      .is_hunted = question->is_hunted};
	uint32_t missing = 0;
	int rc;

	yg_buf_add_str(asking->to, "{\"items\":[");
	rc = yg_hub_refs_each(&opts, add_one, asking, &missing);
	if (rc != YG_OK)
		return rc;
	yg_buf_addf(asking->to,
		    "],\"missing\":%u,\"looked\":{\"records\":%u,\"frames\":%u,\"frames_read\":%u,"
		    "\"damaged\":0}",
		    missing, asking->count, asking->count, asking->count);
	return yg_buf_error(asking->to);
}

int yg_hub_search(const char *dir, const char *batches_dir, const struct yg_hub_question *question,
		  struct yg_buf *to)
{
	struct asking asking = {.question = question, .to = to, .terms = yg_terms_new()};
	int rc = asking.terms ? YG_OK : YG_ENOMEM;

	if (rc == YG_OK && question->refs) {
		rc = search_refs(dir, batches_dir, &asking);
	} else if (rc == YG_OK) {
		rc = prepare(&asking);
		if (rc == YG_OK)
			rc = search(dir, &asking);
	}
	asking.terms = yg_terms_free(asking.terms);
	return rc;
}
