/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura-sensor policy show|check`: what may leave, in the words of people. */
#include <stdarg.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/io.h"
#include "sensor/commands.h"
#include "sensor/policy.h"

#include "base/ban.h"

#define TEXT_MAX (1u << 20)

/* A line, translated. */
__attribute__((format(printf, 2, 3))) static void add(struct yg_buf *to, const char *format, ...)
{
	char line[2048];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), yg_sensor_tr(format), args); /* cut: ours are short */
	va_end(args);
	yg_buf_add_str(to, line);
	yg_buf_add_byte(to, '\n');
}

static const char *mask_words(enum yg_policy_mask mask)
{
	static const char *const words[] = {
		[YG_POLICY_KEEP] = N_("leaves as it is"),
		[YG_POLICY_TRUNCATE] = N_("only the network of the address leaves (/24, /48)"),
		[YG_POLICY_HASH] = N_("leaves as a token: the same value, the same token"),
		[YG_POLICY_DROP] = N_("stays here"),
	};

	return words[mask];
}

static void add_kind(struct yg_buf *to, const char *kind)
{
	if (kind[0])
		add(to, N_("      only in records of kind %s"), kind);
}

static void show_sources(const struct yg_policy *policy, struct yg_buf *to)
{
	for (size_t i = 0; i < policy->source_count; i++) {
		const struct yg_policy_source *s = &policy->sources[i];

		add(to, s->leaves ? N_("  %s: leaves") : N_("  %s: stays here"),
		    s->name[0] ? s->name : "*");
		add_kind(to, s->kind);
		if (s->has_class)
			add(to, N_("      counts as: %s"),
			    yg_sensor_tr(yg_policy_class_words(s->class_)));
	}
}

static void show_fields(const struct yg_policy *policy, struct yg_buf *to)
{
	for (size_t i = 0; i < policy->field_count; i++) {
		const struct yg_policy_field *f = &policy->fields[i];

		add(to, "  %s: %s", f->name, yg_sensor_tr(mask_words(f->mask)));
		add_kind(to, f->kind);
	}
}

static void show_secrecy(const struct yg_policy *policy, struct yg_buf *to)
{
	for (unsigned i = YG_POLICY_NONE + 1; i < YG_POLICY_CLASS_COUNT; i++) {
		const struct yg_policy_secrecy *s = &policy->secrecy[i];
		const char *words = yg_sensor_tr(yg_policy_class_words((enum yg_policy_class)i));

		if (!s->is_on) {
			add(to, N_("  %s: stay here"), words);
			continue;
		}
		add(to, N_("  %s: leave. Decided by %s on %s; basis: %s"), words, s->by, s->on,
		    yg_sensor_tr(yg_policy_basis_words(s->basis)));
		if (s->note[0])
			add(to, "      %s", s->note);
	}
}

static void show_one(const struct yg_policy *policy, struct yg_buf *to)
{
	if (policy->source_count > 0) {
		add(to, N_("Sources, the first that fits decides:"));
		show_sources(policy, to);
	}
	if (policy->field_count > 0) {
		add(to, N_("Fields, the first that fits decides; all others leave as they are:"));
		show_fields(policy, to);
	}
}

static void show_detect(const struct yg_detect_settings *detect, bool is_raw, struct yg_buf *to)
{
	if (!detect->is_on) {
		add(to, N_("Local detection: off."));
		return;
	}
	add(to, N_("Local detection: on. Its findings leave; what they say of a record is masked "
		   "as the record would be."));
	if (detect->has_built_in)
		add(to, N_("  rules inside the program"));
	for (size_t i = 0; i < detect->rule_count; i++)
		add(to, N_("  rules: %s"), detect->rules[i]);
	for (size_t i = 0; i < detect->indicator_count; i++)
		add(to, N_("  indicators: %s"), detect->indicators[i]);
	if (detect->takes_rules)
		add(to, N_("  rules that the hub offers"));
	if (detect->takes_indicators)
		add(to, N_("  indicators that the hub offers"));
	if (detect->takes_indicators && detect->look_back_days > 0 && !is_raw)
		add(to, N_("  the own archive is looked at for warnings, the last %u days"),
		    detect->look_back_days);
}

static void show(const struct yg_sensor_policy *policy, struct yg_buf *to)
{
	const struct yg_policy *local = yg_sensor_policy_local(policy);
	const struct yg_policy *wish = yg_sensor_policy_wished(policy);
	uint8_t digest[YG_SHA256_BYTES];
	char hex[YG_SHA256_HEX + 1];
	char refused[1024];
	size_t asked;

	if (yg_sensor_policy_has_file(policy))
		add(to, N_("Policy of %s"), yg_sensor_policy_path(policy));
	else
		add(to, N_("Built-in policy: there is no file %s"), yg_sensor_policy_path(policy));
	if (local->raw)
		add(to, N_("Records of logs leave, as said below."));
	else
		add(to, N_("raw: false: no record of a log leaves; findings of the sensor's own "
			   "detection, heartbeats and the inventory do."));
	show_detect(yg_sensor_policy_detect(policy), local->raw, to);
	show_one(local, to);
	add(to, N_("Records of communications (secrecy of communications):"));
	show_secrecy(local, to);
	if (wish) {
		add(to,
		    N_("The hub wished, and it holds within the above (the stricter of both):"));
		if (!wish->raw)
			add(to, N_("  no records of logs"));
		show_one(wish, to);
		if (yg_policy_refusals(local, wish, refused, sizeof(refused), &asked) > 0)
			add(to, N_("Refused of that: %s"), refused);
	}
	yg_sensor_policy_digest(policy, digest);
	yg_hex((struct yg_bytes){digest, sizeof(digest)}, hex);
	add(to, N_("In the ledger this policy is %s"), hex);
}

const char *yg_sensor_policy_fault(const struct yg_line_fault *fault, char *to, size_t room)
{
	struct yg_bytes msg = yg_bytes_str(fault->msg);
	size_t colon = yg_bytes_find(msg, YG_S(": "));
	bool has_key = colon != SIZE_MAX &&
		       yg_bytes_find(yg_bytes_cut(msg, 0, colon), YG_S(" ")) == SIZE_MAX;
	size_t at = has_key ? colon + 2 : 0;

	(void)snprintf(to, room, "%.*s%s", (int)at, fault->msg,
		       yg_sensor_tr(fault->msg + at)); /* cut: ours are short */
	return to;
}

int yg_sensor_policy(const struct yg_sensor_options *options)
{
	const char *what = options->word_count > 0 ? options->words[0] : "";
	bool is_show = strcmp(what, "show") == 0;
	struct yg_sensor_policy *policy = NULL;
	struct yg_line_fault fault;
	struct yg_home home = {0};
	struct yg_buf text;
	char words[512];
	int rc;

	if (!is_show && strcmp(what, "check") != 0) {
		yg_sensor_say(N_("policy: say show or check"));
		return 2;
	}
	if (strlen(options->state) >= sizeof(home.folder)) {
		yg_sensor_say("--state: %s", yg_sensor_tr(yg_err_text(YG_ELIMIT)));
		return 2;
	}
	(void)snprintf(home.folder, sizeof(home.folder), "%s", options->state); /* measured */
	rc = yg_sensor_policy_load(&home, options->policy, false, &policy, &fault);
	if (rc != YG_OK && policy)
		yg_sensor_say(N_("policy %s, line %u: %s"), yg_sensor_policy_path(policy),
			      fault.line, yg_sensor_policy_fault(&fault, words, sizeof(words)));
	yg_buf_init(&text, TEXT_MAX);
	if (rc == YG_OK && is_show)
		show(policy, &text);
	else if (rc == YG_OK)
		add(&text, N_("%s: right"), yg_sensor_policy_path(policy));
	if (rc == YG_OK)
		rc = yg_buf_error(&text);
	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&text));
	yg_buf_done(&text);
	(void)yg_sensor_policy_free(policy);
	return rc == YG_OK || rc == YG_EPIPE ? 0 : 1;
}
