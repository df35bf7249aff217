/* SPDX-License-Identifier: Apache-2.0 */
/* The questions of `yagura source learn` on a terminal, in plain words. */
#include <unistd.h>

#include "app/say.h"
#include "app/source_learn-int.h"
#include "base/io.h"
#include "parse/address.h"

#include "base/ban.h"

/* One line from the terminal, without its end. False: it is closed. */
static bool read_answer(char *to, size_t room, size_t *ret_size)
{
	size_t size = 0;

	for (;;) {
		uint8_t byte;
		size_t got;

		if (yg_io_read(STDIN_FILENO, &byte, 1, &got) != YG_OK || got == 0)
			return false;
		if (byte == '\n')
			break;
		if (byte != '\r' && size + 1 < room)
			to[size++] = (char)byte;
	}
	to[size] = '\0';
	*ret_size = size;
	return true;
}

/* Ask; the answer is kept in the task's arena. NULL: the terminal is closed. */
static const char *ask(struct yg_learn_task *task, const char *question, const char *otherwise)
{
	char text[YG_LEARN_TEXT_MAX];
	size_t size;

	if (otherwise)
		fprintf(stderr, "%s [%s] ", yg_say_tr(question),
			yg_say_safe(yg_bytes_str(otherwise), 100));
	else
		fprintf(stderr, "%s ", yg_say_tr(question));
	if (!read_answer(text, sizeof(text), &size))
		return NULL;
	if (size == 0 && otherwise)
		return otherwise;
	return yg_arena_str(task->arena, (struct yg_bytes){(const uint8_t *)text, size});
}

bool yg_learn_confirm(const char *question)
{
	char text[16];
	size_t size;

	fprintf(stderr, "%s ", yg_say_tr(question));
	if (!read_answer(text, sizeof(text), &size))
		return false;
	return size == 0 || text[0] == 'y' || text[0] == 'Y';
}

bool yg_learn_ask_lines(struct yg_learn_task *task)
{
	struct yg_buf text;
	bool is_good = false;

	yg_buf_init(&text, YG_LINES_BYTES_MAX);
	fprintf(stderr, "%s\n",
		yg_say_tr(N_("Paste about ten lines of the log, then an empty line.")));
	for (;;) {
		char line[YG_LEARN_TEXT_MAX];
		size_t size;

		if (!read_answer(line, sizeof(line), &size) || size == 0)
			break;
		yg_buf_add(&text, (struct yg_bytes){(const uint8_t *)line, size});
		yg_buf_add_byte(&text, '\n');
	}
	if (yg_buf_error(&text) == YG_OK && text.size > 0)
		is_good = yg_lines_split(yg_buf_bytes(&text), &task->lines);
	yg_buf_done(&text);
	return is_good;
}

/* The first address of another machine in @line. */
static struct yg_bytes first_address(struct yg_bytes line)
{
	struct yg_bytes address;

	for (size_t i = 0; i < line.size; i++) {
		size_t size = yg_address_at(yg_bytes_from(line, i), &address);

		if (size > 0)
			return address;
		while (i + 1 < line.size && yg_hex_digit(line.data[i]) >= 0)
			i++;
	}
	return (struct yg_bytes){0};
}

static bool add(struct yg_learn_task *task, const char *name, const char *value)
{
	struct yg_buf pair;
	bool is_good;

	if (!value[0])
		return true;
	yg_buf_init(&pair, 2u * YG_LEARN_TEXT_MAX);
	yg_buf_addf(&pair, "%s=%s", name, value);
	yg_buf_add_byte(&pair, 0);
	is_good = yg_buf_error(&pair) == YG_OK;
	if (is_good) {
		const char *kept = yg_arena_str(
			task->arena, yg_bytes_cut(yg_buf_bytes(&pair), 0, pair.size - 1));

		is_good = kept && yg_learn_add_field(task, kept);
	}
	yg_buf_done(&pair);
	return is_good;
}

static bool ask_head(struct yg_learn_task *task)
{
	while (!task->name || !yg_learn_is_name(yg_bytes_str(task->name))) {
		task->name = ask(
			task, N_("What shall the device be called? (small letters, digits and -)"),
			NULL);
		if (!task->name)
			return false;
	}
	if (!task->kind)
		task->kind =
			ask(task,
			    N_("What is it? (vpn, firewall, proxy, dns, nas, mail, ftp, database, "
			       "web, app, phone, other)"),
			    "app");
	return task->kind != NULL;
}

static bool ask_result(struct yg_learn_task *task)
{
	const char *answer =
		ask(task,
		    N_("Does this line say that a sign-in was refused (r), that somebody "
		       "was let in (i), or neither (Enter)?"),
		    NULL);

	if (!answer)
		return false;
	if (answer[0] == 'r' || answer[0] == 'R')
		return yg_learn_add_set(task, "auth_result=failed");
	if (answer[0] == 'i' || answer[0] == 'I')
		return yg_learn_add_set(task, "auth_result=accepted");
	return true;
}

bool yg_learn_ask(struct yg_learn_task *task)
{
	struct yg_bytes line = task->lines.items[task->pointed - 1];
	struct yg_bytes address = first_address(line);
	const char *guess = address.size > 0 ? yg_arena_str(task->arena, address) : NULL;
	const char *answer;

	fprintf(stderr, "%s\n  %s\n", yg_say_tr(N_("This is the line we look at:")),
		yg_say_safe(line, 1000));
	if (!ask_head(task))
		return false;
	answer = ask(task, N_("Which account does it name? Copy it from the line (Enter: none)."),
		     NULL);
	if (!answer || !add(task, "user", answer))
		return false;
	answer = ask(task, N_("From which address did it come? Copy it from the line (- : none)."),
		     guess);
	if (!answer || !add(task, "src_ip", strcmp(answer, "-") == 0 ? "" : answer))
		return false;
	if (task->set_count == 0 && !ask_result(task))
		return false;
	for (;;) {
		answer =
			ask(task,
			    N_("Something else to take out of it, as NAME=VALUE? (Enter: no more)"),
			    NULL);
		if (!answer || !answer[0])
			return answer != NULL;
		(void)yg_learn_add_field(task, answer); /* a mistake is said and asked again */
	}
}
