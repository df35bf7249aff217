/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of indicators as people and feeds write them:
 *
 *   plain     one value a line, then perhaps a comment ("# …", or after a comma or space);
 *             hosts files ("0.0.0.0 evil.example")
 *   CSV       a header that names a column of values; also one behind "#", as some feeds write it
 *
 * The first line that is no comment decides.
 */
#include "base/alloc.h"
#include "base/tr.h"
#include "detect/indicators-int.h"

#include "base/ban.h"

struct cell {
	size_t at; /* in list->text */
	size_t size;
};

enum list_state {
	LIST_SEEKING, /* comments so far: a header may come */
	LIST_PLAIN,
	LIST_CSV,
};

struct yg_indicator_reader {
	enum list_state state;
	bool is_begun;	 /* a byte-order mark would be behind us */
	bool is_in_long; /* what comes belongs to a line that was too long */
	uint64_t line;	 /* of the row read last, from 1 */
	uint64_t next_line;
	uint8_t separator; /* 0: no header seen */
	uint64_t values;   /* bit n: column n holds values */
	uint64_t comments; /* bit n: column n explains */
	yg_indicator_take_fn take;
	yg_indicator_complain_fn complain;
	void *arg;
	size_t cell_count;
	size_t text_size;
	struct cell cells[YG_INDICATOR_CELLS_MAX];
	uint8_t text[YG_INDICATOR_ROW_MAX]; /* cells without quotes */
};

static void complain(struct yg_indicator_reader *l, const char *reason)
{
	if (l->complain)
		l->complain(l->arg, l->line, reason);
}

static struct yg_bytes cell_text(const struct yg_indicator_reader *l, size_t column)
{
	return (struct yg_bytes){l->text + l->cells[column].at, l->cells[column].size};
}

/* One quoted cell: @at stands behind its opening quote; returns where it goes on, SIZE_MAX: open.
 */
static size_t read_quoted(struct yg_indicator_reader *l, struct yg_bytes row, size_t at)
{
	while (at < row.size && l->text_size < sizeof(l->text)) {
		uint8_t c = row.data[at++];

		if (c == '"') {
			if (at >= row.size || row.data[at] != '"')
				return at;
			at++;
		}
		l->text[l->text_size++] = c;
	}
	return SIZE_MAX;
}

/*
 * Split the row at the front of @text into cells. Returns its bytes with the line end, or 0 when a
 * quote is not closed or the row does not end within YG_INDICATOR_ROW_MAX.
 */
static size_t read_row(struct yg_indicator_reader *l, struct yg_bytes text, uint8_t separator)
{
	struct yg_bytes row = yg_bytes_cut(text, 0, YG_INDICATOR_ROW_MAX);
	size_t at = 0;

	l->cell_count = 0;
	l->text_size = 0;
	for (;;) {
		size_t from = l->text_size;
		size_t end = at;

		while (at < row.size && row.data[at] == ' ')
			at++;
		if (at < row.size && row.data[at] == '"') {
			at = read_quoted(l, row, at + 1);
			if (at == SIZE_MAX)
				return 0;
		}
		for (end = at;
		     end < row.size && row.data[end] != separator && row.data[end] != '\n';)
			end++;
		if (end - at > sizeof(l->text) - l->text_size)
			return 0;
		memcpy(l->text + l->text_size, row.data + at, end - at);
		l->text_size += end - at;
		if (l->cell_count < YG_INDICATOR_CELLS_MAX)
			l->cells[l->cell_count++] = (struct cell){from, l->text_size - from};
		at = end + 1;
		if (end >= row.size)
			return row.size < text.size ? 0 : row.size;
		if (row.data[end] == '\n')
			return at;
	}
}

static bool is_in(struct yg_bytes name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (yg_bytes_eq_nocase(name, yg_bytes_str(names[i])))
			return true;
	return false;
}

/* Which columns of the row just read hold what. True when it is a header. */
static bool read_header(struct yg_indicator_reader *l)
{
	static const char *const values[] = {
		"value",       "indicator", "ioc",	   "ioc_value",	 "ip",	       "ips",
		"ip_address",  "ipaddress", "ip address",  "address",	 "src_ip",     "dst_ip",
		"dest_ip",     "cidr",	    "network",	   "prefix",	 "domain",     "domains",
		"domain_name", "host",	    "hostname",	   "fqdn",	 "url",	       "urls",
		"uri",	       "hash",	    "file_hash",   "md5",	 "md5_hash",   "sha1",
		"sha1_hash",   "sha256",    "sha256_hash", "observable", "IPアドレス", "ドメイン",
		"ドメイン名",  "ハッシュ",  "ハッシュ値",  "値",	 "指標"};
	static const char *const comments[] = {"comment",     "comments", "reason",
					       "description", "note",	  "notes",
					       "threat",      "malware",  "malware_printable",
					       "signature",   "tags",	  "理由",
					       "説明",	      "備考",	  "コメント"};

	l->values = 0;
	l->comments = 0;
	for (size_t i = 0; i < l->cell_count; i++) {
		struct yg_bytes name = yg_bytes_trim(cell_text(l, i));

		if (is_in(name, values, sizeof(values) / sizeof(values[0])))
			l->values |= UINT64_C(1) << i;
		else if (is_in(name, comments, sizeof(comments) / sizeof(comments[0])))
			l->comments |= UINT64_C(1) << i;
	}
	return l->values != 0;
}

static uint8_t find_separator(struct yg_bytes line)
{
	static const uint8_t marks[] = {',', ';', '\t'};

	for (size_t i = 0; i < sizeof(marks); i++)
		if (yg_bytes_chr(line, marks[i]) != SIZE_MAX)
			return marks[i];
	return ',';
}

static bool is_comment(struct yg_bytes line)
{
	return yg_bytes_starts(line, YG_S("#")) || yg_bytes_starts(line, YG_S(";")) ||
	       yg_bytes_starts(line, YG_S("//"));
}

/*
 * Before the first value: the header is the first line that is no comment, or the last comment line
 * before it that looks like one of several columns. True when @line was used up by that.
 */
static bool seek_header(struct yg_indicator_reader *l, struct yg_bytes line)
{
	struct yg_bytes bare = yg_bytes_trim(line);
	bool is_hidden = is_comment(bare);
	uint64_t values = l->values;
	uint64_t comments = l->comments;
	uint8_t mark;

	if (bare.size == 0)
		return true;
	if (is_hidden)
		bare = yg_bytes_trim(yg_bytes_from(bare, 1));
	mark = find_separator(bare);
	if (read_row(l, bare, mark) > 0 && read_header(l) && (!is_hidden || l->cell_count >= 3)) {
		l->separator = mark;
		if (!is_hidden)
			l->state = LIST_CSV; /* the rows follow */
		return true;
	}
	l->values = values;
	l->comments = comments;
	if (!is_hidden)
		l->state = l->separator ? LIST_CSV : LIST_PLAIN;
	return is_hidden;
}

/* The comments of the row as one text, in @to. */
static struct yg_bytes join_comments(const struct yg_indicator_reader *l,
				     uint8_t to[YG_INDICATOR_COMMENT_MAX])
{
	size_t size = 0;

	for (size_t i = 0; i < l->cell_count; i++) {
		struct yg_bytes part;

		if (!(l->comments >> i & 1))
			continue;
		part = yg_bytes_trim(cell_text(l, i));
		if (part.size == 0)
			continue;
		if (size > 0 && size + 2 < YG_INDICATOR_COMMENT_MAX) {
			memcpy(to + size, ", ", 2);
			size += 2;
		}
		part = yg_bytes_cut(part, 0, YG_INDICATOR_COMMENT_MAX - size);
		memcpy(to + size, part.data, part.size);
		size += part.size;
	}
	return (struct yg_bytes){to, size};
}

static int take_row(struct yg_indicator_reader *l)
{
	uint8_t comment[YG_INDICATOR_COMMENT_MAX];
	struct yg_bytes words = join_comments(l, comment);
	int rc = YG_OK;

	for (size_t i = 0; i < l->cell_count && rc == YG_OK; i++) {
		struct yg_bytes value = yg_bytes_trim(cell_text(l, i));

		if ((l->values >> i & 1) && value.size > 0)
			rc = l->take(l->arg, l->line, value, words);
	}
	return rc;
}

static uint64_t count_lines(struct yg_bytes b)
{
	uint64_t lines = 0;

	for (size_t i = 0; i < b.size; i++)
		lines += b.data[i] == '\n';
	return lines;
}

/* The row at the front of @text, whose first line is @line; *@ret_size: its bytes, 0: that line. */
static int take_csv(struct yg_indicator_reader *l, struct yg_bytes text, struct yg_bytes line,
		    size_t *ret_size)
{
	size_t size;

	*ret_size = 0;
	line = yg_bytes_trim(line);
	if (line.size == 0 || is_comment(line))
		return YG_OK;
	size = read_row(l, text, l->separator);
	if (size == 0) {
		complain(l, N_("a quotation mark is not closed, or the row is longer than 64 KiB"));
		return YG_OK;
	}
	/* Quoted cells may hold line ends: go on behind the row, not behind its first line. */
	l->next_line = l->line + count_lines(yg_bytes_cut(text, 0, size));
	*ret_size = size;
	return take_row(l);
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* Where the value at the front of a plain line ends. Commas are legal in URLs. */
static size_t value_end(struct yg_bytes line)
{
	bool is_url = yg_bytes_find(line, YG_S("://")) != SIZE_MAX;
	size_t end = 0;

	while (end < line.size && !is_blank(line.data[end]) &&
	       (is_url || (line.data[end] != ',' && line.data[end] != ';')))
		end++;
	return end;
}

/* What follows the value: its comment, without the sign that divides them. */
static struct yg_bytes rest_of(struct yg_bytes line, size_t at)
{
	struct yg_bytes rest = yg_bytes_from(line, at);

	while (rest.size > 0 && (is_blank(rest.data[0]) || strchr(",;#\"", rest.data[0]) != NULL))
		rest = yg_bytes_from(rest, 1);
	if (rest.size > 0 && rest.data[rest.size - 1] == '"')
		rest.size--;
	return yg_bytes_trim(yg_bytes_cut(rest, 0, YG_INDICATOR_COMMENT_MAX));
}

static int take_plain(struct yg_indicator_reader *l, struct yg_bytes line)
{
	struct yg_bytes value;
	size_t end;

	line = yg_bytes_trim(line);
	if (line.size == 0 || is_comment(line))
		return YG_OK;
	if (line.data[0] == '"' || line.data[0] == '\'') {
		uint8_t quote = line.data[0];

		line = yg_bytes_from(line, 1);
		end = yg_bytes_chr(line, quote);
		end = end == SIZE_MAX ? value_end(line) : end;
	} else {
		end = value_end(line);
	}
	value = yg_bytes_cut(line, 0, end);
	line = rest_of(line, end == line.size ? end : end + (line.data[end] == '\''));
	/* A hosts file: the name is what matters, the address says "nowhere". */
	if (yg_bytes_eq(value, YG_S("0.0.0.0")) || yg_bytes_eq(value, YG_S("127.0.0.1")) ||
	    yg_bytes_eq(value, YG_S("::")) || yg_bytes_eq(value, YG_S("::1"))) {
		end = value_end(line);
		if (end > 0) {
			value = yg_bytes_cut(line, 0, end);
			line = rest_of(line, end);
		}
	}
	return l->take(l->arg, l->line, value, line);
}

struct yg_indicator_reader *yg_indicator_reader_new(yg_indicator_take_fn take,
						    yg_indicator_complain_fn complain_fn, void *arg)
{
	struct yg_indicator_reader *l = yg_malloc(sizeof(*l));

	if (!l)
		return NULL;
	l->take = take;
	l->complain = complain_fn;
	l->arg = arg;
	yg_indicator_reader_begin(l);
	return l;
}

struct yg_indicator_reader *yg_indicator_reader_free(struct yg_indicator_reader *reader)
{
	free(reader);
	return NULL;
}

void yg_indicator_reader_begin(struct yg_indicator_reader *l)
{
	l->state = LIST_SEEKING;
	l->is_begun = false;
	l->is_in_long = false;
	l->line = 0;
	l->next_line = 1;
	l->separator = 0;
	l->values = 0;
	l->comments = 0;
}

/* The rest of a line that was too long is passed over. Returns its bytes in @text. */
static size_t pass_long(struct yg_indicator_reader *l, struct yg_bytes text)
{
	size_t end = yg_bytes_chr(text, '\n');

	l->is_in_long = end == SIZE_MAX;
	return end == SIZE_MAX ? text.size : end + 1;
}

/* The line, or row of several, at the front of @text. Returns its bytes. */
static size_t take_line(struct yg_indicator_reader *l, struct yg_bytes text, int *ret_rc)
{
	struct yg_bytes line = yg_bytes_cut(text, 0, YG_INDICATOR_ROW_MAX);
	size_t end = yg_bytes_chr(line, '\n');
	size_t size = 0;

	line = yg_bytes_cut(line, 0, end);
	l->line = l->next_line++;
	*ret_rc = YG_OK;
	if (l->state != LIST_SEEKING || !seek_header(l, line)) {
		if (l->state == LIST_CSV)
			*ret_rc = take_csv(l, text, line, &size);
		else
			*ret_rc = take_plain(l, line);
	}
	if (size > 0)
		return size;
	l->is_in_long = end == SIZE_MAX && line.size < text.size;
	return end == SIZE_MAX ? line.size : end + 1;
}

int yg_indicator_reader_feed(struct yg_indicator_reader *l, struct yg_bytes text, bool is_last,
			     size_t *ret_used)
{
	static const uint8_t mark[] = {0xef, 0xbb, 0xbf};
	size_t used = 0;
	int rc = YG_OK;

	while (rc == YG_OK && used < text.size) {
		struct yg_bytes left = yg_bytes_from(text, used);

		if (l->is_in_long) {
			used += pass_long(l, left);
			continue;
		}
		/* A row is known whole only when its greatest size, or the end, is here. */
		if (!is_last && left.size <= YG_INDICATOR_ROW_MAX)
			break;
		if (!l->is_begun && yg_bytes_starts(left, (struct yg_bytes){mark, sizeof(mark)}))
			used += sizeof(mark);
		else
			used += take_line(l, left, &rc);
		l->is_begun = true;
	}
	*ret_used = used;
	return rc;
}
