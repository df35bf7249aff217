/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/asa.h"

#include "parse/address.h"
#include "parse/cursor.h"

#include "base/ban.h"

#define HEAD_LOOK_BYTES 128u /* a time and a host may stand before the message */

struct asa {
	struct yg_bytes level, id, message;
	struct yg_bytes src, src_port, dst, dst_port, proto, user, group;
	const char *action, *result;
};

/* Where "%ASA-", "%FTD-" or "%PIX-" begins, at the front or behind a header; SIZE_MAX when nowhere.
 */
static size_t head_of(struct yg_bytes record)
{
	struct yg_bytes look = yg_bytes_cut(record, 0, HEAD_LOOK_BYTES);
	size_t at = yg_bytes_find(look, YG_S("%ASA-"));

	if (at == SIZE_MAX)
		at = yg_bytes_find(look, YG_S("%FTD-"));
	return at != SIZE_MAX ? at : yg_bytes_find(look, YG_S("%PIX-"));
}

bool yg_asa_fits(struct yg_bytes record)
{
	return head_of(record) <= 4; /* "" or ": " before it */
}

/* "outside:192.0.2.1/5", "192.0.2.1/5", "192.0.2.1" */
static void read_end(struct yg_bytes word, struct yg_bytes *address, struct yg_bytes *port)
{
	struct yg_bytes host, number;

	for (size_t i = 0; i < word.size; i++)
		if (word.data[i] == '(' || word.data[i] == ',') {
			word.size = i;
			break;
		}
	number = word;
	host = yg_take_to(&number, '/');
	for (unsigned i = 0; i < 2; i++) {
		if (yg_address_in(host, address, NULL)) {
			*port = yg_is_digits(number) ? number : (struct yg_bytes){0};
			return;
		}
		(void)yg_take_to(&host, ':'); /* the interface */
	}
}

/* The word behind @mark. */
static struct yg_bytes word_behind(struct yg_bytes b, const char *mark)
{
	struct yg_bytes head = yg_bytes_str(mark);
	size_t at = yg_bytes_find(b, head);

	if (at == SIZE_MAX)
		return (struct yg_bytes){0};
	b = yg_bytes_from(b, at + head.size);
	return yg_take_word(&b);
}

/* "<name>", "'name'", "\"name\"", "= name" behind @mark. */
static struct yg_bytes name_behind(struct yg_bytes b, const char *mark)
{
	struct yg_bytes head = yg_bytes_str(mark);
	size_t at = yg_bytes_find(b, head);

	if (at == SIZE_MAX)
		return (struct yg_bytes){0};
	b = yg_bytes_from(b, at + head.size);
	if (yg_skip_head(&b, YG_S("= ")))
		return yg_bytes_trim(yg_take_to(&b, ':'));
	if (yg_skip_head(&b, YG_S("<")))
		return yg_take_to(&b, '>');
	if (yg_skip_head(&b, YG_S("'")))
		return yg_take_to(&b, '\'');
	if (yg_skip_head(&b, YG_S("\"")))
		return yg_take_to(&b, '"');
	return yg_take_word(&b);
}

static bool is_one(struct yg_bytes id, const char *const *ids)
{
	for (; *ids; ids++)
		if (yg_bytes_eq(id, yg_bytes_str(*ids)))
			return true;
	return false;
}

/* Sign-ins of people: to the VPN and to the device. */
static bool read_sign_in(struct asa *a)
{
	/* AAA rejected; login denied; WebVPN and AnyConnect refused; bad password for user mode */
	static const char *const bad[] = {"113005", "113015", "605004", "716039",
					  "308001", "611102", NULL};
	static const char *const good[] = {"113012", "605005", "716001", "716038",
					   "722022", "113039", "611101", NULL};
	struct yg_bytes m = a->message;
	struct yg_bytes from;

	if (is_one(a->id, bad))
		a->result = "failed";
	else if (is_one(a->id, good))
		a->result = "accepted";
	else
		return false;
	a->user = name_behind(m, ": user "); /* "AAA user authentication Rejected : … : user = U" */
	if (a->user.size == 0)
		a->user = name_behind(m, "user ");
	if (a->user.size == 0)
		a->user = name_behind(m, "User ");
	a->group = name_behind(m, "Group ");
	from = name_behind(m, "user IP ");
	if (from.size == 0)
		from = name_behind(m, "IP ");
	if (from.size == 0)
		from = word_behind(m, " from ");
	read_end(from, &a->src, &a->src_port);
	return true;
}

/* Packets and connections: allowed and refused. */
static void read_traffic(struct asa *a)
{
	static const char *const denied[] = {"106001", "106006", "106007", "106014", "106015",
					     "106021", "106023", "710003", NULL};
	static const char *const built[] = {"302013", "302015", "302020", "302014",
					    "302016", "302021", "106100", NULL};
	struct yg_bytes m = a->message;
	struct yg_bytes source, target;

	if (is_one(a->id, denied))
		a->action = "deny";
	else if (is_one(a->id, built))
		a->action = yg_bytes_find(m, YG_S(" denied ")) != SIZE_MAX ? "deny" : "accept";
	else
		return;
	source = word_behind(m, " src ");
	target = word_behind(m, " dst ");
	if (source.size == 0)
		source = word_behind(m, " from ");
	if (source.size == 0) /* Built inbound TCP connection 7 for outside:A/P (…) to … */
		source = word_behind(m, " for ");
	if (target.size == 0)
		target = word_behind(m, " to ");
	read_end(source, &a->src, &a->src_port);
	read_end(target, &a->dst, &a->dst_port);
	a->proto = yg_bytes_find(m, YG_S("TCP")) != SIZE_MAX ||
				   yg_bytes_find(m, YG_S("tcp")) != SIZE_MAX
			   ? YG_S("tcp")
		   : yg_bytes_find(m, YG_S("UDP")) != SIZE_MAX ||
				   yg_bytes_find(m, YG_S("udp")) != SIZE_MAX
			   ? YG_S("udp")
			   : (struct yg_bytes){0};
}

/* "%ASA-4-106023: message" */
static bool cut_head(struct yg_bytes b, struct asa *ret)
{
	size_t at = head_of(b);

	if (at == SIZE_MAX)
		return false;
	b = yg_bytes_from(b, at + 5);
	/* "%ASA-session-4-106023" on some */
	if (yg_count_digits(b) == 0)
		(void)yg_take_to(&b, '-');
	ret->level = yg_take_to(&b, '-');
	ret->id = yg_take_to(&b, ':');
	ret->message = yg_bytes_trim(b);
	return yg_is_digits(ret->level) && ret->level.size == 1 && yg_is_digits(ret->id);
}

int yg_asa_read(struct yg_parser_int *ctx, struct yg_bytes record, struct yg_event *event,
		struct yg_fault *reterr)
{
	struct asa a = {0};
	int rc;

	(void)ctx; /* the time is that of the system log */
	if (!yg_asa_fits(record) || !cut_head(record, &a))
		return yg_fault_set(reterr, YG_EMISMATCH, "no %ASA-level-number: in front", 0);
	if (!read_sign_in(&a))
		read_traffic(&a);
	{
		const struct yg_put puts[] = {
			{"level", a.level},
			{"message_id", a.id},
			{"message", a.message},
			{"action", yg_bytes_str(a.action ? a.action : "")},
			{"proto", a.proto},
			{"src_ip", a.src},
			{"src_port", a.src_port},
			{"dst_ip", a.dst},
			{"dst_port", a.dst_port},
			{"user", a.user},
			{"group", a.group},
			{"auth_result", yg_bytes_str(a.result ? a.result : "")},
		};

		rc = YG_PUT_ALL(event, puts);
	}
	if (rc == YG_OK)
		rc = yg_asa_finish(event);
	return rc == YG_OK ? YG_OK : yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
}

int yg_asa_finish(struct yg_event *event)
{
	event->channel = YG_S("asa");
	return YG_OK;
}
