/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/rule_image.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/matcher.h"
#include "app/rule_cache.h"
#include "app/rule_files.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/io.h"
#include "detect/mapping.h"

#include "base/ban.h"

#define PLACEHOLDERS_BYTES_MAX (4u << 20)
#define MESSAGES_BYTES_MAX     (1u << 20)
#define MAPPING_NOTES_MAX      20u /* more are counted, not said one by one */
#define IMAGE_ALIGN	       64u

/* What is on the way from texts to an engine. */
struct load {
	const struct yg_options *options;
	struct yg_rule_files files;
	uint8_t *placeholders; /* owned; NULL = none */
	size_t placeholders_size;
	uint8_t *mapping_text; /* owned; NULL = none */
	size_t mapping_size;
	struct yg_mapping *mapping; /* owned until the image has it */
	uint32_t mapping_notes;
	enum yg_matcher matcher;
	uint8_t key[YG_DIGEST_BYTES];
	struct yg_buf messages; /* one line for each refused rule, as shown */
	struct yg_rules *rules;
};

static void keep_message(void *arg, const char *file, uint32_t line, bool is_refused,
			 const char *reason)
{
	struct load *load = arg;

	if (is_refused)
		yg_buf_addf(&load->messages, "%s:%u: %s\n", file, line, reason);
}

/* "FILE:LINE: REASON" without the line's number. */
static void divide(struct yg_bytes message, struct yg_bytes *ret_file, struct yg_bytes *ret_reason)
{
	size_t end = yg_bytes_find(message, YG_S(": "));
	size_t at = end == SIZE_MAX ? 0 : end;

	while (at > 0 && message.data[at - 1] >= '0' && message.data[at - 1] <= '9')
		at--;
	*ret_file = yg_bytes_cut(message, 0, at);
	*ret_reason = yg_bytes_from(message, end == SIZE_MAX ? 0 : end);
}

/* Was @message among those of the set before? */
static bool was_there(const struct yg_rule_image *before, struct yg_bytes message)
{
	struct yg_bytes rest = yg_bytes_str(before ? before->refusals : NULL);
	struct yg_bytes file, reason, old_file, old_reason;

	divide(message, &file, &reason);
	while (rest.size > 0) {
		size_t end = yg_bytes_chr(rest, '\n');

		divide(yg_bytes_cut(rest, 0, end), &old_file, &old_reason);
		if (yg_bytes_eq(file, old_file) && yg_bytes_eq(reason, old_reason))
			return true;
		rest = yg_bytes_from(rest, end < rest.size ? end + 1 : end);
	}
	return false;
}

static void say_messages(struct yg_bytes messages, const struct yg_rule_image *before,
			 uint32_t *ret_count)
{
	while (messages.size > 0) {
		size_t end = yg_bytes_chr(messages, '\n');
		struct yg_bytes message = yg_bytes_cut(messages, 0, end);

		messages = yg_bytes_from(messages, end < messages.size ? end + 1 : end);
		if (was_there(before, message))
			continue;
		(*ret_count)++;
		yg_say(N_("rule refused: %s"), yg_say_safe(message, 480));
	}
}

static int read_placeholders(struct load *load)
{
	const char *path = load->options->placeholders;
	int rc;

	if (!path)
		return YG_OK;
	rc = yg_io_read_file(path, PLACEHOLDERS_BYTES_MAX, &load->placeholders,
			     &load->placeholders_size);
	if (rc == YG_OK || rc == YG_ENOMEM)
		return rc;
	yg_say(N_("%s: the placeholder file cannot be read: %s"),
	       yg_say_safe(yg_bytes_str(path), 300), yg_say_tr(yg_err_text(rc)));
	return YG_EINVAL;
}

static void say_mapping_note(void *arg, uint32_t line, const char *what)
{
	struct load *load = arg;

	if (load->mapping_notes++ < MAPPING_NOTES_MAX)
		yg_say(N_("%s:%u: %s"), yg_say_safe(yg_bytes_str(load->options->mapping), 300),
		       line, yg_say_safe(yg_bytes_str(what), 200));
}

static int read_mapping(struct load *load)
{
	const char *path = load->options->mapping;
	struct yg_yaml_fault fault = {0};
	int rc;

	if (!path)
		return YG_OK;
	rc = yg_io_read_file(path, YG_MAPPING_BYTES_MAX, &load->mapping_text, &load->mapping_size);
	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK) {
		yg_say(N_("%s: cannot be read: %s"), yg_say_safe(yg_bytes_str(path), 300),
		       yg_say_tr(yg_err_text(rc)));
		return YG_EINVAL;
	}
	rc = yg_mapping_read((struct yg_bytes){load->mapping_text, load->mapping_size},
			     say_mapping_note, load, &load->mapping, &fault);
	if (load->mapping_notes > MAPPING_NOTES_MAX)
		yg_say(N_("%s: %u more of these"), yg_say_safe(yg_bytes_str(path), 300),
		       load->mapping_notes - MAPPING_NOTES_MAX);
	if (rc == YG_OK || rc == YG_ENOMEM)
		return rc;
	yg_say(N_("%s:%u: the mapping is wrong: %s"), yg_say_safe(yg_bytes_str(path), 300),
	       fault.line, yg_say_safe(yg_bytes_str(fault.msg), 200));
	return YG_EINVAL;
}

static int read_files(struct load *load)
{
	const struct yg_options *options = load->options;
	size_t before;
	int rc = yg_rule_files_init(&load->files);

	if (rc == YG_OK && !options->no_default_rules)
		rc = yg_rule_files_add_pack(&load->files);
	before = load->files.count;
	for (size_t i = 0; i < options->rule_count && rc == YG_OK; i++)
		rc = yg_rule_files_add_path(&load->files, options->rules[i]);
	if (rc == YG_OK && options->rule_count > 0 && load->files.count == before &&
	    !options->may_lack_rules) {
		yg_say_hint(N_("give a .yml file, or a folder that holds some"),
			    N_("--rules: no rule was found there"));
		return YG_EINVAL;
	}
	if (rc != YG_OK)
		yg_say(N_("rules cannot be read: %s"), yg_say_tr(yg_err_text(rc)));
	return rc;
}

static int make_key(struct load *load)
{
	struct yg_buf extra;
	int rc;

	yg_buf_init(&extra, PLACEHOLDERS_BYTES_MAX + YG_MAPPING_BYTES_MAX + 128);
	yg_buf_addf(&extra, "%s %d %d ", YG_VERSION, load->options->include_deprecated,
		    load->matcher);
	if (load->mapping) {
		yg_buf_addf(&extra, "mapping %zu ", load->mapping_size);
		yg_buf_add(&extra, (struct yg_bytes){load->mapping_text, load->mapping_size});
	}
	yg_buf_add(&extra, (struct yg_bytes){load->placeholders, load->placeholders_size});
	rc = yg_buf_error(&extra);
	if (rc == YG_OK)
		rc = yg_rule_files_digest(&load->files, yg_buf_bytes(&extra), load->key);
	yg_buf_done(&extra);
	return rc;
}

static int understand(struct load *load)
{
	struct yg_rules_opts opts = {.include_deprecated = load->options->include_deprecated};
	char reason[256];
	uint32_t line;
	int rc = YG_OK;

	load->rules = yg_rules_new();
	if (!load->rules)
		return YG_ENOMEM;
	load->rules->matcher = load->matcher;
	load->rules->mapping = load->mapping;
	if (load->mapping)
		rc = yg_mapping_add_names(load->mapping, load->rules->names);
	if (rc != YG_OK)
		return rc;
	load->rules->keeps_pieces = load->options->explain != NULL || load->options->is_benign;
	if (load->placeholders) {
		rc = yg_rules_placeholders(
			load->rules, load->options->placeholders,
			(struct yg_bytes){load->placeholders, load->placeholders_size}, reason,
			&line);
		if (rc != YG_OK && rc != YG_ENOMEM) {
			yg_say(N_("%s:%u: the placeholder file is wrong: %s"),
			       load->options->placeholders, line, reason);
			return YG_EINVAL;
		}
	}
	for (size_t i = 0; i < load->files.count && rc == YG_OK; i++) {
		const struct yg_rule_file *file = &load->files.items[i];

		opts.is_own = file->is_own;
		rc = yg_rules_add(load->rules, file->name, file->text, &opts, keep_message, load);
	}
	return rc == YG_OK ? yg_rules_finish(load->rules, keep_message, load) : rc;
}

/* Compile, and leave the image in aligned memory. */
static int compile(struct load *load, struct yg_rule_image *ret)
{
	struct yg_buf image;
	struct yg_fault fault = {0};
	void *mem;
	int rc;

	yg_buf_init(&image, YG_IMAGE_BYTES_MAX);
	rc = yg_image_compile(load->rules, load->key, &image, &fault);
	if (rc == YG_EFORMAT)
		yg_say(N_("the rules cannot be compiled: %s"), fault.msg);
	if (rc == YG_OK) {
		mem = yg_fails_now()
			      ? NULL
			      : aligned_alloc(IMAGE_ALIGN, (image.size + IMAGE_ALIGN - 1) /
								   IMAGE_ALIGN * IMAGE_ALIGN);
		rc = mem ? YG_OK : YG_ENOMEM;
		if (mem)
			memcpy(mem, image.data, image.size);
		ret->mem = mem;
		ret->size = image.size;
	}
	yg_buf_done(&image);
	return rc;
}

static int open_compiled(struct load *load, struct yg_rule_image *ret)
{
	struct yg_fault fault = {0};
	struct yg_rule_counts counts;
	int rc = load->rules ? YG_OK : understand(load);

	if (rc == YG_OK)
		rc = compile(load, ret);
	if (rc != YG_OK)
		return rc;
	ret->found = load->rules->found;
	ret->inactive = load->rules->inactive;
	ret->refused = load->rules->refused;
	rc = yg_engine_open((struct yg_bytes){ret->mem, ret->size}, load->key, &ret->engine,
			    &fault);
	if (rc != YG_OK && rc != YG_ENOMEM)
		yg_say(N_("the rules cannot be compiled: %s"), fault.msg);
	if (rc != YG_OK)
		return rc;
	counts = (struct yg_rule_counts){ret->found, ret->inactive, ret->refused};
	/* A cache that cannot be written costs time only. */
	yg_rule_cache_store(load->key, &counts, yg_buf_bytes(&load->messages),
			    (struct yg_bytes){ret->mem, ret->size});
	return YG_OK;
}

static bool open_cached(struct load *load, struct yg_rule_image *ret)
{
	struct yg_rule_cached cached;
	struct yg_fault fault;

	if (!yg_rule_cache_open(load->key, &cached))
		return false;
	if (yg_engine_open(cached.image, load->key, &ret->engine, &fault) != YG_OK) {
		yg_rule_cache_close(&cached);
		return false;
	}
	*ret = (struct yg_rule_image){.engine = ret->engine,
				      .mem = cached.mapping,
				      .size = cached.mapping_size,
				      .is_mapped = true,
				      .is_cached = true,
				      .found = cached.counts.found,
				      .inactive = cached.counts.inactive,
				      .refused = cached.counts.refused};
	yg_buf_add(&load->messages, cached.messages);
	return true;
}

int yg_rule_image_load(const struct yg_options *options, struct yg_rule_image *ret)
{
	return yg_rule_image_load_beside(options, NULL, ret);
}

/* From texts to an engine, through the cache where that is enough. */
static int open_rules(struct load *load, struct yg_rule_image *ret)
{
	const struct yg_options *options = load->options;
	bool needs_pieces = options->explain || options->is_benign;
	int rc = make_key(load);

	if (rc == YG_OK && needs_pieces)
		rc = understand(load); /* the image knows no names of selections */
	if (rc == YG_OK && (load->rules || !open_cached(load, ret)))
		rc = open_compiled(load, ret);
	if (rc == YG_OK && needs_pieces) {
		ret->rules = load->rules;
		load->rules = NULL;
	}
	if (rc == YG_OK && load->mapping) {
		rc = yg_engine_use_mapping(ret->engine, load->mapping);
		ret->mapping = load->mapping;
		load->mapping = NULL;
	}
	return rc;
}

int yg_rule_image_load_beside(const struct yg_options *options, const struct yg_rule_image *before,
			      struct yg_rule_image *ret)
{
	struct load load = {.options = options};
	int rc;

	*ret = (struct yg_rule_image){0};
	yg_buf_init(&load.messages, MESSAGES_BYTES_MAX);
	rc = yg_matcher_choose(&load.matcher);
	if (rc == YG_OK)
		rc = read_placeholders(&load);
	if (rc == YG_OK)
		rc = read_mapping(&load);
	if (rc == YG_OK)
		rc = read_files(&load);
	if (rc == YG_OK)
		rc = open_rules(&load, ret);
	ret->loaded = ret->found - ret->refused;
	ret->unreadable = (uint32_t)load.files.unreadable;
	memcpy(ret->key, load.key, sizeof(ret->key));
	say_messages(yg_buf_bytes(&load.messages), before, &ret->newly_refused);
	ret->refusals = yg_strndup((const char *)load.messages.data, load.messages.size);
	if (rc == YG_OK && !ret->refusals)
		rc = YG_ENOMEM;
	(void)yg_rules_free(load.rules);
	yg_rule_files_done(&load.files);
	yg_buf_done(&load.messages);
	free(load.placeholders);
	free(load.mapping_text);
	(void)yg_mapping_free(load.mapping);
	if (rc == YG_ENOMEM)
		yg_say(N_("out of memory while loading rules"));
	if (rc != YG_OK)
		yg_rule_image_done(ret);
	return rc;
}

void yg_rule_image_done(struct yg_rule_image *image)
{
	image->engine = yg_engine_free(image->engine);
	image->mapping = yg_mapping_free(image->mapping);
	image->rules = yg_rules_free(image->rules);
	if (image->is_mapped)
		(void)munmap(image->mem, image->size); /* our own mapping */
	else
		free(image->mem);
	image->mem = NULL;
	free(image->refusals);
	image->refusals = NULL;
}
