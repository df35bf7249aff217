/* SPDX-License-Identifier: Apache-2.0 */
/* From an error with its words ("reason-needed: 4-1-1-1: …") to a problem people can read. */
#include "assess/api-int.h"

#include "base/ban.h"

#define CODE_MAX   40u
#define DETAIL_MAX 1024u

struct text {
	const char *code; /* with a '*' at its end: begins so; at its start: ends so */
	int status;
	const char *title;
	const char *advice;
};

/* The first that fits. */
static const struct text texts[] = {
	{"precondition-required", 428, N_("It was not said which revision this change is based on"),
	 N_("Send If-Match with the revision that was read, or 0 to create.")},
	{"changed-meanwhile", 409, N_("This was changed by somebody else meanwhile"),
	 N_("Load it again, look at what was changed, and save once more.")},
	{"wrong-type", 415, N_("The kind of content is not the one expected"),
	 N_("Send application/json.")},
	{"too-large", 413, N_("The content is too large"),
	 N_("Leave out what is not needed, or split it.")},
	{"too-many", 400, N_("There are too many of these"),
	 N_("Remove those that are not needed.")},
	{"practice", 409, N_("Practice mode: the official wording is missing"),
	 N_("Bring in the publisher's file first.")},
	{"not-now", 409, N_("No statement can be made now"),
	 N_("See to what is named, and try again.")},
	{"not-allowed", 403, N_("You may not do this"),
	 N_("Change to the desk of the one who may, or ask the owner of this file.")},
	{"registration-expired", 403, N_("The expert's registration has expired"),
	 N_("Enter the new last day of the registration in the invitation.")},
	{"not-declared", 409, N_("There is nothing to confirm yet"),
	 N_("Only an answer \"met\" or \"not applicable\" can be confirmed.")},
	{"not-found", 404, N_("It is not there (any more)"), N_("Load the list again.")},
	{"unknown-criterion", 404, N_("There is no such criterion at this level"),
	 N_("The list of criteria has the ids that exist.")},
	{"unknown-*", 400, N_("Something is named that does not exist here"),
	 N_("Choose one of those offered.")},
	{"reason-needed", 400, N_("A reason is needed"),
	 N_("Write in a sentence why this does not apply.")},
	{"*-needed", 400, N_("Something that is needed is missing"),
	 N_("Fill in what is named and save again.")},
	{"future-day", 400, N_("The day lies in the future"),
	 N_("Enter a day up to today, and see whether the clock of this machine is right.")},
	{"bad-day", 400, N_("A day is not right"), N_("Write days as 2026-11-25.")},
	{"bad-state", 400, N_("This is no answer to this criterion"),
	 N_("Choose one of the answers offered.")},
	{"bad-corporate-number", 400, N_("The corporate number is not right"),
	 N_("It has 13 digits, and the first one is computed from the others.")},
	{"bad-framework", 400, N_("This framework file cannot be used"),
	 N_("Correct the place that is named and send the file again.")},
	{"bad-exchange", 400, N_("This is no file exported from an assessment, or it is damaged"),
	 N_("Ask for the file once more.")},
	{"other-framework", 409, N_("The file is about another framework"),
	 N_("Choose the assessment that the file came from.")},
	{"bad-file", 400, N_("This file cannot be read"),
	 N_("Correct the place that is named and send the file again.")},
	{"bad-request", 400, N_("The content does not fit this operation"),
	 N_("Correct what is named and send it again.")},
};

static bool fits(const char *pattern, const char *code)
{
	size_t size = strlen(pattern);
	size_t code_size = strlen(code);

	if (pattern[0] == '*')
		return code_size >= size - 1 &&
		       strcmp(code + code_size - (size - 1), pattern + 1) == 0;
	if (pattern[size - 1] == '*')
		return strncmp(code, pattern, size - 1) == 0;
	return strcmp(code, pattern) == 0;
}

static const struct text *text_of(const char *code)
{
	size_t count = sizeof(texts) / sizeof(texts[0]);

	for (size_t i = 0; i < count; i++)
		if (fits(texts[i].code, code))
			return &texts[i];
	return &texts[count - 1];
}

/* The word before the first ':' when it is one of ours; *ret_words what follows. */
static bool take_code(const char *message, char code[CODE_MAX], const char **ret_words)
{
	size_t size = strspn(message, "abcdefghijklmnopqrstuvwxyz_-");

	*ret_words = message;
	if (size == 0 || size >= CODE_MAX || message[size] != ':')
		return false;
	memcpy(code, message, size);
	code[size] = 0;
	for (size_t i = 0; i < size; i++)
		if (code[i] == '_')
			code[i] = '-';
	*ret_words = message + size + 1 + strspn(message + size + 1, " ");
	return true;
}

/* The code for an error that came without one; NULL: no refusal, but an error. */
static const char *code_of(int rc, bool has_words)
{
	switch (rc) {
	case YG_ENOENT:
		return "not-found";
	case YG_EMISMATCH:
		return "changed-meanwhile";
	case YG_EACCES:
		return "not-allowed";
	case YG_ELIMIT:
		return has_words ? "bad-request" : "too-large";
	case YG_EINVAL:
		return "bad-request";
	case YG_EFORMAT:
	case YG_EUNSUPPORTED:
	case YG_EDUPLICATE:
	case YG_ETRUNC:
	case YG_EDIGEST:
		return has_words ? "bad-file" : NULL;
	default:
		return NULL;
	}
}

/* What to do, and beside it what exactly was wrong, which the core says in English. */
static void add_detail(struct yg_buf *to, const struct yg_api_call *call, const struct text *text,
		       const char *words)
{
	enum yg_lang lang = call->request->lang;

	yg_buf_add_str(to, yg_tr(lang, text->advice));
	if (words[0]) {
		yg_buf_add_str(to, lang == YG_LANG_JA ? "（" : " (");
		if (call->fault.line > 0)
			yg_buf_addf(to, lang == YG_LANG_JA ? "%u行目: " : "line %u: ",
				    call->fault.line);
		yg_buf_add_str(to, words);
		yg_buf_add_str(to, lang == YG_LANG_JA ? "）" : ")");
	}
	yg_buf_add_byte(to, 0);
}

int yg_api_refuse(struct yg_api_call *call, int rc)
{
	char mem[CODE_MAX];
	const char *code = mem;
	const char *words;
	const struct text *text;
	struct yg_buf detail;

	if (!take_code(call->fault.msg, mem, &words))
		code = code_of(rc, call->fault.msg[0] != 0);
	if (!code)
		return rc;
	text = text_of(code);
	yg_buf_init(&detail, DETAIL_MAX);
	add_detail(&detail, call, text, words);
	rc = yg_buf_error(&detail);
	if (rc == YG_OK)
		rc = yg_reply_problem(call->reply, text->status, code,
				      yg_tr(call->request->lang, text->title),
				      (const char *)detail.data);
	yg_buf_done(&detail);
	return rc;
}
