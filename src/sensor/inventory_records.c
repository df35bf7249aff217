/* SPDX-License-Identifier: Apache-2.0 */
/* The inventory as records (docs/sensor.md: Inventory), through the same door as every log. */
#include "sensor/inventory-int.h"

#include "base/alloc.h"

#include "base/ban.h"

#define ITEMS_MAX 500u /* in one record of a list */

static int add(struct yg_event *event, const char *name, struct yg_bytes text)
{
	return text.size > 0 ? yg_event_add(event, yg_bytes_str(name), text, YG_VALUE_TEXT) : YG_OK;
}

static int add_number(struct yg_event *event, const char *name, uint64_t number)
{
	char text[24];
	int size = snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	struct yg_bytes copy;

	if (!yg_arena_dup(event->arena, (struct yg_bytes){(const uint8_t *)text, (size_t)size},
			  &copy))
		return YG_ENOMEM;
	return yg_event_add(event, yg_bytes_str(name), copy, YG_VALUE_NUMBER);
}

static int begin(struct yg_inventory_writer *w, struct yg_event *event, const char *action,
		 struct yg_bytes kind)
{
	int rc;

	yg_arena_reset(w->arena);
	yg_event_init(event, w->arena, w->names);
	event->format = YG_FORMAT_JSON;
	event->time_ns = w->now_ns;
	event->has_zone = true;
	event->position = ++w->position;
	rc = add(event, "hostname", w->host);
	if (rc == YG_OK)
		rc = add(event, "inventory", yg_bytes_str(action));
	return rc == YG_OK ? add(event, "inventory_kind", kind) : rc;
}

static int put(struct yg_inventory_writer *w, struct yg_event *event)
{
	return yg_lines_put(w->reader, event, w->now_ns, w->collect);
}

/* ---- changes ---- */

static int write_change(void *arg, struct yg_bytes was, struct yg_bytes is)
{
	struct yg_inventory_writer *w = arg;
	struct yg_bytes line = is.size ? is : was;
	struct yg_event event;
	int rc = begin(w, &event,
		       !was.size ? "added"
		       : is.size ? "changed"
				 : "removed",
		       yg_inventory_part(line, 0));

	if (rc == YG_OK)
		rc = add(&event, "inventory_name", yg_inventory_part(line, 1));
	if (rc == YG_OK && is.size)
		rc = add(&event, "inventory_value", yg_inventory_part(is, 2));
	if (rc == YG_OK && is.size)
		rc = add(&event, "inventory_note", yg_inventory_part(is, 3));
	if (rc == YG_OK && was.size)
		rc = add(&event, "inventory_was", yg_inventory_part(was, 2));
	return rc == YG_OK ? put(w, &event) : rc;
}

int yg_inventory_write_changes(struct yg_inventory_writer *writer,
			       const struct yg_inventory *before, const struct yg_inventory *after)
{
	return before ? yg_inventory_diff(before, after, write_change, writer) : YG_OK;
}

/* ---- all ---- */

static size_t count_security(const struct yg_inventory *inventory)
{
	size_t count = 0;

	for (size_t i = 0; i < inventory->count; i++)
		count += yg_inventory_is(inventory->lines[i], "update") &&
			 yg_inventory_part(inventory->lines[i], 3).size > 0;
	return count;
}

static bool has_problem(const struct yg_inventory *inventory, const char *name)
{
	return yg_inventory_value(inventory, "problem", name).size > 0;
}

/* What concerns the same thing stands together: it is told once. */
static bool is_told_before(const struct yg_inventory *inventory, size_t i)
{
	return i > 0 && yg_inventory_is(inventory->lines[i - 1], "problem") &&
	       yg_bytes_eq(yg_inventory_part(inventory->lines[i - 1], 1),
			   yg_inventory_part(inventory->lines[i], 1));
}

/* Lines of host, now, antivirus and problem as fields; problems only by what they concern. */
static int add_facts(struct yg_event *event, const struct yg_inventory *inventory)
{
	int rc = YG_OK;

	for (size_t i = 0; rc == YG_OK && i < inventory->count; i++) {
		struct yg_bytes line = inventory->lines[i];
		struct yg_bytes name = yg_inventory_part(line, 1);
		struct yg_bytes value = yg_inventory_part(line, 2);

		if (yg_inventory_is(line, "host") || yg_inventory_is(line, "now"))
			rc = value.size ? yg_event_add(event, name, value, YG_VALUE_TEXT) : YG_OK;
		else if (yg_inventory_is(line, "antivirus"))
			rc = yg_event_add(event,
					  yg_bytes_eq(value, YG_S("running"))
						  ? YG_S("antivirus_running")
						  : YG_S("antivirus_stopped"),
					  name, YG_VALUE_TEXT);
		else if (yg_inventory_is(line, "problem") && !is_told_before(inventory, i))
			rc = yg_event_add(event, YG_S("unknown"), name, YG_VALUE_TEXT);
	}
	return rc;
}

/* Without lists there is nothing to count: none is said of what is not known. */
static bool knows_updates(const struct yg_inventory *inventory)
{
	return yg_inventory_value(inventory, "now", "lists_time").size > 0;
}

static int add_updates(struct yg_event *event, const struct yg_inventory *inventory, int64_t now_ns)
{
	int64_t time_ns;
	bool has_zone;
	int rc = add_number(event, "updates", yg_inventory_count(inventory, "update"));

	if (rc == YG_OK && !has_problem(inventory, "updates_security"))
		rc = add_number(event, "updates_security", count_security(inventory));
	if (rc == YG_OK &&
	    yg_time_parse_iso(yg_inventory_value(inventory, "now", "lists_time"), 0, &time_ns,
			      &has_zone) &&
	    time_ns <= now_ns)
		rc = add_number(event, "lists_age_hours",
				(uint64_t)((now_ns - time_ns) / YG_NS_PER_S / 3600));
	return rc;
}

static int write_summary(struct yg_inventory_writer *w, const struct yg_inventory *inventory)
{
	struct yg_event event;
	int rc = begin(w, &event, "summary", YG_S("host"));

	if (rc == YG_OK)
		rc = add_facts(&event, inventory);
	if (rc == YG_OK && !has_problem(inventory, "packages"))
		rc = add_number(&event, "packages", yg_inventory_count(inventory, "package"));
	if (rc == YG_OK && knows_updates(inventory))
		rc = add_updates(&event, inventory, w->now_ns);
	if (rc == YG_OK)
		rc = add_number(&event, "sockets", yg_inventory_count(inventory, "socket"));
	if (rc == YG_OK)
		rc = add_number(&event, "administrators",
				yg_inventory_count(inventory, "administrator"));
	return rc == YG_OK ? put(w, &event) : rc;
}

/* "bash:amd64 5.2.15-2". */
static int add_item(struct yg_event *event, struct yg_bytes line)
{
	struct yg_bytes name = yg_inventory_part(line, 1);
	struct yg_bytes value = yg_inventory_part(line, 2);
	struct yg_bytes note = yg_inventory_part(line, 3);
	char *text = yg_arena_alloc(event->arena, name.size + value.size + note.size + 3);
	int size;

	if (!text)
		return YG_ENOMEM;
	size = snprintf(text, name.size + value.size + note.size + 3, "%.*s%s%.*s%s%.*s",
			YG_FMT(name), value.size ? " " : "", YG_FMT(value), note.size ? " " : "",
			YG_FMT(note));
	return yg_event_add(event, YG_S("items"),
			    (struct yg_bytes){(const uint8_t *)text, (size_t)size}, YG_VALUE_TEXT);
}

static int write_list(struct yg_inventory_writer *w, const struct yg_inventory *inventory,
		      const char *kind)
{
	size_t count = yg_inventory_count(inventory, kind);
	size_t parts = count ? (count + ITEMS_MAX - 1) / ITEMS_MAX : 1;
	size_t i = 0;
	int rc = YG_OK;

	for (size_t part = 1; rc == YG_OK && part <= parts; part++) {
		struct yg_event event;
		size_t items = 0;

		rc = begin(w, &event, "list", yg_bytes_str(kind));
		if (rc == YG_OK)
			rc = add_number(&event, "part", part);
		if (rc == YG_OK)
			rc = add_number(&event, "parts", parts);
		for (; rc == YG_OK && i < inventory->count && items < ITEMS_MAX; i++)
			if (yg_inventory_is(inventory->lines[i], kind)) {
				rc = add_item(&event, inventory->lines[i]);
				items++;
			}
		if (rc == YG_OK)
			rc = put(w, &event);
	}
	return rc;
}

int yg_inventory_write_all(struct yg_inventory_writer *writer, const struct yg_inventory *inventory)
{
	static const char *const kinds[] = {"package", "update", "socket", "administrator",
					    "antivirus"};
	int rc = write_summary(writer, inventory);

	for (size_t i = 0; rc == YG_OK && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i], "update") != 0 || knows_updates(inventory))
			rc = write_list(writer, inventory, kinds[i]);
	return rc;
}
