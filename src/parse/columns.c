/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/columns.h"

#include "base/alloc.h"
#include "parse/address.h"
#include "parse/cursor.h"
#include "parse/json.h"
#include "parse/times.h"
#include "parse/web.h"

#include "base/ban.h"

#define COLUMNS_MAX 256u
#define ITEMS_MAX   256u /* of a set or vector; further ones are one text */

enum table {
	TABLE_NONE,
	TABLE_W3C,
	TABLE_ZEEK,
};

struct column {
	uint32_t name_id;
	struct yg_bytes name;
	bool is_list;	/* set[…], vector[…] */
	bool is_header; /* W3C: cs(…), in which "+" is a space */
};

struct yg_columns {
	enum table table;
	uint8_t separator, set_separator;
	struct yg_bytes empty, unset, path, day;
	size_t date, time; /* columns of these, or SIZE_MAX */
	size_t count;
	struct column at[COLUMNS_MAX];
	struct yg_buf text; /* the head; names point into it */
};

/* ---- head lines ---- */

static const char *const w3c_heads[] = {
	"#Software:", "#Version:", "#Date:", "#Fields:", "#Start-Date:", "#End-Date:", "#Remark:"};
static const char *const zeek_heads[] = {"#separator ",	 "#set_separator", "#empty_field",
					 "#unset_field", "#path",	   "#open",
					 "#fields",	 "#types",	   "#close"};

static bool is_one_of(struct yg_bytes line, const char *const *heads, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (yg_bytes_starts(line, yg_bytes_str(heads[i])))
			return true;
	return false;
}

bool yg_head_is(struct yg_bytes line)
{
	return line.size > 4 && line.data[0] == '#' &&
	       (is_one_of(line, w3c_heads, sizeof(w3c_heads) / sizeof(w3c_heads[0])) ||
		is_one_of(line, zeek_heads, sizeof(zeek_heads) / sizeof(zeek_heads[0])));
}

int yg_head_add(struct yg_head *head, struct yg_bytes line)
{
	if (yg_bytes_starts(line, YG_S("#separator ")) ||
	    yg_bytes_starts(line, YG_S("#Software:")) ||
	    head->text.size + line.size + 1 > YG_HEAD_BYTES_MAX)
		yg_buf_reset(&head->text);
	if (line.size + 1 > YG_HEAD_BYTES_MAX) /* no head of a real log */
		return YG_OK;
	yg_buf_add(&head->text, line);
	yg_buf_add_byte(&head->text, '\n');
	return yg_buf_error(&head->text);
}

/* "\x09" or the character itself. */
static uint8_t separator_of(struct yg_bytes text)
{
	static const char digits[] = "0123456789abcdef";
	unsigned value = 0;

	if (text.size != 4 || text.data[0] != '\\' || text.data[1] != 'x')
		return text.size > 0 ? text.data[0] : '\t';
	for (size_t i = 2; i < 4; i++) {
		const char *at = text.data[i] ? strchr(digits, text.data[i] | 0x20) : NULL;

		if (!at)
			return '\t';
		value = value * 16 + (unsigned)(at - digits);
	}
	return (uint8_t)value;
}

/* W3C names and ours; others are kept, in lower case they already are. */
static struct column w3c_column(struct yg_bytes name, const struct yg_names *names)
{
	static const char *const known[][2] = {
		{"cs(User-Agent)", "cs-user-agent"},
		{"cs(Referer)", "cs-referer"},
		{"cs(Cookie)", "cs-cookie"},
		{"cs(Host)", "cs-host"},
		{"cs-uri-query", "cs-uri-args"},
		{"X-Forwarded-For", "x-forwarded-for"},
		{"cs(X-Forwarded-For)", "x-forwarded-for"},
	};
	struct column ret = {.name = name, .is_header = yg_bytes_starts(name, YG_S("cs("))};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (yg_bytes_eq(name, yg_bytes_str(known[i][0])))
			ret.name = yg_bytes_str(known[i][1]);
	ret.name_id = yg_names_find(names, ret.name);
	return ret;
}

static void read_w3c(struct yg_columns *c, struct yg_bytes line, const struct yg_names *names)
{
	if (yg_skip_head(&line, YG_S("#Date:"))) {
		line = yg_bytes_trim(line);
		c->day = yg_take_word(&line);
		return;
	}
	if (!yg_skip_head(&line, YG_S("#Fields:")))
		return;
	c->table = TABLE_W3C;
	c->count = 0;
	c->date = c->time = SIZE_MAX;
	line = yg_bytes_trim(line);
	while (line.size > 0 && c->count < COLUMNS_MAX) {
		struct yg_bytes name = yg_take_word(&line);

		if (name.size > YG_EVENT_NAME_MAX)
			name.size = YG_EVENT_NAME_MAX;
		if (yg_bytes_eq(name, YG_S("date")))
			c->date = c->count;
		if (yg_bytes_eq(name, YG_S("time")))
			c->time = c->count;
		c->at[c->count++] = w3c_column(name, names);
	}
}

static void read_zeek_columns(struct yg_columns *c, struct yg_bytes line,
			      const struct yg_names *names)
{
	c->table = TABLE_ZEEK;
	c->count = 0;
	c->time = SIZE_MAX;
	while (line.size > 0 && c->count < COLUMNS_MAX) {
		struct yg_bytes name = yg_take_to(&line, c->separator);

		if (name.size > YG_EVENT_NAME_MAX)
			name.size = YG_EVENT_NAME_MAX;
		if (yg_bytes_eq(name, YG_S("ts")))
			c->time = c->count;
		c->at[c->count++] =
			(struct column){.name_id = yg_names_find(names, name), .name = name};
	}
}

static void read_zeek_types(struct yg_columns *c, struct yg_bytes line)
{
	for (size_t i = 0; i < c->count && line.size > 0; i++) {
		struct yg_bytes type = yg_take_to(&line, c->separator);

		c->at[i].is_list = yg_bytes_starts(type, YG_S("set[")) ||
				   yg_bytes_starts(type, YG_S("vector["));
	}
}

static void read_zeek(struct yg_columns *c, struct yg_bytes line, const struct yg_names *names)
{
	struct yg_bytes word;

	if (yg_skip_head(&line, YG_S("#separator "))) {
		c->separator = separator_of(line);
		return;
	}
	word = yg_take_to(&line, c->separator);
	if (yg_bytes_eq(word, YG_S("#set_separator")) && line.size > 0)
		c->set_separator = line.data[0];
	else if (yg_bytes_eq(word, YG_S("#empty_field")))
		c->empty = line;
	else if (yg_bytes_eq(word, YG_S("#unset_field")))
		c->unset = line;
	else if (yg_bytes_eq(word, YG_S("#path")))
		c->path = line;
	else if (yg_bytes_eq(word, YG_S("#fields")))
		read_zeek_columns(c, line, names);
	else if (yg_bytes_eq(word, YG_S("#types")))
		read_zeek_types(c, line);
}

struct yg_columns *yg_columns_new(struct yg_bytes head, const struct yg_names *names, int *ret_rc)
{
	struct yg_columns *c = yg_calloc(1, sizeof(*c));
	struct yg_bytes b;

	*ret_rc = YG_ENOMEM;
	if (!c)
		return NULL;
	c->separator = '\t';
	c->set_separator = ',';
	c->empty = YG_S("(empty)");
	c->unset = YG_S("-");
	c->date = c->time = SIZE_MAX;
	yg_buf_init(&c->text, YG_HEAD_BYTES_MAX + 1);
	yg_buf_add(&c->text, head);
	if (yg_buf_error(&c->text) != YG_OK)
		return yg_columns_free(c);
	b = yg_buf_bytes(&c->text);
	while (b.size > 0) {
		struct yg_bytes line = yg_take_to(&b, '\n');

		if (is_one_of(line, zeek_heads, sizeof(zeek_heads) / sizeof(zeek_heads[0])))
			read_zeek(c, line, names);
		else
			read_w3c(c, line, names);
	}
	*ret_rc = YG_OK;
	return c->table == TABLE_NONE ? yg_columns_free(c) : c;
}

struct yg_columns *yg_columns_free(struct yg_columns *columns)
{
	if (!columns)
		return NULL;
	yg_buf_done(&columns->text);
	free(columns);
	return NULL;
}

static int add(struct yg_event *event, const struct column *column, struct yg_bytes text)
{
	struct yg_field field = {.name_id = column->name_id,
				 .kind = yg_bytes_is_number(text) ? YG_VALUE_NUMBER : YG_VALUE_TEXT,
				 .name = column->name,
				 .text = text};

	return yg_event_add_field(event, &field);
}

/* ---- IIS ---- */

bool yg_iis_fits(struct yg_bytes record)
{
	return record.size > 10 && (uint8_t)(record.data[0] - '0') <= 9;
}

/* "Mozilla/5.0+(X11)" */
static int undo_plus(struct yg_event *event, struct yg_bytes *text)
{
	uint8_t *to;

	if (yg_bytes_chr(*text, '+') == SIZE_MAX)
		return YG_OK;
	to = yg_arena_alloc(event->arena, text->size);
	if (!to)
		return YG_ENOMEM;
	for (size_t i = 0; i < text->size; i++)
		to[i] = text->data[i] == '+' ? ' ' : text->data[i];
	text->data = to;
	return YG_OK;
}

/* Date and time in one run, to read ("…Z") and to show. False: there is no such time. */
static bool set_time(struct yg_event *event, struct yg_bytes day, struct yg_bytes clock)
{
	char text[48];
	struct yg_bytes joined;
	int size;
	bool has_zone;

	if (day.size != 10 || clock.size < 8 || clock.size > 16)
		return false;
	size = snprintf(text, sizeof(text), "%.*sT%.*sZ", YG_FMT(day), YG_FMT(clock));
	joined = (struct yg_bytes){(const uint8_t *)text, (size_t)size};
	if (!yg_time_parse_iso(joined, 0, &event->time_ns, &has_zone))
		return false;
	event->has_zone = true;
	/* side by side in the line, they are shown as they stand */
	if (day.data + day.size + 1 == clock.data)
		event->time_text = (struct yg_bytes){day.data, day.size + 1 + clock.size};
	else
		event->time_text = clock;
	return true;
}

/* A value; one in quotes may hold spaces. */
static struct yg_bytes take_value(struct yg_bytes *b)
{
	struct yg_bytes ret;

	if (b->size == 0 || b->data[0] != '"')
		return yg_take_to(b, ' ');
	*b = yg_bytes_from(*b, 1);
	ret = yg_take_to(b, '"');
	(void)yg_skip_head(b, YG_S(" "));
	return ret;
}

/* The values of @b into fields; day and clock are kept apart. YG_EMISMATCH: too few or too many. */
static int add_w3c(struct yg_event *event, const struct yg_columns *c, struct yg_bytes b,
		   struct yg_bytes *ret_day, struct yg_bytes *ret_clock)
{
	size_t i = 0;
	int rc = YG_OK;

	for (; i < c->count && b.size > 0 && rc == YG_OK; i++) {
		struct yg_bytes text = take_value(&b);

		if (i == c->date)
			*ret_day = text;
		else if (i == c->time)
			*ret_clock = text;
		if (i == c->date || i == c->time || yg_bytes_eq(text, YG_S("-")) || !text.size)
			continue;
		if (c->at[i].is_header)
			rc = undo_plus(event, &text);
		if (rc == YG_OK)
			rc = add(event, &c->at[i], text);
	}
	return rc == YG_OK && (i != c->count || b.size > 0) ? YG_EMISMATCH : rc;
}

int yg_iis_read(struct yg_parser_int *ctx, struct yg_bytes record, struct yg_event *event,
		struct yg_fault *reterr)
{
	const struct yg_columns *c = ctx->columns;
	struct yg_bytes day, clock = {0};
	int rc;

	if (!c || c->table != TABLE_W3C || !yg_iis_fits(record))
		return yg_fault_set(reterr, YG_EMISMATCH, "no line below a #Fields: line", 0);
	day = c->day;
	rc = add_w3c(event, c, record, &day, &clock);
	if (rc == YG_EMISMATCH)
		return yg_fault_set(reterr, YG_EMISMATCH,
				    "not as many values as the #Fields: line names", record.size);
	if (rc == YG_OK && c->time != SIZE_MAX && !set_time(event, day, clock))
		return yg_fault_set(reterr, YG_EMISMATCH, "there is no such time", 0);
	if (rc == YG_OK)
		rc = yg_iis_finish(event);
	return rc == YG_OK ? YG_OK : yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
}

int yg_iis_finish(struct yg_event *event)
{
	event->channel = YG_S("iis");
	return yg_web_derive(event);
}

/* ---- Zeek ---- */

bool yg_zeek_fits(struct yg_bytes record)
{
	return record.size > 0 &&
	       !yg_fits_json(record); /* the head lines tell; yg_zeek_read looks */
}

static int add_list(struct yg_event *event, const struct yg_columns *c, const struct column *column,
		    struct yg_bytes text)
{
	int rc = YG_OK;

	for (unsigned i = 0; rc == YG_OK && text.size > 0; i++) {
		struct yg_bytes item = i < ITEMS_MAX ? yg_take_to(&text, c->set_separator) : text;

		if (i == ITEMS_MAX)
			text.size = 0;
		if (item.size > 0)
			rc = add(event, column, item);
	}
	return rc;
}

/* One value of a table. */
static int add_zeek(struct yg_event *event, const struct yg_columns *c, const struct column *column,
		    struct yg_bytes text)
{
	if (text.size == 0 || yg_bytes_eq(text, c->unset) || yg_bytes_eq(text, c->empty))
		return YG_OK;
	return column->is_list ? add_list(event, c, column, text) : add(event, column, text);
}

static int read_table(struct yg_parser_int *ctx, struct yg_bytes record, struct yg_event *event,
		      struct yg_fault *reterr)
{
	const struct yg_columns *c = ctx->columns;
	struct yg_bytes b = record;
	size_t i = 0;
	int rc = YG_OK;

	for (; i < c->count && rc == YG_OK && (i == 0 || b.size > 0); i++) {
		struct yg_bytes text = yg_take_to(&b, c->separator);

		if (i == c->time && !yg_times_set(event, text, ctx->opts.zone))
			return yg_fault_set(reterr, YG_EMISMATCH, "there is no such time",
					    (size_t)(text.data - record.data));
		rc = add_zeek(event, c, &c->at[i], text);
	}
	if (rc == YG_OK && (b.size > 0 || (i == 1 && c->count > 1)))
		return yg_fault_set(reterr, YG_EMISMATCH,
				    "not as many values as the #fields line names",
				    (size_t)(b.data - record.data));
	return rc == YG_OK ? YG_OK : yg_fault_set(reterr, rc, "out of memory", 0);
}

int yg_zeek_read(struct yg_parser_int *ctx, struct yg_bytes record, struct yg_event *event,
		 struct yg_fault *reterr)
{
	const struct yg_columns *c = ctx->columns;
	int rc;

	if (yg_fits_json(record))
		return yg_json_read(ctx, record, event, reterr);
	if (!c || c->table != TABLE_ZEEK)
		return yg_fault_set(reterr, YG_EMISMATCH, "no line below a #fields line", 0);
	if (c->path.size > 0 && yg_event_add(event, YG_S("_path"), c->path, YG_VALUE_TEXT) != YG_OK)
		return yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
	rc = read_table(ctx, record, event, reterr);
	if (rc != YG_OK)
		return rc;
	rc = yg_zeek_finish(event);
	return rc == YG_OK ? YG_OK : yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
}

/* JSON that was not told its log's name: what its fields say. */
static struct yg_bytes guess_path(struct yg_event *event)
{
	static const char *const signs[][2] = {
		{"qtype_name", "dns"},	       {"rcode_name", "dns"},	  {"conn_state", "conn"},
		{"trans_depth", "http"},       {"cipher", "ssl"},	  {"server_name", "ssl"},
		{"auth_attempts", "ssh"},      {"named_pipe", "dce_rpc"}, {"mime_type", "files"},
		{"share_type", "smb_mapping"},
	};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (yg_field_text(event, yg_bytes_str(signs[i][0])).size > 0)
			return yg_bytes_str(signs[i][1]);
	return YG_S("zeek");
}

int yg_zeek_finish(struct yg_event *event)
{
	static const struct {
		const char *from;
		uint32_t to;
	} copies[] = {
		{"id.orig_h", YG_F_src_ip},	  {"id.orig_p", YG_F_src_port},
		{"id.resp_h", YG_F_dst_ip},	  {"id.resp_p", YG_F_dst_port},
		{"qtype_name", YG_F_record_type}, {"answers", YG_F_answer},
		{"user_agent", YG_F_c_useragent},
	};
	struct yg_bytes path = yg_field_text(event, YG_S("_path"));
	int rc = YG_OK;

	event->channel = path.size > 0 ? path : guess_path(event);
	for (size_t i = 0; i < sizeof(copies) / sizeof(copies[0]) && rc == YG_OK; i++)
		rc = yg_derive_once(event, copies[i].to,
				    yg_field_text(event, yg_bytes_str(copies[i].from)));
	return rc;
}
