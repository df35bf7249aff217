/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura-sensor inventory`: the inventory of this machine, for people or as JSON. */
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "sensor/commands.h"
#include "sensor/inventory.h"

#include "base/ban.h"

#define OUT_MAX	  (32u << 20)
#define DAY_NS	  (INT64_C(86400) * YG_NS_PER_S)
#define SHOWN_MAX 50u /* updates and sockets on a terminal */
#define SOON_DAYS 183

static const char *const kinds[] = {"package", "update", "socket", "administrator", "antivirus"};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* ---- JSON ---- */

static void json_member(struct yg_buf *out, const char *name, struct yg_bytes value)
{
	yg_buf_addf(out, ",\"%s\":", name);
	if (value.size > 0)
		yg_buf_add_json(out, value);
	else
		yg_buf_add_str(out, "null");
}

static void json_item(struct yg_buf *out, struct yg_bytes line)
{
	struct yg_bytes note = yg_inventory_part(line, 3);

	yg_buf_add_str(out, "{\"name\":");
	yg_buf_add_json(out, yg_inventory_part(line, 1));
	json_member(out, "value", yg_inventory_part(line, 2));
	if (note.size > 0)
		json_member(out, "note", note);
	yg_buf_add_byte(out, '}');
}

static void json_list(struct yg_buf *out, const struct yg_inventory *inventory, const char *kind)
{
	const char *comma = "";

	yg_buf_addf(out, ",\"%s\":[", kind);
	for (size_t i = 0; i < inventory->count; i++) {
		if (!yg_inventory_is(inventory->lines[i], kind))
			continue;
		yg_buf_add_str(out, comma);
		json_item(out, inventory->lines[i]);
		comma = ",";
	}
	yg_buf_add_byte(out, ']');
}

static void write_json(struct yg_buf *out, const struct yg_inventory *inventory)
{
	static const char *const facts[] = {
		"name",		"os_id",       "os_version",	      "os_name",
		"kernel",	"support_end", "support_regular_end", "support_source",
		"packages_from"};

	yg_buf_add_str(out, "{\"v\":1");
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		json_member(out, facts[i], yg_inventory_value(inventory, "host", facts[i]));
	json_member(out, "lists_time", yg_inventory_value(inventory, "now", "lists_time"));
	json_member(out, "signatures_time",
		    yg_inventory_value(inventory, "now", "signatures_time"));
	for (size_t i = 0; i < KINDS; i++)
		json_list(out, inventory, kinds[i]);
	json_list(out, inventory, "problem");
	yg_buf_addf(out, ",\"dropped\":%llu}\n", (unsigned long long)inventory->dropped);
}

/* ---- people ---- */

static void text(struct yg_buf *out, const char *words)
{
	yg_buf_add_str(out, yg_sensor_tr(words));
}

static void say_support(struct yg_buf *out, const struct yg_inventory *inventory, int64_t now_ns)
{
	struct yg_bytes end = yg_inventory_value(inventory, "host", "support_end");
	struct yg_bytes source = yg_inventory_value(inventory, "host", "support_source");
	int64_t end_ns;
	bool has_zone;

	if (!yg_time_parse_iso(end, 0, &end_ns, &has_zone)) {
		char iso[32];
		int size = snprintf(iso, sizeof(iso), "%.*sT00:00:00Z",
				    YG_FMT(yg_bytes_cut(end, 0, 10)));

		if (end.size != 10 ||
		    !yg_time_parse_iso((struct yg_bytes){(const uint8_t *)iso, (size_t)size}, 0,
				       &end_ns, &has_zone)) {
			text(out, N_("Support: not known to this program how long this system gets "
				     "updates\n"));
			return;
		}
	}
	if (now_ns >= end_ns + DAY_NS)
		yg_buf_addf(
			out,
			yg_sensor_tr(N_("Support: ENDED on %.*s (source: %.*s). Move to a newer "
					"release.\n")),
			YG_FMT(end), YG_FMT(source));
	else if (now_ns >= end_ns - SOON_DAYS * DAY_NS)
		yg_buf_addf(out, yg_sensor_tr(N_("Support: ends soon, on %.*s (source: %.*s)\n")),
			    YG_FMT(end), YG_FMT(source));
	else
		yg_buf_addf(out, yg_sensor_tr(N_("Support: until %.*s (source: %.*s)\n")),
			    YG_FMT(end), YG_FMT(source));
}

static void say_list(struct yg_buf *out, const struct yg_inventory *inventory, const char *kind,
		     const char *title)
{
	size_t count = yg_inventory_count(inventory, kind);
	size_t shown = 0;

	yg_buf_addf(out, yg_sensor_tr(title), (unsigned long long)count);
	for (size_t i = 0; i < inventory->count && shown < SHOWN_MAX; i++) {
		struct yg_bytes line = inventory->lines[i];

		if (!yg_inventory_is(line, kind))
			continue;
		yg_buf_addf(out, "    %.*s  %.*s  %.*s\n", YG_FMT(yg_inventory_part(line, 1)),
			    YG_FMT(yg_inventory_part(line, 2)), YG_FMT(yg_inventory_part(line, 3)));
		shown++;
	}
	if (count > shown)
		yg_buf_addf(out, yg_sensor_tr(N_("    … and %llu more (--json shows all)\n")),
			    (unsigned long long)(count - shown));
}

static void say_problems(struct yg_buf *out, const struct yg_inventory *inventory)
{
	if (yg_inventory_count(inventory, "problem") > 0)
		text(out, N_("Could not be found out:\n"));
	for (size_t i = 0; i < inventory->count; i++) {
		char words[YG_INVENTORY_VALUE_MAX + 1];

		if (!yg_inventory_is(inventory->lines[i], "problem"))
			continue;
		(void)snprintf(words, sizeof(words), "%.*s",
			       YG_FMT(yg_inventory_part(inventory->lines[i], 2))); /* cut at that */
		yg_buf_addf(out, "    %s\n", yg_sensor_tr(words));
	}
}

static void write_text(struct yg_buf *out, const struct yg_inventory *inventory, int64_t now_ns)
{
	struct yg_bytes os = yg_inventory_value(inventory, "host", "os_name");
	struct yg_bytes lists = yg_inventory_value(inventory, "now", "lists_time");
	struct yg_bytes signatures = yg_inventory_value(inventory, "now", "signatures_time");

	yg_buf_addf(out, yg_sensor_tr(N_("Machine: %.*s\n")),
		    YG_FMT(yg_inventory_value(inventory, "host", "name")));
	yg_buf_addf(out, yg_sensor_tr(N_("System: %.*s, kernel %.*s\n")), YG_FMT(os),
		    YG_FMT(yg_inventory_value(inventory, "host", "kernel")));
	say_support(out, inventory, now_ns);
	yg_buf_addf(out, yg_sensor_tr(N_("Packages: %llu\n")),
		    (unsigned long long)yg_inventory_count(inventory, "package"));
	if (lists.size > 0) {
		say_list(out, inventory, "update", N_("Updates waiting: %llu\n"));
		yg_buf_addf(out, yg_sensor_tr(N_("    (lists of packages as of %.*s)\n")),
			    YG_FMT(lists));
	} else {
		text(out, N_("Updates waiting: not known\n"));
	}
	say_list(out, inventory, "socket", N_("Listening sockets: %llu\n"));
	say_list(out, inventory, "administrator", N_("Administrators: %llu\n"));
	say_list(out, inventory, "antivirus", N_("Malware protection: %llu\n"));
	if (signatures.size > 0)
		yg_buf_addf(out, yg_sensor_tr(N_("    (signatures as of %.*s)\n")),
			    YG_FMT(signatures));
	say_problems(out, inventory);
}

int yg_sensor_inventory(const struct yg_sensor_options *options)
{
	struct yg_clock clock = yg_clock_system();
	int64_t now_ns = clock.now_ns(clock.arg);
	struct yg_inventory inventory;
	struct yg_buf out;
	int rc;

	yg_inventory_init(&inventory);
	yg_buf_init(&out, OUT_MAX);
	rc = yg_inventory_collect(options->root, now_ns, (struct yg_bytes){0}, &inventory);
	if (rc == YG_OK && options->is_json)
		write_json(&out, &inventory);
	else if (rc == YG_OK)
		write_text(&out, &inventory, now_ns);
	if (rc == YG_OK)
		rc = yg_buf_error(&out);
	if (rc == YG_OK)
		rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&out));
	if (rc != YG_OK && rc != YG_EPIPE)
		yg_sensor_say(N_("the inventory cannot be made: %s"),
			      yg_sensor_tr(yg_err_text(rc)));
	yg_buf_done(&out);
	yg_inventory_done(&inventory);
	return rc == YG_OK || rc == YG_EPIPE ? 0 : 2;
}
