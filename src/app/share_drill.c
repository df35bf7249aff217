/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `yagura share drill`, `share provision`: a receipt drill (疎通確認訓練) or a provision (情報提供)
 * down a tree, by the same letters and the same sender as warnings. No hub is needed.
 * docs/drill.md.
 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <getopt.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/hub_mail.h"
#include "app/say.h"
#include "app/share-int.h"
#include "app/share_drill.h"
#include "app/sheet_file.h"
#include "base/io.h"
#include "base/json.h"
#include "base/utf8.h"
#include "model/notice.h"
#include "render/drill.h"

#include "base/ban.h"

#define ARENA_MAX	(1u << 30)
#define OUT_MAX		(256u << 20)
#define TIMEOUT_DEFAULT 30u
#define TIMEOUT_MAX	600u
#define AT_ONCE_DEFAULT 32u
#define FROM_DEFAULT	"yagura@localhost"

struct command {
	struct yg_share_drill run;
	struct yg_hub_config config; /* of --config; owns its texts */
	const char *config_path;
	const char *announce;
	const char *mode;
	const char *notice;
	const char *own;
	const char *html;
	const char *result;
	const char *answers;
	bool is_json;
	bool is_provision;
	bool is_refused; /* by the gate: no fault of the command */
	bool goes_around;
};

enum option_code {
	OPT_TREE = 1000,
	OPT_NOTICE,
	OPT_OWN,
	OPT_AUDIENCE,
	OPT_AGREED,
	OPT_DAMAGE,
	OPT_MODE,
	OPT_ANNOUNCE,
	OPT_TIMEOUT,
	OPT_JSON,
	OPT_HTML,
	OPT_AROUND,
	OPT_AT_ONCE,
	OPT_CONFIG,
	OPT_MAIL_SERVER,
	OPT_MAIL_FROM,
	OPT_MAIL_USER,
	OPT_MAIL_PASSWORD,
	OPT_AUTHORITIES,
	OPT_ISSUER,
	OPT_REACH,
	OPT_RESULT,
	OPT_ANSWERS,
	OPT_LANG,
};

static const struct option longs[] = {
	{"tree", required_argument, NULL, OPT_TREE},
	{"announce", required_argument, NULL, OPT_ANNOUNCE},
	{"notice", required_argument, NULL, OPT_NOTICE},
	{"own", required_argument, NULL, OPT_OWN},
	{"audience", required_argument, NULL, OPT_AUDIENCE},
	{"agreed", required_argument, NULL, OPT_AGREED},
	{"damage", no_argument, NULL, OPT_DAMAGE},
	{"mode", required_argument, NULL, OPT_MODE},
	{"timeout", required_argument, NULL, OPT_TIMEOUT},
	{"json", no_argument, NULL, OPT_JSON},
	{"html", required_argument, NULL, OPT_HTML},
	{"around", no_argument, NULL, OPT_AROUND},
	{"at-once", required_argument, NULL, OPT_AT_ONCE},
	{"config", required_argument, NULL, OPT_CONFIG},
	{"mail-server", required_argument, NULL, OPT_MAIL_SERVER},
	{"mail-from", required_argument, NULL, OPT_MAIL_FROM},
	{"mail-user", required_argument, NULL, OPT_MAIL_USER},
	{"mail-password-file", required_argument, NULL, OPT_MAIL_PASSWORD},
	{"authorities", required_argument, NULL, OPT_AUTHORITIES},
	{"issuer", required_argument, NULL, OPT_ISSUER},
	{"reach", required_argument, NULL, OPT_REACH},
	{"result", required_argument, NULL, OPT_RESULT},
	{"answers", required_argument, NULL, OPT_ANSWERS},
	{"lang", required_argument, NULL, OPT_LANG},
	{"help", no_argument, NULL, 'h'},
	{0},
};

/* ---- the command line ---- */

static bool take_number(const char *option, uint32_t max, uint32_t *ret)
{
	uint64_t value;

	if (!yg_bytes_u64(yg_bytes_str(optarg), &value) || value < 1 || value > max) {
		yg_say_hint(N_("`yagura share --help` shows what there is"),
			    N_("%s %s: give a whole number from 1 to %u"), option,
			    yg_say_safe(yg_bytes_str(optarg), 40), max);
		return false;
	}
	*ret = (uint32_t)value;
	return true;
}

/* Options that are a text, and where it goes. */
static const struct {
	int option;
	size_t offset;
} texts[] = {
	{OPT_TREE, offsetof(struct command, run.tree_path)},
	{OPT_ANNOUNCE, offsetof(struct command, announce)},
	{OPT_NOTICE, offsetof(struct command, notice)},
	{OPT_OWN, offsetof(struct command, own)},
	{OPT_MODE, offsetof(struct command, mode)},
	{OPT_HTML, offsetof(struct command, html)},
	{OPT_CONFIG, offsetof(struct command, config_path)},
	{OPT_MAIL_SERVER, offsetof(struct command, run.out.mail_server)},
	{OPT_MAIL_FROM, offsetof(struct command, run.out.mail_from)},
	{OPT_MAIL_USER, offsetof(struct command, run.out.mail_user)},
	{OPT_MAIL_PASSWORD, offsetof(struct command, run.out.mail_password_file)},
	{OPT_AUTHORITIES, offsetof(struct command, run.out.authorities)},
	{OPT_ISSUER, offsetof(struct command, run.issuer)},
	{OPT_REACH, offsetof(struct command, run.reach)},
	{OPT_RESULT, offsetof(struct command, result)},
	{OPT_ANSWERS, offsetof(struct command, answers)},
};

/* NULL: @option is none of these. */
static const char **text_of(struct command *command, int option)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].option == option)
			return (const char **)(void *)((char *)command + texts[i].offset);
	return NULL;
}

static bool take_word(struct command *command, int option)
{
	struct yg_release_ask *ask = &command->run.ask;
	struct yg_bytes word = yg_bytes_str(optarg);

	return (option == OPT_AUDIENCE ? yg_audience_by_name(word, &ask->audience)
				       : yg_agreed_by_name(word, &ask->agreed)) ||
	       yg_share_refuse(N_("share release: %s: there is no such word"),
			       yg_say_safe(word, 80));
}

static bool take_option(void *arg, int option)
{
	struct command *command = arg;
	const char **text = text_of(command, option);

	if (text) {
		*text = optarg;
		return true;
	}
	switch (option) {
	case OPT_TIMEOUT:
		return take_number("--timeout", TIMEOUT_MAX, &command->run.timeout_s);
	case OPT_AT_ONCE:
		return take_number("--at-once", YG_POST_AT_ONCE_MAX, &command->run.at_once);
	case OPT_AUDIENCE:
	case OPT_AGREED:
		return take_word(command, option);
	case OPT_DAMAGE:
		command->run.ask.has_damage_consent = true;
		return true;
	case OPT_JSON:
		command->is_json = true;
		return true;
	case OPT_AROUND:
		command->goes_around = true;
		return true;
	default:
		return yg_share_take_lang(optarg);
	}
}

static bool read_announce(struct command *command)
{
	if (!command->announce)
		return yg_share_refuse(N_("share: %s is missing"), "--announce yes|no");
	command->run.is_announced = strcmp(command->announce, "yes") == 0;
	return command->run.is_announced || strcmp(command->announce, "no") == 0 ||
	       yg_share_refuse(N_("--announce %s: give yes or no"),
			       yg_say_safe(yg_bytes_str(command->announce), 40));
}

static bool read_mode(struct command *command)
{
	bool is_large = command->mode && strcmp(command->mode, "large-scale") == 0;

	command->run.way = is_large		  ? YG_DRILL_AT_ONCE
			   : command->goes_around ? YG_DRILL_AROUND
						  : YG_DRILL_DOWN;
	return is_large || !command->mode || strcmp(command->mode, "normal") == 0 ||
	       yg_share_refuse(N_("--mode %s: give normal or large-scale"),
			       yg_say_safe(yg_bytes_str(command->mode), 40));
}

/* What belongs to the other one of the two. */
static bool refuse_other(const struct command *command)
{
	const char *word = NULL;

	if (command->is_provision && command->announce)
		word = "--announce";
	if (!command->is_provision)
		word = command->notice ? "--notice" : command->own ? "--own" : NULL;
	return !word || yg_share_refuse(N_("%s: there is no such option"), word);
}

/* --result: only what was sent before is counted again. */
static bool read_words(struct command *command, int argc, char **argv)
{
	if (optind < argc)
		return yg_share_refuse(N_("share: %s: one word too many"),
				       yg_say_safe(yg_bytes_str(argv[optind]), 80));
	if (command->result && command->run.tree_path)
		return yg_share_refuse(N_("share: give one of %s"), "--tree, --result");
	if (command->answers && !command->result)
		return yg_share_refuse(N_("share: %s is missing"), "--result FILE");
	if (!refuse_other(command) || !read_mode(command))
		return false;
	if (command->result)
		return true;
	if (!command->run.tree_path)
		return yg_share_refuse(N_("share: %s is missing"), "--tree FILE");
	if (command->is_provision && !command->notice)
		return yg_share_refuse(N_("share: %s is missing"), "--notice FILE");
	return command->is_provision || read_announce(command);
}

/* ---- how mail goes out ---- */

static const char *either(const char *first, const char *second)
{
	return first ? first : second;
}

/* Options win over the hub's own file. 127.0.0.1 is spoken with where the tree or an option names
 * it: both are the operator's. */
static int read_config(struct command *command)
{
	struct yg_hub_config_out *out = &command->run.out;
	const struct yg_hub_config_out *from = &command->config.out;
	int rc = command->config_path ? yg_hub_config_read(command->config_path, &command->config)
				      : YG_OK;

	if (rc != YG_OK)
		return rc;
	out->mail_server = either(out->mail_server, from->mail_server);
	out->mail_from = either(out->mail_from, either(from->mail_from, FROM_DEFAULT));
	out->mail_user = either(out->mail_user, from->mail_user);
	out->mail_password_file = either(out->mail_password_file, from->mail_password_file);
	out->authorities = either(out->authorities, from->authorities);
	out->webhooks = "yes";
	out->local = "127.0.0.1";
	return YG_OK;
}

static bool is_server(const char *server)
{
	struct yg_bytes text = yg_bytes_str(server);

	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] <= ' ' || text.data[i] > '~')
			return false;
	return yg_bytes_starts(text, YG_S("smtp://")) || yg_bytes_starts(text, YG_S("smtps://"));
}

/* A text for the head of a mail or a notice: one line. */
static bool is_line(const char *text)
{
	struct yg_bytes line = yg_bytes_str(text);

	for (size_t i = 0; i < line.size; i++)
		if (line.data[i] < ' ' || line.data[i] == 0x7f)
			return false;
	return line.size <= YG_TREE_NAME_MAX && yg_utf8_valid(line);
}

static bool check_out(const struct yg_share_drill *run)
{
	const struct yg_hub_config_out *out = &run->out;
	uint32_t count = 0;

	if (out->mail_server && !is_server(out->mail_server))
		return yg_share_refuse(N_("--mail-server %s: give smtps://HOST:PORT or "
					  "smtp://HOST:PORT"),
				       yg_say_safe(yg_bytes_str(out->mail_server), 80));
	if (!yg_hub_mail_is_address(out->mail_from))
		return yg_share_refuse(N_("--mail-from %s: give one address"),
				       yg_say_safe(yg_bytes_str(out->mail_from), 80));
	if (!is_line(run->issuer) || !is_line(run->reach))
		return yg_share_refuse(N_("%s: give one line of text"), "--issuer, --reach");
	for (uint32_t i = 0; i < run->tree.count; i++)
		count += run->tree.nodes[i].channel == YG_TREE_MAIL &&
			 run->tree.nodes[i].mailbox.size > 0 && run->tree.nodes[i].server.size == 0;
	if (count > 0 && !out->mail_server) {
		yg_say_hint(N_("give --mail-server, or the hub's own file by --config"),
			    N_("%s: %u mail addresses, and no mail server to send by"),
			    yg_say_safe(yg_bytes_str(run->tree_path), 300), count);
		return false;
	}
	return true;
}

/* ---- the page ---- */

static const char *stage_words(struct yg_bytes word)
{
	for (unsigned i = 0; i < YG_TREE_STAGE_COUNT; i++)
		if (yg_bytes_eq(word, yg_bytes_str(yg_tree_stage_name((enum yg_tree_stage)i))))
			return yg_tree_stage_title((enum yg_tree_stage)i);
	return "";
}

static const char *result_words(struct yg_bytes word)
{
	enum yg_drill_result result;

	return yg_drill_result_by_name(word, &result) ? yg_drill_result_title(result) : "";
}

static const char *todo_words(struct yg_bytes word)
{
	enum yg_drill_result result;

	return yg_drill_result_by_name(word, &result) ? yg_drill_result_todo(result) : "";
}

static const struct yg_drill_words words = {stage_words, result_words, todo_words};

/* Once before anything is sent, with nothing in it: a place that cannot be written is known then.
 */
static int write_page(const struct command *command, const json_t *result)
{
	struct yg_buf page;
	int rc;

	yg_buf_init(&page, OUT_MAX);
	yg_drill_page(&page, result, &words, yg_say_lang_now());
	rc = yg_buf_error(&page);
	if (rc == YG_OK)
		rc = yg_io_write_to(command->html, yg_buf_bytes(&page), 0600);
	yg_buf_done(&page);
	if (rc != YG_OK)
		yg_say("%s: %s", yg_say_safe(yg_bytes_str(command->html), 300),
		       yg_say_tr(yg_err_text(rc)));
	return rc;
}

/* ---- before and after ---- */

static int read_tree(struct yg_share_drill *run)
{
	struct yg_tree_faults faults = {0};
	struct yg_table table;
	int rc = yg_sheet_file_read(run->tree_path, run->arena, &table);

	if (rc != YG_OK)
		return rc;
	rc = yg_tree_read(&table, run->arena, &run->tree, &faults);
	if (rc == YG_EFORMAT)
		yg_share_drill_say_faults(run->tree_path, &faults);
	return rc;
}

/* What the tree itself says: these are sent to on this machine. */
static void say_local(const struct yg_share_drill *run)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < run->tree.count; i++)
		count +=
			yg_bytes_find(run->tree.nodes[i].address, YG_S("://127.0.0.1")) != SIZE_MAX;
	if (count > 0)
		yg_say(N_("%s: %u addresses lead to this machine itself (127.0.0.1)"),
		       yg_say_safe(yg_bytes_str(run->tree_path), 300), count);
}

/* What the gate says before anything is sent: by each channel that somebody has. */
static int ask_gate(const struct yg_share_drill *run)
{
	unsigned used = 0;
	int rc = YG_OK;

	for (uint32_t i = 0; rc == YG_OK && i < run->tree.count; i++) {
		enum yg_tree_channel channel = run->tree.nodes[i].channel;
		const char *why = "";

		if (used & 1u << channel)
			continue;
		used |= 1u << channel;
		rc = yg_share_drill_ask(run, channel, &why);
		if (rc == YG_EACCES)
			yg_say(N_("nothing leaves: %s"), yg_say_tr(why));
	}
	return rc;
}

static int read_notice(struct command *command, json_t **ret_notice, struct yg_own **ret_own)
{
	struct yg_share_drill *run = &command->run;
	struct yg_bytes number;
	int rc = yg_share_load(command->notice, YG_NOTICE_BYTES_MAX, ret_notice);

	if (rc == YG_OK && command->own)
		rc = yg_share_load_own(command->own, ret_own);
	if (rc != YG_OK)
		return rc;
	run->notice = *ret_notice;
	run->ask.own = *ret_own;
	number = yg_json_text(*ret_notice, "number");
	if (number.size == 0 || number.size >= sizeof(run->number)) {
		yg_say(N_("%s: number: a provision has one, of at most %u bytes"),
		       yg_say_safe(yg_bytes_str(command->notice), 300),
		       (unsigned)sizeof(run->number) - 1);
		return YG_EFORMAT;
	}
	memcpy(run->number, number.data, number.size);
	rc = ask_gate(run);
	command->is_refused = rc == YG_EACCES;
	if (rc == YG_EINVAL)
		yg_say(N_("%s is no notice: %s"), yg_say_safe(yg_bytes_str(command->notice), 200),
		       "yagura share release --json");
	return rc;
}

static int make_ready(struct yg_share_drill *run)
{
	run->drill = yg_drill_new(&run->tree, run->way);
	run->nodes =
		yg_arena_zalloc(run->arena, ((size_t)run->tree.count + 1) * sizeof(*run->nodes));
	return run->drill && run->nodes ? YG_OK : YG_ENOMEM;
}

static int send_down(struct command *command, json_t **ret)
{
	struct yg_share_drill *run = &command->run;
	int rc = make_ready(run);

	if (rc == YG_OK) {
		say_local(run);
		run->began_ns = run->clock.now_ns(run->clock.arg);
		yg_share_drill_numbers(run);
		rc = yg_share_drill_send(run);
	}
	if (rc == YG_OK) {
		*ret = yg_share_drill_json(run);
		rc = *ret ? YG_OK : YG_ENOMEM;
	}
	if (rc != YG_OK)
		yg_say("%s", yg_say_tr(yg_err_text(rc)));
	run->drill = yg_drill_free(run->drill);
	return rc;
}

/* Everything that can be wrong is looked at before the first letter. */
static int drill(struct command *command, json_t **ret)
{
	struct yg_own *own = NULL;
	json_t *notice = NULL;
	int rc = read_tree(&command->run);

	if (rc == YG_OK)
		rc = read_config(command);
	if (rc == YG_OK && !check_out(&command->run))
		rc = YG_EINVAL;
	if (rc == YG_OK && command->is_provision)
		rc = read_notice(command, &notice, &own);
	if (rc == YG_OK && command->html)
		rc = write_page(command, NULL);
	if (rc == YG_OK)
		rc = send_down(command, ret);
	json_decref(notice);
	yg_own_free(own);
	return rc;
}

static int print(const struct command *command, const json_t *result)
{
	struct yg_buf out;
	int rc = YG_OK;

	yg_buf_init(&out, OUT_MAX);
	if (command->is_json) {
		rc = yg_json_canonical(result, &out);
		yg_buf_add_byte(&out, '\n');
	} else {
		yg_drill_text(&out, result, &words, yg_say_lang_now());
	}
	if (rc == YG_OK)
		rc = yg_buf_error(&out);
	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&out));
	yg_buf_done(&out);
	if (rc == YG_EPIPE)
		rc = YG_OK;
	if (rc != YG_OK)
		yg_say("%s", yg_say_tr(yg_err_text(rc)));
	if (rc == YG_OK && command->html)
		rc = write_page(command, result);
	return rc;
}

int yg_share_drill(int argc, char **argv)
{
	struct command command = {
		.is_provision = strcmp(argv[0], "provision") == 0,
		.run = {.issuer = "",
			.reach = "",
			.timeout_s = TIMEOUT_DEFAULT,
			.at_once = AT_ONCE_DEFAULT,
			.clock = yg_clock_system(),
			.steady = yg_clock_steady(),
			.ask = {.kind = "notice", .audience = YG_AUDIENCE_SECTOR}}};
	json_t *result = NULL;
	int status;
	int rc;

	if (!yg_share_options(argc, argv, longs, take_option, &command, &status))
		return status;
	if (!read_words(&command, argc, argv))
		return YG_EXIT_FAILED;
	command.run.arena = yg_arena_new(ARENA_MAX);
	rc = !command.run.arena ? YG_ENOMEM
	     : command.result	? yg_share_drill_again(command.result, command.answers,
						       command.run.arena, &result)
				: drill(&command, &result);
	if (rc == YG_OK)
		rc = print(&command, result);
	if (rc == YG_OK)
		status = yg_share_drill_is_whole(result) ? YG_EXIT_DONE : YG_EXIT_PARTLY;
	else
		status = command.is_refused ? YG_EXIT_PARTLY : YG_EXIT_FAILED;
	json_decref(result);
	yg_hub_config_done(&command.config);
	(void)yg_arena_free(command.run.arena);
	return status;
}
