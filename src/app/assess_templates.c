/* SPDX-License-Identifier: Apache-2.0 */
#include "app/assess_templates.h"

#include <unistd.h>

#include "base/io.h"
#include "base/json.h"

#include "base/ban.h"

#define INDEX_BYTES_MAX	   (1u << 20)
#define TEMPLATE_BYTES_MAX (4u << 20)
#define FILE_NAME_MAX	   128u /* of an answer of the API */

static const struct yg_assess_shipped *shipped(const struct yg_assess_run *run,
					       struct yg_bytes name)
{
	for (size_t i = 0; i < run->ports.template_count; i++)
		if (yg_bytes_eq(yg_bytes_str(run->ports.templates[i].name), name))
			return &run->ports.templates[i];
	return NULL;
}

static int load_index(const struct yg_assess_run *run, json_t **ret)
{
	const struct yg_assess_shipped *file = shipped(run, YG_S("index.json"));

	return file ? yg_json_load(file->bytes, INDEX_BYTES_MAX, ret, NULL) : YG_ENOENT;
}

int yg_assess_templates(void *arg, struct yg_access *access, enum yg_lang lang, json_t **ret)
{
	json_t *index;
	int rc = load_index(arg, &index);

	(void)access; /* they hold nothing of anyone */
	for (size_t i = 0; rc == YG_OK && i < json_array_size(index); i++) {
		json_t *entry = json_array_get(index, i);
		json_t *title = json_object_get(json_object_get(entry, "title"),
						lang == YG_LANG_JA ? "ja" : "en");

		if (!title || json_object_set(entry, "title", title) != 0)
			rc = YG_ENOMEM;
	}
	if (rc == YG_OK)
		*ret = index;
	else
		json_decref(index);
	return rc;
}

int yg_assess_template_file(void *arg, struct yg_bytes name, enum yg_lang lang, struct yg_buf *to,
			    char *file_name)
{
	const struct yg_assess_shipped *file = NULL;
	json_t *index;
	int rc = load_index(arg, &index);

	(void)lang; /* each is in one language so far */
	if (rc != YG_OK)
		return rc;
	for (size_t i = 0; i < json_array_size(index); i++) {
		const json_t *entry = json_array_get(index, i);

		if (yg_bytes_eq(yg_json_text(entry, "name"), name))
			file = shipped(arg, yg_json_text(entry, "file_name"));
	}
	json_decref(index);
	if (!file)
		return YG_ENOENT;
	(void)snprintf(file_name, FILE_NAME_MAX, "%s", file->name); /* names are shorter */
	yg_buf_add(to, file->bytes);
	return yg_buf_error(to);
}

static int list_templates(struct yg_assess_run *run)
{
	json_t *list;
	json_t *entry;
	size_t i;
	int rc = yg_assess_templates(run, NULL, run->cli->lang, &list);

	if (rc != YG_OK)
		return yg_assess_say_store(run, rc);
	if (run->cli->is_json)
		return yg_assess_print_json(list);
	json_array_foreach(list, i, entry)
	{
		printf("%-20s %s (%s)\n", json_string_value(json_object_get(entry, "name")),
		       json_string_value(json_object_get(entry, "title")),
		       json_string_value(json_object_get(entry, "file_name")));
	}
	json_decref(list);
	return YG_EXIT_DONE;
}

int yg_assess_cmd_template(struct yg_assess_run *run)
{
	const struct yg_assess_cli *cli = run->cli;
	char file_name[FILE_NAME_MAX];
	struct yg_buf buf;
	int status;
	int rc;

	if (cli->arg_count == 0)
		return list_templates(run);
	yg_buf_init(&buf, TEMPLATE_BYTES_MAX);
	rc = yg_assess_template_file(run, yg_bytes_str(cli->args[0]), cli->lang, &buf, file_name);
	if (rc == YG_ENOENT) {
		yg_say_hint(N_("`yagura assess template` lists them"),
			    N_("%s: there is no such template"),
			    yg_say_safe(yg_bytes_str(cli->args[0]), 60));
		yg_buf_done(&buf);
		return YG_EXIT_FAILED;
	}
	if (rc != YG_OK) {
		yg_buf_done(&buf);
		return yg_assess_say_store(run, rc);
	}
	status = yg_assess_write_out(cli->out, &buf, 0644);
	yg_buf_done(&buf);
	return status;
}
