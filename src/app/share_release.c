/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura share release`: what of a notice would leave, to whom, by which way. Nothing is sent. */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <getopt.h>
#include <unistd.h>

#include "access/gate.h"
#include "app/commands.h"
#include "app/say.h"
#include "app/share-int.h"
#include "base/alloc.h"
#include "base/io.h"
#include "base/json.h"
#include "render/notice.h"
#include "share/stix_notice.h"

#include "base/ban.h"

#define OUT_MAX	  (16u << 20)
#define ARENA_MAX (16u << 20)
#define OWN_MAX	  (8u << 20) /* bytes of the file */

enum form {
	FORM_TEXT,
	FORM_PAGE,
	FORM_MAIL,
	FORM_SCRIPT,
	FORM_MESSAGE,
	FORM_STIX,
	FORM_BY_OUTLET,
};
static const char *const form_names[] = {"text", "page", "mail", "script", "message", "stix"};
static const enum form outlet_forms[YG_OUTLET_COUNT] = {
	[YG_OUTLET_API] = FORM_MESSAGE,	   [YG_OUTLET_CONSOLE] = FORM_TEXT,
	[YG_OUTLET_MAIL] = FORM_MAIL,	   [YG_OUTLET_WEBHOOK] = FORM_MESSAGE,
	[YG_OUTLET_SENSOR] = FORM_MESSAGE, [YG_OUTLET_EXPORT] = FORM_MESSAGE,
	[YG_OUTLET_PHONE] = FORM_SCRIPT,   [YG_OUTLET_PRINT] = FORM_PAGE,
	[YG_OUTLET_TAXII] = FORM_STIX,
};

struct run {
	const char *notice;
	const char *own;
	struct yg_release_ask ask;
	enum form form;
	bool has_audience;
	bool is_json;
};

enum option_code {
	OPT_NOTICE = 1000,
	OPT_OWN,
	OPT_AUDIENCE,
	OPT_OUTLET,
	OPT_AGREED,
	OPT_USE,
	OPT_FORM,
	OPT_DAMAGE,
	OPT_PERSON,
	OPT_JSON,
	OPT_LANG,
};
static const struct option longs[] = {
	{"notice", required_argument, NULL, OPT_NOTICE},
	{"own", required_argument, NULL, OPT_OWN},
	{"audience", required_argument, NULL, OPT_AUDIENCE},
	{"outlet", required_argument, NULL, OPT_OUTLET},
	{"agreed", required_argument, NULL, OPT_AGREED},
	{"use", required_argument, NULL, OPT_USE},
	{"form", required_argument, NULL, OPT_FORM},
	{"damage", no_argument, NULL, OPT_DAMAGE},
	{"person", no_argument, NULL, OPT_PERSON},
	{"json", no_argument, NULL, OPT_JSON},
	{"lang", required_argument, NULL, OPT_LANG},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static bool take_form(const char *text, enum form *ret)
{
	for (unsigned i = 0; i < FORM_BY_OUTLET; i++) {
		if (strcmp(text, form_names[i]) == 0) {
			*ret = (enum form)i;
			return true;
		}
	}
	return false;
}

static bool take_word(int option, const char *text, struct run *run)
{
	struct yg_bytes word = yg_bytes_str(text);

	switch (option) {
	case OPT_AUDIENCE:
		run->has_audience = yg_audience_by_name(word, &run->ask.audience);
		return run->has_audience;
	case OPT_OUTLET:
		return yg_outlet_by_name(word, &run->ask.outlet);
	case OPT_AGREED:
		return yg_agreed_by_name(word, &run->ask.agreed);
	case OPT_USE:
		return yg_use_by_name(word, &run->ask.use);
	default:
		return take_form(text, &run->form);
	}
}

static bool take_option(void *arg, int option)
{
	struct run *run = arg;

	switch (option) {
	case OPT_NOTICE:
		run->notice = optarg;
		return true;
	case OPT_OWN:
		run->own = optarg;
		return true;
	case OPT_DAMAGE:
		run->ask.has_damage_consent = true;
		return true;
	case OPT_PERSON:
		run->ask.is_named_person = true;
		return true;
	case OPT_JSON:
		run->is_json = true;
		return true;
	case OPT_LANG:
		return yg_share_take_lang(optarg);
	default:
		return take_word(option, optarg, run) ||
		       yg_share_refuse(N_("share release: %s: there is no such word"),
				       yg_say_safe(yg_bytes_str(optarg), 80));
	}
}

static bool read_options(int argc, char **argv, struct run *run, int *ret_status)
{
	if (!yg_share_options(argc, argv, longs, take_option, run, ret_status))
		return false;
	if (optind < argc)
		return yg_share_refuse(N_("share release: %s: one word too many"),
				       yg_say_safe(yg_bytes_str(argv[optind]), 80));
	if (!run->notice || !run->has_audience)
		return yg_share_refuse(N_("share release: %s is missing"),
				       !run->notice ? "--notice FILE" : "--audience WORD");
	return true;
}

/* ---- reading ---- */

int yg_share_load(const char *path, size_t bytes_max, json_t **ret)
{
	struct yg_fault fault = {0};
	uint8_t *bytes;
	size_t size;
	int rc = yg_io_read_file(path, bytes_max, &bytes, &size);

	if (rc != YG_OK) {
		yg_say("%s: %s", yg_say_safe(yg_bytes_str(path), 200), yg_say_tr(yg_err_text(rc)));
		return rc;
	}
	rc = yg_json_load((struct yg_bytes){bytes, size}, bytes_max, ret, &fault);
	free(bytes);
	if (rc != YG_OK)
		yg_say(N_("%s: no JSON at byte %zu: %s"), yg_say_safe(yg_bytes_str(path), 200),
		       fault.pos, fault.msg ? fault.msg : yg_err_text(rc));
	return rc;
}

int yg_share_load_own(const char *path, struct yg_own **ret)
{
	struct yg_line_fault fault = {0};
	json_t *tree = NULL;
	int rc = yg_share_load(path, OWN_MAX, &tree);

	if (rc != YG_OK)
		return rc;
	*ret = yg_own_new();
	rc = *ret ? yg_own_read(*ret, tree, &fault) : YG_ENOMEM;
	json_decref(tree);
	if (rc != YG_OK)
		yg_say("%s: %s", yg_say_safe(yg_bytes_str(path), 200),
		       rc == YG_ENOMEM ? yg_say_tr(yg_err_text(rc)) : fault.msg);
	return rc;
}

/* ---- writing ---- */

static void add_mail(struct yg_buf *to, const struct yg_notice *notice)
{
	struct yg_notice_mail mail;
	int rc;

	yg_notice_mail_init(&mail);
	rc = yg_notice_mail(&mail, notice, "", yg_say_lang_now());
	if (rc != YG_OK)
		to->error = rc;
	yg_buf_add(to, yg_buf_bytes(&mail.subject));
	yg_buf_add_str(to, "\n\n");
	yg_buf_add(to, yg_buf_bytes(&mail.plain));
	yg_buf_add_byte(to, '\n');
	yg_buf_add(to, yg_buf_bytes(&mail.html));
	yg_notice_mail_done(&mail);
}

static int add_form(struct yg_buf *to, enum form form, const struct yg_notice *notice)
{
	enum yg_lang lang = yg_say_lang_now();
	int rc = YG_OK;

	switch (form) {
	case FORM_PAGE:
		yg_notice_page(to, notice, lang);
		break;
	case FORM_MAIL:
		add_mail(to, notice);
		break;
	case FORM_SCRIPT:
		yg_notice_script(to, notice, lang);
		break;
	case FORM_STIX:
		rc = yg_stix_notice(notice, lang, to);
		break;
	case FORM_MESSAGE:
		rc = yg_notice_message(to, notice);
		yg_buf_add_byte(to, '\n');
		break;
	default:
		yg_notice_text(to, notice, lang);
		break;
	}
	return rc == YG_OK ? yg_buf_error(to) : rc;
}

/* The sender's view: what would leave, and what was taken out of what. */
static int add_view(struct yg_buf *to, const struct yg_released *released)
{
	const char *why = yg_refusal_name(released->refusal);
	json_t *view =
		json_pack("{s:b, s:s, s:s, s:s, s:s, s:b, s:O*, s:O*}", "released",
			  (int)(released->copy != NULL), "refusal", why, "text",
			  yg_refusal_text(released->refusal), "tlp", yg_tlp_name(released->tlp),
			  "pap", yg_pap_name(released->pap), "named", (int)released->is_named,
			  "copy", released->copy, "marks", released->marks);
	int rc = view ? yg_json_canonical(view, to) : YG_ENOMEM;

	json_decref(view);
	yg_buf_add_byte(to, '\n');
	return rc == YG_OK ? yg_buf_error(to) : rc;
}

static int print(const struct run *run, const struct yg_released *released)
{
	struct yg_arena *arena = yg_arena_new(ARENA_MAX);
	struct yg_line_fault fault;
	struct yg_notice notice;
	struct yg_buf out;
	int rc = arena ? YG_OK : YG_ENOMEM;

	yg_buf_init(&out, OUT_MAX);
	if (rc == YG_OK && run->is_json) {
		rc = add_view(&out, released);
	} else if (rc == YG_OK) {
		rc = yg_notice_read(released->copy, arena, &notice, &fault);
		if (rc == YG_OK)
			rc = add_form(&out,
				      run->form == FORM_BY_OUTLET ? outlet_forms[run->ask.outlet]
								  : run->form,
				      &notice);
	}
	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&out));
	yg_buf_done(&out);
	yg_arena_free(arena);
	return rc == YG_EPIPE ? YG_OK : rc;
}

static int release(struct run *run, const json_t *notice)
{
	struct yg_released released;
	int rc = yg_release(&run->ask, notice, &released);

	if (rc == YG_EINVAL) {
		struct yg_arena *arena = yg_arena_new(ARENA_MAX);
		struct yg_line_fault fault = {.msg = ""};
		struct yg_notice unused;

		/* Again, for its words. */
		rc = arena ? yg_notice_read(notice, arena, &unused, &fault) : YG_ENOMEM;
		rc = rc == YG_OK ? YG_EINVAL : rc;
		yg_say(N_("%s is no notice: %s"), yg_say_safe(yg_bytes_str(run->notice), 200),
		       fault.msg);
		yg_arena_free(arena);
	} else if (rc == YG_EACCES && !run->is_json) {
		yg_say(N_("nothing leaves: %s"), yg_say_tr(yg_refusal_text(released.refusal)));
	} else if (rc == YG_OK || rc == YG_EACCES) {
		int failed = print(run, &released);

		rc = failed ? failed : rc;
	}
	yg_released_done(&released);
	if (rc == YG_ENOMEM || rc == YG_ELIMIT || rc == YG_EIO)
		yg_say("%s", yg_say_tr(yg_err_text(rc)));
	return rc;
}

int yg_share_release(int argc, char **argv)
{
	struct run run = {.ask = {.kind = "notice", .outlet = YG_OUTLET_CONSOLE},
			  .form = FORM_BY_OUTLET};
	struct yg_own *own = NULL;
	json_t *notice = NULL;
	int status;
	int rc;

	if (!read_options(argc, argv, &run, &status))
		return status;
	rc = yg_share_load(run.notice, YG_NOTICE_BYTES_MAX, &notice);
	if (rc == YG_OK && run.own)
		rc = yg_share_load_own(run.own, &own);
	run.ask.own = own;
	if (rc == YG_OK) {
		rc = release(&run, notice);
		status = rc == YG_OK	   ? YG_EXIT_DONE
			 : rc == YG_EACCES ? YG_EXIT_PARTLY
					   : YG_EXIT_FAILED;
	}
	json_decref(notice);
	yg_own_free(own);
	return status;
}
