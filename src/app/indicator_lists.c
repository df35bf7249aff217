/* SPDX-License-Identifier: Apache-2.0 */
#include "app/indicator_lists.h"

#include "app/say.h"
#include "base/alloc.h"
#include "base/io.h"

#include "base/ban.h"

static void say_indicator(void *arg, const char *file, uint64_t line, const char *reason)
{
	struct yg_indicator_lists *lists = arg;

	lists->bad++;
	if (lists->bad <= YG_INDICATORS_SAID_MAX)
		yg_say(N_("%s:%llu: no indicator: %s"), file, (unsigned long long)line, reason);
}

typedef int add_list_fn(struct yg_indicators *set, const char *file, struct yg_bytes text,
			yg_indicators_report_fn report, void *arg);

static int add_list(struct yg_indicator_lists *lists, const char *path, add_list_fn *add)
{
	uint8_t *data;
	size_t size;
	int rc = yg_io_read_file(path, YG_INDICATOR_FILE_MAX, &data, &size);
	struct yg_bytes parts[2];

	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK) {
		yg_say_hint(N_("check the path and who may read it"), N_("%s: cannot be read: %s"),
			    yg_say_safe(yg_bytes_str(path), 300), yg_say_tr(yg_err_text(rc)));
		return YG_EINVAL;
	}
	parts[0] = (struct yg_bytes){lists->digest, sizeof(lists->digest)};
	parts[1] = (struct yg_bytes){data, size};
	yg_digest_parts(parts, 2, lists->digest);
	rc = add(lists->set, path, parts[1], say_indicator, lists);
	free(data);
	if (rc == YG_ELIMIT)
		yg_say(N_("%s: more than %u indicators"), yg_say_safe(yg_bytes_str(path), 300),
		       YG_INDICATORS_MAX);
	return rc;
}

int yg_indicator_lists_load(const struct yg_options *options, struct yg_indicator_lists *ret)
{
	int rc = YG_OK;

	*ret = (struct yg_indicator_lists){.set = NULL};
	if (options->indicator_count + options->allow_count == 0)
		return YG_OK;
	ret->set = yg_indicators_new();
	if (!ret->set)
		return YG_ENOMEM;
	for (size_t i = 0; i < options->indicator_count && rc == YG_OK; i++)
		rc = add_list(ret, options->indicators[i], yg_indicators_add);
	for (size_t i = 0; i < options->allow_count && rc == YG_OK; i++)
		rc = add_list(ret, options->allows[i], yg_indicators_allow);
	if (rc == YG_OK)
		rc = yg_indicators_finish(ret->set);
	if (ret->bad > YG_INDICATORS_SAID_MAX)
		yg_say(N_("%llu further lines were no indicators"),
		       (unsigned long long)(ret->bad - YG_INDICATORS_SAID_MAX));
	return rc;
}

void yg_indicator_lists_done(struct yg_indicator_lists *lists)
{
	lists->set = yg_indicators_free(lists->set);
}
