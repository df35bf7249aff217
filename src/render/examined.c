/* SPDX-License-Identifier: Apache-2.0 */
/* What was examined, and what the logs cannot show: the second half of render/tell-int.h. */
#include "render/tell-int.h"

#include "base/ban.h"

#define GAPS_SHOWN	3u
#define GAP_S_MIN	3600
#define GAP_SHARE	50 /* a gap is told when it is at least a fiftieth of the span */
#define TROUBLES_SHOWN	10u
#define NAME_COLUMNS	60u
#define SAMPLE_COLUMNS	60u
#define ENCODINGS_SHOWN 8u

/* In seconds: the span of a timeline may be longer than an int64_t of ns. */
struct gap {
	int64_t first_s;
	int64_t last_s;
};

static void hand_out(struct yg_tell *tell, const char *label, struct yg_buf *words)
{
	if (yg_buf_error(words))
		tell->error = yg_buf_error(words);
	else if (words->size > 0)
		tell->fn(tell->arg, label, yg_buf_bytes(words));
	yg_buf_done(words);
}

static bool is_unread(const struct yg_report_input *input)
{
	return input->rc != YG_OK || (input->parsed == 0 && input->records > 0);
}

const char *yg_tell_caveat(const struct yg_report *report, enum yg_lang lang)
{
	for (size_t i = 0; i < report->input_count; i++) {
		if (report->parsed > 0 && is_unread(&report->inputs[i]))
			return yg_tr(lang,
				     N_("But not everything given could be read: see what was "
					"examined."));
	}
	return NULL;
}

static void told_files(struct yg_tell *tell)
{
	const struct yg_report *report = tell->report;
	char numbers[4][YG_TEXT_NUMBER_SIZE];
	struct yg_buf words;
	uint64_t unread = 0;

	for (size_t i = 0; i < report->input_count; i++)
		unread += is_unread(&report->inputs[i]);
	yg_text_scratch(&words, 0);
	YG_FILL(&words, tell->lang, N_("inputs: %1, records: %2, text: %3"),
		yg_text_number(numbers[0], report->input_count),
		yg_text_number(numbers[1], report->records),
		yg_text_size(numbers[2], report->bytes));
	if (unread > 0)
		YG_FILL(&words, tell->lang, N_("; not (wholly) readable: %1"),
			yg_text_number(numbers[3], unread));
	hand_out(tell, yg_tr(tell->lang, N_("Amount")), &words);
}

static void told_kinds(struct yg_tell *tell)
{
	const struct yg_report *report = tell->report;
	char number[YG_TEXT_NUMBER_SIZE];
	struct yg_buf words;

	yg_text_scratch(&words, 0);
	for (unsigned format = 0; format < YG_FORMAT_COUNT; format++) {
		uint64_t records = 0;

		for (size_t i = 0; i < report->input_count; i++)
			records += report->inputs[i].by_format[format];
		if (records == 0)
			continue;
		if (words.size > 0)
			yg_buf_add_str(&words, yg_tr(tell->lang, N_(", ")));
		YG_FILL(&words, tell->lang, N_("%1 %2"),
			yg_bytes_str(yg_tr(tell->lang, yg_format_words(format))),
			yg_text_number(number, records));
	}
	hand_out(tell, yg_tr(tell->lang, N_("Kinds")), &words);
}

static void told_span(struct yg_tell *tell)
{
	const struct yg_report *report = tell->report;
	int64_t first_ns = YG_TIME_NONE;
	int64_t last_ns = YG_TIME_NONE;
	struct yg_buf words;

	for (size_t i = 0; i < report->input_count; i++) {
		const struct yg_report_input *input = &report->inputs[i];

		if (input->first_ns == YG_TIME_NONE || input->last_ns == YG_TIME_NONE)
			continue;
		if (first_ns == YG_TIME_NONE || input->first_ns < first_ns)
			first_ns = input->first_ns;
		if (last_ns == YG_TIME_NONE || input->last_ns > last_ns)
			last_ns = input->last_ns;
	}
	if (first_ns == YG_TIME_NONE)
		return;
	yg_text_scratch(&words, 0);
	yg_tell_add_span(&words, first_ns, last_ns, report->zone_s, tell->lang);
	hand_out(tell, yg_tr(tell->lang, N_("Span")), &words);
}

/* Keep @gap when it is among the longest; they stay in the order of time. */
static void keep_gap(struct gap gaps[GAPS_SHOWN], size_t *count, struct gap gap)
{
	size_t shortest = 0;

	if (*count < GAPS_SHOWN) {
		gaps[(*count)++] = gap;
		return;
	}
	for (size_t i = 1; i < GAPS_SHOWN; i++) {
		if (gaps[i].last_s - gaps[i].first_s <
		    gaps[shortest].last_s - gaps[shortest].first_s)
			shortest = i;
	}
	if (gap.last_s - gap.first_s <= gaps[shortest].last_s - gaps[shortest].first_s)
		return;
	for (size_t i = shortest; i + 1 < GAPS_SHOWN; i++)
		gaps[i] = gaps[i + 1];
	gaps[GAPS_SHOWN - 1] = gap;
}

/* The longest runs of steps without a record between the first and the last record. */
static size_t find_gaps(const struct yg_timeline *timeline, struct gap gaps[GAPS_SHOWN])
{
	int64_t start_s = timeline->start_ns / YG_NS_PER_S;
	int64_t step_s = timeline->step_ns / YG_NS_PER_S;
	size_t first = YG_TIMELINE_STEPS;
	size_t last = 0;
	size_t from = 0;
	size_t count = 0;

	for (size_t i = 0; i < YG_TIMELINE_STEPS; i++) {
		if (timeline->records[i] == 0)
			continue;
		first = first == YG_TIMELINE_STEPS ? i : first;
		last = i;
	}
	from = first;
	for (size_t i = first; i <= last && i < YG_TIMELINE_STEPS; i++) {
		size_t steps = i > from ? i - from : 0;

		if (timeline->records[i] == 0)
			continue;
		if ((int64_t)steps * step_s >= GAP_S_MIN && steps > 0 &&
		    steps * GAP_SHARE >= last - first)
			keep_gap(gaps, &count,
				 (struct gap){start_s + (int64_t)from * step_s,
					      start_s + (int64_t)i * step_s});
		from = i + 1;
	}
	return count;
}

static void told_gaps(struct yg_tell *tell)
{
	const struct yg_timeline *timeline = tell->report->timeline;
	struct gap gaps[GAPS_SHOWN];
	size_t count = 0;
	struct yg_buf words;

	if (!timeline || timeline->start_ns == YG_TIME_NONE)
		return;
	count = find_gaps(timeline, gaps);
	yg_text_scratch(&words, 0);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			yg_buf_add_str(&words, yg_tr(tell->lang, N_(", ")));
		yg_tell_add_span(&words, yg_tell_ns(gaps[i].first_s), yg_tell_ns(gaps[i].last_s),
				 tell->report->zone_s, tell->lang);
	}
	if (count > 0)
		yg_buf_add_str(&words, yg_tr(tell->lang,
					     N_(". Nothing happened then, or records are missing: "
						"these logs cannot tell which.")));
	hand_out(tell, yg_tr(tell->lang, N_("No records")), &words);
}

static void told_zone(struct yg_tell *tell)
{
	const struct yg_report *report = tell->report;
	char zone[YG_TEXT_TIME_SIZE];
	struct yg_buf words;
	struct yg_buf name;
	bool is_assumed = false;

	for (size_t i = 0; i < report->input_count; i++)
		is_assumed = is_assumed || report->inputs[i].is_zone_assumed;
	if (!is_assumed)
		return;
	yg_text_scratch(&words, 0);
	yg_text_scratch(&name, 0);
	yg_text_add_short(&name, yg_bytes_str(report->zone_name ? report->zone_name : "UTC"),
			  NAME_COLUMNS);
	YG_FILL(&words, tell->lang,
		N_("times written without a zone were read as %1 (shown as %2); if that is wrong, "
		   "use "
		   "--tz"),
		yg_buf_bytes(&name), yg_bytes_str(yg_text_zone(zone, report->zone_s)));
	yg_text_end(&words, &name);
	hand_out(tell, yg_tr(tell->lang, N_("Time zone")), &words);
}

static void told_encodings(struct yg_tell *tell)
{
	const struct yg_report *report = tell->report;
	const char *seen[ENCODINGS_SHOWN];
	size_t count = 0;
	struct yg_buf words;

	yg_text_scratch(&words, 0);
	for (size_t i = 0; i < report->input_count && count < ENCODINGS_SHOWN; i++) {
		const char *encoding = report->inputs[i].encoding;
		bool is_new = encoding != NULL;

		for (size_t k = 0; k < count && is_new; k++)
			is_new = strcmp(seen[k], encoding) != 0;
		if (!is_new)
			continue;
		if (count > 0)
			yg_buf_add_str(&words, yg_tr(tell->lang, N_(", ")));
		yg_text_add(&words, yg_bytes_str(encoding));
		seen[count++] = encoding;
	}
	hand_out(tell, yg_tr(tell->lang, N_("Encodings")), &words);
}

/* What stands between the troubles of one input. */
static void between(struct yg_buf *to, size_t start, enum yg_lang lang)
{
	if (to->size > start)
		yg_buf_add_str(to, yg_tr(lang, N_("; ")));
}

static void add_unparsed(struct yg_buf *to, const struct yg_report_input *input, enum yg_lang lang)
{
	char numbers[2][YG_TEXT_NUMBER_SIZE];
	struct yg_buf sample;

	yg_text_scratch(&sample, input->unparsed_text.size);
	yg_text_add_short(&sample, input->unparsed_text, SAMPLE_COLUMNS);
	if (input->parsed == 0 || input->format == YG_FORMAT_UNKNOWN)
		YG_FILL(to, lang,
			N_("format not recognised (record %1: \"%2\"); say which with --format or "
			   "--log-format"),
			yg_text_number(numbers[0], input->first_unparsed), yg_buf_bytes(&sample));
	else
		YG_FILL(to, lang, N_("records not understood: %1, first at %2: \"%3\""),
			yg_text_number(numbers[0], input->unparsed),
			yg_text_number(numbers[1], input->first_unparsed), yg_buf_bytes(&sample));
	yg_text_end(to, &sample);
}

void yg_tell_add_troubles(struct yg_buf *to, const struct yg_report_input *input, enum yg_lang lang)
{
	const struct {
		uint64_t count;
		const char *words;
	} counts[] = {
		{input->long_records, N_("cut because they are too long: %1")},
		{input->torn_records, N_("torn off at the end: %1")},
		{input->nul_records, N_("with NUL bytes: %1")},
		{input->backwards, N_("time jumps back by more than a minute: %1")},
	};
	char numbers[2][YG_TEXT_NUMBER_SIZE];
	size_t start = to->size;

	if (input->rc != YG_OK && (input->rc != YG_EMISMATCH || input->unparsed == 0))
		yg_buf_add_str(
			to, yg_tr(lang, input->problem ? input->problem : yg_err_text(input->rc)));
	if (input->unparsed > 0) {
		between(to, start, lang);
		add_unparsed(to, input, lang);
	}
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		if (counts[i].count == 0)
			continue;
		between(to, start, lang);
		YG_FILL(to, lang, counts[i].words, yg_text_number(numbers[0], counts[i].count));
	}
	if (input->replaced > 0) {
		between(to, start, lang);
		YG_FILL(to, lang, N_("broken characters: %1, first at %2"),
			yg_text_number(numbers[0], input->replaced),
			yg_text_number(numbers[1], input->first_replaced));
	}
}

static void told_troubles(struct yg_tell *tell)
{
	const struct yg_report *report = tell->report;
	char number[YG_TEXT_NUMBER_SIZE];
	uint64_t left = 0;
	size_t shown = 0;
	struct yg_buf words;

	for (size_t i = 0; i < report->input_count; i++) {
		struct yg_buf troubles;

		yg_text_scratch(&troubles, report->inputs[i].unparsed_text.size);
		yg_tell_add_troubles(&troubles, &report->inputs[i], tell->lang);
		if (troubles.size > 0 && shown < TROUBLES_SHOWN) {
			struct yg_bytes name = yg_bytes_str(report->inputs[i].name);

			yg_text_scratch(&words, name.size + troubles.size);
			yg_text_add_short(&words, name, NAME_COLUMNS);
			yg_buf_add_str(&words, yg_tr(tell->lang, N_(": ")));
			yg_text_flush(&words, &troubles);
			hand_out(tell, yg_tr(tell->lang, N_("To note")), &words);
			shown++;
		} else {
			left += troubles.size > 0;
			tell->error =
				yg_buf_error(&troubles) ? yg_buf_error(&troubles) : tell->error;
			yg_buf_done(&troubles);
		}
	}
	if (left == 0)
		return;
	yg_text_scratch(&words, 0);
	YG_FILL(&words, tell->lang, N_("further inputs with something to note: %1"),
		yg_text_number(number, left));
	hand_out(tell, yg_tr(tell->lang, N_("To note")), &words);
}

void yg_tell_examined(struct yg_tell *tell)
{
	const struct yg_report *report = tell->report;
	char numbers[2][YG_TEXT_NUMBER_SIZE];
	struct yg_buf words;

	told_files(tell);
	told_kinds(tell);
	told_span(tell);
	told_gaps(tell);
	told_zone(tell);
	told_encodings(tell);
	yg_text_scratch(&words, 0);
	YG_FILL(&words, tell->lang, N_("rules: %1"),
		yg_text_number(numbers[0], report->rules_loaded));
	if (report->indicators_loaded > 0)
		YG_FILL(&words, tell->lang, N_(", indicators: %1"),
			yg_text_number(numbers[1], report->indicators_loaded));
	hand_out(tell, yg_tr(tell->lang, N_("Compared with")), &words);
	if (report->rules_quarantined > 0) {
		yg_text_scratch(&words, 0);
		YG_FILL(&words, tell->lang,
			N_("put out of use because they were over their budget: %1; what they "
			   "would "
			   "have found from there on is missing"),
			yg_text_number(numbers[0], report->rules_quarantined));
		hand_out(tell, yg_tr(tell->lang, N_("Rules")), &words);
	}
	if (report->evicted > 0) {
		yg_text_scratch(&words, 0);
		YG_FILL(&words, tell->lang,
			N_("entries pushed out of full tables: %1; what spans long times may have "
			   "been "
			   "missed"),
			yg_text_number(numbers[0], report->evicted));
		hand_out(tell, yg_tr(tell->lang, N_("Limits")), &words);
	}
	told_troubles(tell);
}

static const char *limit_of_family(enum yg_family family)
{
	switch (family) {
	case YG_FAMILY_WEB:
		return N_(
			"A web access log holds neither what was sent in the body of a request nor "
			"what was answered, nor what ran inside the server.");
	case YG_FAMILY_WEB_ERROR:
		return N_("A web error log holds only what the server took for an error.");
	case YG_FAMILY_SYSLOG:
		return N_(
			"A system log holds only what programs chose to write; what was done after "
			"a sign-in is mostly not in it.");
	case YG_FAMILY_FIREWALL:
		return N_(
			"A firewall log holds neither the content of encrypted traffic nor traffic "
			"that does not pass the device.");
	case YG_FAMILY_WINDOWS:
		return N_("Windows events hold only what the audit settings of that computer "
			  "record.");
	case YG_FAMILY_JSON:
	case YG_FAMILY_NONE:
		return N_(
			"Events of other products hold only what those products chose to record.");
	}
	return "";
}

void yg_tell_limits(struct yg_tell *tell)
{
	const struct yg_report *report = tell->report;
	static const char *const always[] = {
		N_("What happened outside the span examined, on machines that do not write these "
		   "logs, "
		   "or was deleted from them, cannot be seen."),
		N_("Attacks of a kind for which there is no rule are not found."),
		N_("This report is no guarantee of safety and no legal advice."),
	};
	bool is_told[YG_FAMILY_JSON + 1] = {false};

	for (unsigned format = 0; format < YG_FORMAT_COUNT; format++) {
		enum yg_family family = yg_format_family(format);
		uint64_t records = 0;

		for (size_t i = 0; i < report->input_count; i++)
			records += report->inputs[i].by_format[format];
		family = family == YG_FAMILY_NONE ? YG_FAMILY_JSON : family;
		if (records == 0 || is_told[family])
			continue;
		is_told[family] = true;
		tell->fn(tell->arg, "", yg_bytes_str(yg_tr(tell->lang, limit_of_family(family))));
	}
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		tell->fn(tell->arg, "", yg_bytes_str(yg_tr(tell->lang, always[i])));
}
