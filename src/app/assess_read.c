/* SPDX-License-Identifier: Apache-2.0 */
/* Commands of `yagura assess` that only show. */
#include "app/assess-int.h"
#include "base/json.h"

#include "base/ban.h"

#define NEXT_USUAL  10u
#define REMIND_DAYS 90

static const char *tr(const char *msgid)
{
	return yg_say_tr(msgid);
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* A short word and a sign for a declared state; never the sign alone. */
static const char *state_word(const char *state)
{
	static const char *const words[][2] = {
		{"met", N_("○ fulfilled")},
		{"partly", N_("△ partly")},
		{"not_met", N_("× not fulfilled")},
		{"na", N_("－ not applicable")},
		{"open", N_("… open")},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i][0], state) == 0)
			return tr(words[i][1]);
	return state;
}

static const char *observed_word(const char *observed)
{
	static const char *const words[][2] = {
		{"none", N_("not observed")},
		{"supports", N_("observation supports")},
		{"contradicts", N_("declared and observed do not agree")},
		{"stale", N_("observation is old")},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i][0], observed) == 0)
			return tr(words[i][1]);
	return observed;
}

/* On every page without official wording. */
static void print_practice(const json_t *head)
{
	if (json_is_true(json_object_get(head, "practice")))
		printf("%s\n  %s\n\n",
		       tr(N_("PRACTICE: the official wording has not been imported. Nothing is "
			     "confirmed or stated.")),
		       text_of(head, "publisher_page"));
}

int yg_assess_cmd_frameworks(struct yg_assess_run *run)
{
	(void)run;
	printf("%s\n\n", tr(N_("Frameworks that come with Yagura:")));
	for (size_t i = 0; i < run->ports.framework_count; i++) {
		const struct yg_assess_shipped *shipped = &run->ports.frameworks[i];
		struct yg_arena *arena = yg_arena_new(256u << 20);
		const struct yg_library *library;
		struct yg_line_fault fault;

		if (arena &&
		    run->ports.read_framework(shipped->bytes, arena, &library, &fault) == YG_OK &&
		    library->framework) {
			const struct yg_framework *framework = library->framework;

			printf("  %s\n      %.*s\n", shipped->name,
			       YG_FMT(yg_text2(&framework->name, run->cli->lang)));
			for (uint32_t k = 0; k < framework->level_count; k++)
				printf("      --level %.*s  %.*s\n",
				       YG_FMT(framework->levels[k].ref_id),
				       YG_FMT(yg_text2(&framework->levels[k].description,
						       run->cli->lang)));
		}
		(void)yg_arena_free(arena);
	}
	printf("\n%s\n",
	       tr(N_("Others are read from files: yagura assess new --framework FILE.yaml")));
	return YG_EXIT_DONE;
}

static int list_assessments(struct yg_assess_run *run)
{
	json_t *heads;
	json_t *head;
	size_t i;
	int rc = yg_assess_json_all(run->access, &run->ports, run->cli->lang, &heads);

	if (rc != YG_OK)
		return yg_assess_say_store(run, rc);
	if (run->cli->is_json)
		return yg_assess_print_json(heads);
	yg_assess_make_printable(heads);
	json_array_foreach(heads, i, head)
	{
		printf("%s  %s %s  %s\n    %s\n", text_of(head, "id"),
		       text_of(json_object_get(head, "framework"), "title"),
		       text_of(json_object_get(head, "level"), "name"),
		       text_of(json_object_get(head, "organisation"), "name"),
		       text_of(head, "level_text"));
	}
	json_decref(heads);
	return YG_EXIT_DONE;
}

static void print_line(const json_t *line)
{
	printf("%-9s %s  %s", text_of(line, "id"), state_word(text_of(line, "state")),
	       text_of(line, "title"));
	if (strcmp(text_of(line, "observed"), "none") != 0)
		printf("  [%s]", observed_word(text_of(line, "observed")));
	if (json_is_true(json_object_get(line, "stale")))
		printf("  [%s]", tr(N_("evidence is old")));
	printf("\n");
}

int yg_assess_cmd_list(struct yg_assess_run *run)
{
	json_t *lines = NULL;
	json_t *head = NULL;
	json_t *line;
	size_t i;
	int rc;

	if (run->cli->arg_count > 0 && strcmp(run->cli->args[0], "assessments") == 0)
		return list_assessments(run);
	if (run->cli->arg_count > 0) {
		yg_say(N_("list: give nothing more, or `assessments` for the assessments in the "
			  "file"));
		return YG_EXIT_FAILED;
	}
	rc = yg_assess_json_lines(run->assess, run->cli->lang, &lines);
	if (rc == YG_OK)
		rc = yg_assess_json_head(run->assess, run->cli->lang, &head);
	if (rc != YG_OK) {
		json_decref(lines);
		return yg_assess_say_store(run, rc);
	}
	if (run->cli->is_json) {
		json_decref(head);
		return yg_assess_print_json(lines);
	}
	yg_assess_make_printable(head);
	yg_assess_make_printable(lines);
	print_practice(head);
	json_array_foreach(lines, i, line) print_line(line);
	json_decref(head);
	json_decref(lines);
	return YG_EXIT_DONE;
}

/* One heading with its text, wrapped by the terminal. */
static void print_part(const char *heading, const char *text)
{
	if (text[0])
		printf("%s\n  %s\n\n", heading, text);
}

static const char *status_word(const char *status)
{
	static const char *const words[][2] = {
		{"none", N_("nothing yet")},
		{"live", N_("there")},
		{"stale", N_("old")},
		{"supports", N_("observation supports")},
		{"contradicts", N_("declared and observed do not agree")},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i][0], status) == 0)
			return tr(words[i][1]);
	return status;
}

static void print_wanted(const json_t *criterion)
{
	json_t *wanted;
	size_t i;

	printf("%s\n", tr(N_("What counts as evidence")));
	json_array_foreach(json_object_get(criterion, "evidence_wanted"), i, wanted)
	{
		printf("  - %s  [%s]\n", text_of(wanted, "name"),
		       status_word(text_of(wanted, "status")));
	}
	printf("\n");
}

/* The same before what stands without a head. */
static int print_if_practice(struct yg_assess_run *run)
{
	json_t *head = NULL;
	int rc = yg_assess_json_head(run->assess, run->cli->lang, &head);

	if (rc == YG_OK) {
		yg_assess_make_printable(head);
		print_practice(head);
	}
	json_decref(head);
	return rc;
}

static void print_criterion(const json_t *criterion)
{
	const json_t *help = json_object_get(criterion, "help");
	const json_t *answer = json_object_get(criterion, "answer");
	const char *official = text_of(criterion, "official_text");

	printf("%s  %s\n%s\n\n", text_of(criterion, "id"), text_of(criterion, "title"),
	       state_word(text_of(criterion, "state")));
	if (json_is_true(json_object_get(criterion, "needs_import")))
		printf("%s\n  %s\n\n", tr(N_("The official wording must be imported")),
		       text_of(criterion, "publisher_page"));
	print_part(tr(N_("Official wording")), official);
	print_part(tr(N_("What is asked")), text_of(help, "asked"));
	print_part(tr(N_("Why")), text_of(help, "why"));
	print_part(tr(N_("The cheapest way")), text_of(help, "cheap"));
	print_part(tr(N_("Example: a firm of 30")), text_of(help, "example"));
	print_part(tr(N_("What proves it")), text_of(help, "proof"));
	print_part(tr(N_("What a specialist will look at")), text_of(help, "looks_at"));
	print_wanted(criterion);
	if (json_is_object(answer))
		printf("%s  %s  %s\n", text_of(answer, "by"), text_of(answer, "date"),
		       text_of(answer, "reason"));
	printf("%s: %s\n", tr(N_("Observed")), observed_word(text_of(criterion, "observed")));
}

int yg_assess_cmd_show(struct yg_assess_run *run)
{
	json_t *object = NULL;
	int rc;

	if (run->cli->arg_count != 1) {
		yg_say(N_("show: give one criterion, such as 4-4-4-2"));
		return YG_EXIT_FAILED;
	}
	rc = yg_assess_json_criterion(run->assess, yg_bytes_str(run->cli->args[0]), run->cli->lang,
				      &object);
	if (rc == YG_ENOENT) {
		yg_say_hint(N_("`yagura assess list` shows them"),
			    N_("%s: there is no such criterion at this level"),
			    yg_say_safe(yg_bytes_str(run->cli->args[0]), 60));
		return YG_EXIT_PARTLY;
	}
	if (rc != YG_OK)
		return yg_assess_say_store(run, rc);
	if (run->cli->is_json)
		return yg_assess_print_json(object);
	yg_assess_make_printable(object);
	rc = print_if_practice(run);
	if (rc == YG_OK)
		print_criterion(object);
	json_decref(object);
	return rc == YG_OK ? YG_EXIT_DONE : yg_assess_say_store(run, rc);
}

/* ---- evaluate ---- */

/* The fixed object of docs/cli-contract.md, keys in that order. */
static void print_counts(const struct yg_assess_result *result)
{
	const struct yg_assessment_counts *counts = &result->counts;

	printf("{\"criteria\":%u,\"met\":%u,\"partly\":%u,\"not_met\":%u,\"na\":%u,\"open\":%u,"
	       "\"supported\":%u,\"contradicted\":%u,\"stale\":%u,\"level\":\"%s\"}\n",
	       counts->criteria, counts->declared[YG_ANSWER_MET],
	       counts->declared[YG_ANSWER_PARTLY], counts->declared[YG_ANSWER_NOT_MET],
	       counts->declared[YG_ANSWER_NA], counts->declared[YG_ANSWER_OPEN], counts->supported,
	       counts->contradicted, counts->stale, yg_level_state_name(result->level));
}

/* Official results near their end, and a clock that went back. */
static void print_reminders(struct yg_assess_run *run, const json_t *head)
{
	json_t *results = NULL;
	json_t *result;
	size_t i;

	if (json_is_true(json_object_get(head, "clock_behind")))
		printf("%s\n",
		       tr(N_("This machine's clock stands before the newest entry: set it right "
			     "before going on.")));
	if (yg_assess_json_items(run->assess, "official_result", &results) != YG_OK)
		return;
	yg_assess_make_printable(results);
	json_array_foreach(results, i, result)
	{
		int64_t left = yg_json_int(result, "days_left", INT32_MAX);

		if (left > REMIND_DAYS)
			continue;
		if (left < 0)
			printf(tr(N_("The official result %s ended on %s: see the operator's "
				     "page")),
			       text_of(result, "number"), text_of(result, "valid_to"));
		else
			printf(tr(N_("The official result %s ends on %s: time to renew")),
			       text_of(result, "number"), text_of(result, "valid_to"));
		printf("\n");
	}
	json_decref(results);
}

static void print_evaluation(const struct yg_assess_result *result, const json_t *head)
{
	const struct yg_assessment_counts *counts = &result->counts;

	print_practice(head);
	printf("%s %s  %s\n\n", text_of(json_object_get(head, "framework"), "title"),
	       text_of(json_object_get(head, "level"), "name"),
	       text_of(json_object_get(head, "organisation"), "name"));
	printf(tr(N_("%u criteria: %u fulfilled with evidence, %u fulfilled by declaration, %u "
		     "partly, "
		     "%u not fulfilled, %u not applicable, %u open")),
	       counts->criteria, counts->with_evidence, counts->declared_alone,
	       counts->declared[YG_ANSWER_PARTLY], counts->declared[YG_ANSWER_NOT_MET],
	       counts->declared[YG_ANSWER_NA], counts->declared[YG_ANSWER_OPEN]);
	printf("\n");
	if (counts->contradicted) {
		printf(tr(N_("%u where declared and observed do not agree: see `yagura assess "
			     "list`")),
		       counts->contradicted);
		printf("\n");
	}
	if (counts->stale) {
		printf(tr(N_("%u rest on evidence that is old: renew it")), counts->stale);
		printf("\n");
	}
	if (counts->confirmed) {
		printf(tr(N_("%u confirmed by a specialist")), counts->confirmed);
		printf("\n");
	}
	printf("\n%s\n", text_of(head, "level_text"));
}

int yg_assess_cmd_evaluate(struct yg_assess_run *run)
{
	const struct yg_assess_result *result;
	json_t *head = NULL;
	int rc = yg_assess_check_files(run);

	if (rc == YG_OK && !run->cli->is_json)
		rc = yg_assess_json_head(run->assess, run->cli->lang, &head);
	if (rc == YG_OK)
		rc = yg_assess_evaluate(run->assess, &result);
	if (rc != YG_OK) {
		json_decref(head);
		return yg_assess_say_store(run, rc);
	}
	yg_assess_make_printable(head);
	if (run->cli->is_json)
		print_counts(result);
	else
		print_evaluation(result, head);
	if (!run->cli->is_json)
		print_reminders(run, head);
	json_decref(head);
	return YG_EXIT_DONE;
}

/* ---- next ---- */

static const char *amount(int64_t value)
{
	return value == 1 ? tr(N_("small")) : value == 3 ? tr(N_("large")) : tr(N_("medium"));
}

int yg_assess_cmd_next(struct yg_assess_run *run)
{
	json_t *steps = NULL;
	json_t *step;
	size_t i;
	int rc = yg_assess_json_next(run->assess, run->cli->lang,
				     run->cli->limit ? (uint32_t)run->cli->limit : NEXT_USUAL,
				     &steps);

	if (rc != YG_OK)
		return yg_assess_say_store(run, rc);
	if (run->cli->is_json)
		return yg_assess_print_json(steps);
	yg_assess_make_printable(steps);
	rc = print_if_practice(run);
	if (rc != YG_OK) {
		json_decref(steps);
		return yg_assess_say_store(run, rc);
	}
	if (json_array_size(steps) == 0)
		printf("%s\n", tr(N_("Nothing is left to do here.")));
	json_array_foreach(steps, i, step)
	{
		printf("%zu. %s  %s\n   %s\n   ", i + 1, text_of(step, "id"),
		       text_of(step, "title"), text_of(step, "reason"));
		printf(tr(N_("effect: %s, effort: %s")), amount(yg_json_int(step, "effect", 2)),
		       amount(yg_json_int(step, "effort", 2)));
		printf("\n   %s\n\n", text_of(step, "cheap"));
	}
	json_decref(steps);
	return YG_EXIT_DONE;
}
