/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/squid.h"

#include "parse/address.h"
#include "parse/cursor.h"
#include "parse/times.h"
#include "parse/web.h"

#include "base/ban.h"

#define SECOND_DIGITS_MIN 9u /* of a time since 1970 */
#define SECOND_DIGITS_MAX 11u
#define EXTENSION_MAX	  10u

bool yg_squid_fits(struct yg_bytes record)
{
	size_t digits = yg_count_digits(record);

	return digits >= SECOND_DIGITS_MIN && digits <= SECOND_DIGITS_MAX &&
	       record.size > digits + 5 && record.data[digits] == '.' &&
	       yg_count_digits(yg_bytes_from(record, digits + 1)) == 3 &&
	       record.data[digits + 4] == ' ';
}

/* "TCP_MISS/200", "NONE_NONE/000", "TCP_MISS_ABORTED/200" */
static bool is_result(struct yg_bytes word, struct yg_bytes *ret_code, struct yg_bytes *ret_status)
{
	*ret_code = yg_take_to(&word, '/');
	*ret_status = word;
	for (size_t i = 0; i < ret_code->size; i++)
		if (ret_code->data[i] != '_' && (uint8_t)(ret_code->data[i] - 'A') >= 26)
			return false;
	return ret_code->size > 2 && word.size == 3 && yg_is_digits(word);
}

int yg_squid_read(struct yg_parser_int *ctx, struct yg_bytes record, struct yg_event *event,
		  struct yg_fault *reterr)
{
	struct yg_bytes b = record;
	struct yg_bytes time, taken, client, code, status, bytes, method, type, peer, user;
	struct yg_bytes hierarchy;
	bool is_address;

	if (!yg_squid_fits(record))
		return yg_fault_set(reterr, YG_EMISMATCH, "no time as Squid writes it", 0);
	time = yg_take_word(&b);
	taken = yg_take_word(&b);
	client = yg_take_word(&b);
	if (!is_result(yg_take_word(&b), &code, &status))
		return yg_fault_set(reterr, YG_EMISMATCH, "no result and status of Squid",
				    (size_t)(client.data - record.data));
	bytes = yg_take_word(&b);
	method = yg_take_word(&b);
	type = yg_take_last_word(&b);
	peer = yg_take_last_word(&b);
	user = yg_take_last_word(&b);
	if (b.size == 0 || !yg_is_digits(taken) || !yg_is_digits(bytes) ||
	    yg_bytes_chr(peer, '/') == SIZE_MAX)
		return yg_fault_set(reterr, YG_EFORMAT, "a line of Squid that ends too early",
				    record.size);
	if (!yg_times_set(event, time, ctx->opts.zone))
		return yg_fault_set(reterr, YG_EFORMAT, "there is no such time", 0);
	hierarchy = yg_take_to(&peer, '/');
	is_address = yg_address_in(peer, NULL, NULL);
	{
		const struct yg_put puts[] = {
			{"c-ip", client},
			{"time-taken", taken},
			{"action", code},
			{"sc-status", status},
			{"sc-bytes", bytes},
			{"cs-method", method},
			{"cs-uri", b},
			{"cs-username", user},
			{"hierarchy", hierarchy},
			{is_address ? "dst_ip" : "r-dns", peer},
			{"content-type", type},
		};

		if (YG_PUT_ALL(event, puts) != YG_OK || yg_squid_finish(event) != YG_OK)
			return yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
	}
	return YG_OK;
}

/* "exe" of "http://host/dir/tool.exe?q"; nothing where the last part of the path has none. */
static struct yg_bytes extension_of(struct yg_bytes stem)
{
	for (size_t i = stem.size; i > 0 && stem.size - i <= EXTENSION_MAX; i--) {
		if (stem.data[i - 1] == '/')
			break;
		if (stem.data[i - 1] == '.')
			return yg_bytes_from(stem, i);
	}
	return (struct yg_bytes){0};
}

int yg_squid_finish(struct yg_event *event)
{
	int rc = yg_web_derive(event);

	event->channel = YG_S("squid");
	if (rc == YG_OK)
		rc = yg_derive_once(event, YG_F_c_uri_query, yg_event_get(event, YG_F_cs_uri_args));
	if (rc == YG_OK)
		rc = yg_derive_once(event, YG_F_c_uri_extension,
				    extension_of(yg_event_get(event, YG_F_cs_uri_stem)));
	return rc;
}
