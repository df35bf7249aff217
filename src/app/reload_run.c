/* SPDX-License-Identifier: Apache-2.0 */
/* A running detection goes on with another set of rules and indicators. */
#include "app/detect-int.h"
#include "app/profiling.h"
#include "app/say.h"

#include "base/ban.h"

/* What is made for the new set before anything is given up. */
struct made {
	struct yg_tracer *tracer;
	struct yg_quarantine *quarantine; /* NULL where there is no budget */
	struct yg_worker *again;
	struct yg_parser *parser;
	struct yg_profile profile; /* --profile */
};

static int make(struct yg_run *run, const struct yg_detector *detector, struct made *made)
{
	struct yg_parse_opts opts = detector->parse;

	opts.reference_ns = run->started_ns;
	made->again = yg_worker_new(detector);
	made->parser = yg_parser_new(&opts, yg_engine_names(detector->engine));
	if (run->options.profile && yg_profile_init(&made->profile, detector->engine) != YG_OK)
		return YG_ENOMEM;
	return made->again && made->parser ? YG_OK : YG_ENOMEM;
}

/* The budget begins anew with the set. */
static int make_budget(const struct yg_run *run, struct yg_rule_set *set, struct yg_detector *to,
		       struct made *made)
{
	if (!run->quarantine)
		return YG_OK;
	made->quarantine = yg_quarantine_new(set->rules.engine, &run->options);
	if (!made->quarantine)
		return YG_ENOMEM;
	to->skip_from = yg_quarantine_skip_from(made->quarantine);
	return YG_OK;
}

static void say_taken(const struct yg_run *run, const struct yg_judge_reload *judged)
{
	yg_say(N_("changed rules and indicators were taken over: %u rules; of what correlations "
		  "remember, %llu groups go on and %llu were dropped, because their rule changed "
		  "or "
		  "went"),
	       run->rules.loaded, (unsigned long long)judged->groups_kept,
	       (unsigned long long)judged->groups_dropped);
}

/* Cannot fail: everything is there. */
static void swap(struct yg_run *run, struct yg_rule_set *set, struct made *made,
		 struct yg_parser **parser)
{
	struct yg_rule_set former = {run->rules, run->lists};
	struct made old = {run->tracer, run->quarantine, run->again, *parser, run->profile};

	run->rules_quarantined = yg_run_quarantined(run);

	run->rules = set->rules;
	run->lists = set->lists;
	*set = former;
	run->tracer = made->tracer;
	run->quarantine = made->quarantine;
	run->again = made->again;
	run->profile = made->profile;
	*parser = made->parser;
	*made = old;
}

int yg_run_take_over(struct yg_run *run, struct yg_pipeline *pipeline, struct yg_rule_set *set,
		     struct yg_parser **parser)
{
	struct yg_detector former = run->detector;
	struct made made = {.tracer = yg_tracer_new(set->rules.engine, set->lists.set)};
	struct yg_judge_reload judged;
	uint64_t seed = yg_tracer_seed(run->tracer);
	int rc = made.tracer ? YG_OK : YG_ENOMEM;

	run->detector.engine = set->rules.engine;
	run->detector.indicators = set->lists.set;
	run->detector.tracer = made.tracer;
	if (rc == YG_OK)
		rc = make_budget(run, set, &run->detector, &made);
	if (rc == YG_OK)
		rc = make(run, &run->detector, &made);
	if (rc == YG_OK)
		rc = yg_pipeline_retool(pipeline, &run->detector,
					run->options.profile ? &run->profile : NULL);
	if (rc == YG_OK) {
		rc = yg_judge_reload(run->judge, set->rules.engine, set->lists.set, &seed, &judged);
		if (rc != YG_OK) {
			run->detector = former;
			/* The former workers are gone: without memory for them there is no run. */
			if (yg_pipeline_retool(pipeline, &run->detector, NULL) != YG_OK)
				rc = YG_EINVAL;
		}
	}
	if (rc == YG_OK) {
		yg_tracer_reseed(made.tracer, seed);
		swap(run, set, &made, parser);
		say_taken(run, &judged);
		if (run->options.profile)
			yg_profiling_write_former(&made.profile, set->rules.engine,
						  run->options.profile);
	} else {
		run->detector = former;
		yg_say(N_("no room for the changed rules: the former ones go on"));
	}
	(void)yg_tracer_free(made.tracer);
	(void)yg_quarantine_free(made.quarantine);
	(void)yg_worker_free(made.again);
	(void)yg_parser_free(made.parser);
	yg_profile_done(&made.profile);
	return rc;
}
