/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura-sensor ledger verify|show`: beside the running sensor; nothing is written. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/io.h"
#include "sensor/commands.h"
#include "sensor/home.h"
#include "sensor/ledger_read.h"
#include "sensor/spool.h"

#include "base/ban.h"

#define OUT_PIECE 65536u
#define KEY_MAX	  4096u
#define TRIES	  3
#define TRY_NS	  200000000L

typedef unsigned long long ull;

struct view {
	const struct yg_sensor_options *options;
	struct yg_home home;
	bool has_home; /* enrolled */
	char ledger[YG_HOME_PATH_MAX];
	char spool[YG_HOME_PATH_MAX];
	struct yg_buf out;
	bool is_found;
	struct yg_ledger_line batch; /* the one that was asked for */
	uint64_t receipted;	     /* show: number up to which the hub has countersigned */
};

static int open_view(const struct yg_sensor_options *options, struct view *v)
{
	int rc;

	*v = (struct view){.options = options};
	rc = yg_home_load(&v->home, options->state);
	v->has_home = rc == YG_OK;
	if (!yg_home_path(&v->home, "ledger", v->ledger) ||
	    !yg_home_path(&v->home, "spool", v->spool)) {
		yg_sensor_say("--state: %s", yg_sensor_tr(yg_err_text(YG_ELIMIT)));
		return 2;
	}
	return 0;
}

/* ---- verify ---- */

/* --key: base64, or a file that holds it. */
static bool read_key(const char *given, uint8_t to[YG_SIGN_PUBLIC_BYTES])
{
	uint8_t *bytes = NULL;
	size_t size = 0;
	size_t got = 0;
	bool is = yg_base64_read(yg_bytes_str(given), to, YG_SIGN_PUBLIC_BYTES, &got) &&
		  got == YG_SIGN_PUBLIC_BYTES;

	if (!is && yg_io_read_file(given, KEY_MAX, &bytes, &size) == YG_OK)
		is = yg_base64_read(yg_bytes_trim((struct yg_bytes){bytes, size}), to,
				    YG_SIGN_PUBLIC_BYTES, &got) &&
		     got == YG_SIGN_PUBLIC_BYTES;
	free(bytes);
	return is;
}

/* What is missing by its owner's setting is never passed over. */
static void say_cut(const struct yg_ledger_verdict *verdict)
{
	const struct yg_ledger_line *cut = &verdict->cut;
	char time[YG_ISO_SIZE] = "-";

	if (cut->time_ns != YG_TIME_NONE)
		(void)yg_time_iso(cut->time_ns, 0, time); /* returns its size */
	printf(yg_sensor_tr(
		       N_("begins at entry %llu: what stood before it (%llu batches, %llu "
			  "records) was cut by its owner's setting; entry %llu says so, %s\n")),
	       (ull)verdict->begins, (ull)cut->batches, (ull)cut->records, (ull)cut->n, time);
}

static void say_whole(const struct view *v, const struct yg_ledger_verdict *verdict,
		      const struct yg_ledger_known *known)
{
	char time[YG_ISO_SIZE] = "-";

	if (verdict->receipt_ns != YG_TIME_NONE)
		(void)yg_time_iso(verdict->receipt_ns, 0, time); /* returns its size */
	printf(yg_sensor_tr(N_("whole: %llu entries, %llu batches, %llu records\n")),
	       (ull)verdict->entries, (ull)verdict->batches, (ull)verdict->records);
	if (verdict->cut.n > 0)
		say_cut(verdict);
	printf(yg_sensor_tr(N_("countersigned by the hub: %llu times, last %s; %llu batches wait "
			       "for it\n")),
	       (ull)(verdict->receipts - verdict->unsigned_receipts), time, (ull)verdict->waiting);
	if (verdict->unsigned_receipts > 0)
		printf(yg_sensor_tr(N_("%llu receipts have no countersignature\n")),
		       (ull)verdict->unsigned_receipts);
	if (verdict->drops > 0)
		printf(yg_sensor_tr(N_("given up and not sent: %llu records\n")),
		       (ull)verdict->dropped);
	if (!known->has_head)
		printf("%s", yg_sensor_tr(N_("the spool knows nothing of it: whether its end was "
					     "cut off only the hub can tell (`yagura admin ledger "
					     "compare`)\n")));
	if (!known->key)
		printf("%s", yg_sensor_tr(N_("the hub's key is not known here: give it with "
					     "--key\n")));
	(void)v;
}

/* How many entries at the front are good; 0: that cannot be said, for what the hub countersigned
 * does not fit, and since when is not known. */
static uint64_t good_before(const struct yg_ledger_verdict *verdict)
{
	if (verdict->fault == YG_LEDGER_KEY || verdict->fault == YG_LEDGER_SIGNATURE ||
	    verdict->fault == YG_LEDGER_OTHER)
		return 0;
	if (verdict->fault == YG_LEDGER_CHANGED && verdict->n > 0 &&
	    verdict->n - 1 < verdict->entries)
		return verdict->n - 1;
	return verdict->entries;
}

static void say_fault(const struct yg_ledger_verdict *verdict)
{
	uint64_t good = good_before(verdict);
	char words[256];
	/* One of ours, with two numbers at most. */
	const char *format = yg_sensor_tr(yg_ledger_fault_format(verdict->fault));

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	(void)snprintf(words, sizeof(words), format, (ull)verdict->n, (ull)verdict->other);
#pragma GCC diagnostic pop
	printf("%s", yg_sensor_tr(N_("not whole: ")));
	printf("%s\n", words);
	printf(yg_sensor_tr(N_("noticed in %s, line %llu\n")),
	       verdict->file[0] ? verdict->file : "-", (ull)verdict->line);
	if (good > 0)
		printf(yg_sensor_tr(N_("the first %llu entries are good\n")), (ull)good);
}

static void print_json(const struct yg_ledger_verdict *verdict, const struct yg_ledger_known *known)
{
	static const char *const names[] = {
		"whole", "changed",   "missing",   "doubled", "moved",	  "cut",
		"key",	 "signature", "otherwise", "number",  "identity",
	};
	char hex[YG_SHA256_HEX + 1];

	yg_hex((struct yg_bytes){verdict->head, sizeof(verdict->head)}, hex);
	printf("{\"result\":\"%s\",\"entry\":%llu,\"other\":%llu,\"line\":%llu,\"entries\":%llu,"
	       "\"batches\":%llu,\"records\":%llu,\"receipts\":%llu,\"unsigned\":%llu,"
	       "\"waiting\":%llu,\"dropped\":%llu,\"head\":\"%s\",\"has_spool\":%s,"
	       "\"begins\":%llu,\"cut\":%llu}\n",
	       names[verdict->fault], (ull)verdict->n, (ull)verdict->other, (ull)verdict->line,
	       (ull)verdict->entries, (ull)verdict->batches, (ull)verdict->records,
	       (ull)verdict->receipts, (ull)verdict->unsigned_receipts, (ull)verdict->waiting,
	       (ull)verdict->dropped, hex, known->has_head ? "true" : "false", (ull)verdict->begins,
	       (ull)verdict->cut.n);
}

static int verify_once(struct view *v, struct yg_ledger_known *known,
		       struct yg_ledger_verdict *verdict)
{
	/* The spool first: what it knows then stands in the files by now. */
	int rc = yg_spool_peek_ledger(v->spool, &known->n, known->hash);

	known->has_head = rc == YG_OK && known->n > 0;
	if (rc == YG_ENOMEM)
		return rc;
	return yg_ledger_check(v->ledger, known, NULL, NULL, verdict);
}

static int verify(struct view *v)
{
	struct yg_ledger_known known = {.key = v->has_home ? v->home.key : NULL};
	struct timespec pause = {0, TRY_NS};
	uint8_t key[YG_SIGN_PUBLIC_BYTES];
	struct yg_ledger_verdict verdict;
	int rc;

	if (v->options->key) {
		if (!read_key(v->options->key, key)) {
			yg_sensor_say(N_("--key: this is no key: 32 bytes in base64, or a file "
					 "with that"));
			return 2;
		}
		known.key = key;
	}
	rc = verify_once(v, &known, &verdict);
	/* A sensor that is running may be between the spool and the file, or cut the front. */
	for (int i = 1;
	     i < TRIES && (rc == YG_ENOENT || (rc == YG_OK && verdict.fault == YG_LEDGER_CUT));
	     i++) {
		(void)nanosleep(&pause, NULL); /* less is no harm */
		rc = verify_once(v, &known, &verdict);
	}
	if (rc != YG_OK) {
		yg_sensor_say("%s: %s", v->ledger, yg_sensor_tr(yg_err_text(rc)));
		return 2;
	}
	if (v->options->is_json)
		print_json(&verdict, &known);
	else if (verdict.fault == YG_LEDGER_WHOLE)
		say_whole(v, &verdict, &known);
	else
		say_fault(&verdict);
	return verdict.fault == YG_LEDGER_WHOLE ? 0 : 1;
}

/* ---- show ---- */

static void add_time(struct yg_buf *to, int64_t time_ns)
{
	char time[YG_ISO_SIZE] = "-";

	if (time_ns != YG_TIME_NONE)
		(void)yg_time_iso(time_ns - time_ns % 1000000, 0, time); /* returns its size */
	yg_buf_addf(to, "%-24s  ", time);
}

__attribute__((format(printf, 2, 3))) static void add(struct yg_buf *to, const char *format, ...)
{
	char line[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), yg_sensor_tr(format), args); /* cut: ours are short */
	va_end(args);
	yg_buf_add_str(to, line);
}

static void add_words(struct yg_buf *to, const struct yg_ledger_line *line)
{
	char hex[YG_SHA256_HEX + 1];

	yg_hex((struct yg_bytes){line->digest, YG_SHA256_BYTES}, hex);
	switch (line->kind) {
	case YG_LEDGER_ENROLLED:
		add(to, N_("enrolled at %s as %s of %s"), line->hub, line->sensor,
		    line->organisation);
		break;
	case YG_LEDGER_POLICY:
		add(to, N_("policy %s comes in force"), hex);
		break;
	case YG_LEDGER_BATCH:
		add(to, N_("batch %llu (epoch %llu, sequence %llu): %llu records, %llu bytes, %s"),
		    (ull)line->number, (ull)line->epoch, (ull)line->sequence, (ull)line->count,
		    (ull)line->size, hex);
		break;
	case YG_LEDGER_RECEIPT:
		add(to,
		    line->is_signed ? N_("the hub has batch %llu and all before it, and signed "
					 "for it")
				    : N_("the hub has batch %llu and all before it, without a "
					 "signature"),
		    (ull)line->number);
		break;
	case YG_LEDGER_DROP:
		add(to, N_("batches %llu to %llu were given up (%s): %llu records"),
		    (ull)line->number, (ull)line->last, line->reason, (ull)line->count);
		break;
	case YG_LEDGER_EPOCH:
		add(to, N_("batches above %llu belong to epoch %llu"), (ull)line->number,
		    (ull)line->epoch);
		break;
	case YG_LEDGER_SHORTENED:
		add(to,
		    N_("entries before %llu were cut by the owner's setting of %llu bytes: %llu "
		       "batches, %llu records"),
		    (ull)line->first, (ull)line->bound, (ull)line->batches, (ull)line->records);
		break;
	case YG_LEDGER_SPOOL:
	case YG_LEDGER_KIND_COUNT:
	default:
		add(to, N_("the spool began anew: numbers go on after %llu"), (ull)line->number);
	}
}

static int flush(struct view *v, bool is_end)
{
	int rc = YG_OK;

	if (is_end || v->out.size >= OUT_PIECE) {
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&v->out));
		yg_buf_reset(&v->out);
	}
	return rc;
}

static int show_line(void *arg, const struct yg_ledger_line *line, struct yg_bytes text)
{
	struct view *v = arg;
	uint64_t wanted = v->options->batch;

	if (wanted > 0 && line->kind == YG_LEDGER_BATCH && line->number == wanted) {
		v->batch = *line; /* the last of that number: an earlier spool may have had one */
		v->is_found = true;
	} else if (wanted > 0) {
		if (line->kind == YG_LEDGER_RECEIPT && line->number >= wanted)
			v->receipted = line->n;
		return YG_OK;
	}
	if (v->options->is_payload)
		return YG_OK;
	if (v->options->is_json) {
		yg_buf_add(&v->out, text);
	} else {
		yg_buf_addf(&v->out, "%6llu  ", (ull)line->n);
		add_time(&v->out, line->time_ns);
		add_words(&v->out, line);
	}
	yg_buf_add_byte(&v->out, '\n');
	return flush(v, false);
}

/* The very bytes, when they are still there and still the ones of the ledger. */
static int show_payload(struct view *v)
{
	struct yg_wire_batch batch;
	struct yg_buf content;
	int rc;

	yg_buf_init(&content, YG_WIRE_CONTENT_MAX);
	rc = yg_spool_peek_batch(v->spool, v->options->batch, &batch, &content);
	if (rc == YG_OK && memcmp(batch.digest, v->batch.digest, sizeof(batch.digest)) != 0)
		rc = YG_EEND; /* of another spool */
	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&content));
	else
		yg_sensor_hint(N_("they are kept a day after the hub has them, within --spool-max; "
				  "the digest stays in the ledger, and the hub can give them back"),
			       N_("the bytes of batch %llu are not here any more"),
			       (ull)v->options->batch);
	yg_buf_done(&content);
	return rc == YG_OK || rc == YG_EPIPE ? 0 : 1;
}

static int show(struct view *v)
{
	struct yg_ledger_known known = {0};
	struct yg_ledger_verdict verdict;
	int rc;

	if (v->options->is_payload && v->options->batch == 0) {
		yg_sensor_say(N_("--payload: of which batch? give --batch N"));
		return 2;
	}
	yg_buf_init(&v->out, OUT_PIECE + 2 * YG_LEDGER_LINE_MAX);
	rc = yg_ledger_check(v->ledger, &known, show_line, v, &verdict);
	if (rc == YG_OK)
		rc = flush(v, true);
	yg_buf_done(&v->out);
	if (rc != YG_OK && rc != YG_EPIPE) {
		yg_sensor_say("%s: %s", v->ledger, yg_sensor_tr(yg_err_text(rc)));
		return 2;
	}
	if (verdict.fault != YG_LEDGER_WHOLE)
		yg_sensor_hint(N_("`yagura-sensor ledger verify` says what is wrong"),
			       N_("the ledger is not whole; only what stands before the fault was "
				  "shown"));
	if (v->options->batch > 0 && !v->is_found && verdict.cut.number >= v->options->batch) {
		yg_sensor_say(N_("the entry of batch %llu was cut by the owner's setting "
				 "(--ledger)"),
			      (ull)v->options->batch);
		return 1;
	}
	if (v->options->batch > 0 && !v->is_found) {
		yg_sensor_say(N_("there is no batch %llu in the ledger"), (ull)v->options->batch);
		return 1;
	}
	if (v->options->is_payload)
		return show_payload(v);
	return verdict.fault == YG_LEDGER_WHOLE ? 0 : 1;
}

int yg_sensor_ledger(const struct yg_sensor_options *options)
{
	const char *what = options->word_count > 0 ? options->words[0] : "";
	struct view v;
	int rc = open_view(options, &v);
	int status = 2;

	if (rc != 0)
		return rc;
	if (strcmp(what, "verify") == 0)
		status = verify(&v);
	else if (strcmp(what, "show") == 0)
		status = show(&v);
	else
		yg_sensor_say(N_("ledger: say verify or show"));
	return fflush(stdout) == 0 || errno == EPIPE ? status : 2;
}
