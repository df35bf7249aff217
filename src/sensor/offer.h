/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensor/offer.h - rules and lists of indicators that the hub offers for local detection.
 *
 *   {"what":"rules"|"indicators","name":NAME,"text":TEXT}   kept as STATE/detect/WHAT/NAME
 *   {"what":…,"name":NAME,"remove":true}
 *
 * Taken only where the local file lets it (`detect: from_hub:`): rules of the hub's choosing tell
 * it of records that do not leave. What is kept is read as any other file: sensor/watch_set.h.
 *
 * Layer:   sensor. The listening thread.
 * Input:   signed by the hub, untrusted all the same: names and sizes are bounded, what stands in
 * it is understood where files are. Tests:   tests/unit/sensor/test_watch.c,
 * tests/e2e/sensor_detect.py
 */
#pragma once

#include <jansson.h>

#include "sensor/policy.h"

#define YG_OFFER_NAME_MAX  64u
#define YG_OFFER_FILES_MAX 1024u       /* of a kind */
#define YG_OFFER_BYTES_MAX (96u << 20) /* of a kind */

/*
 * YG_OK: it is on the disk. YG_EACCES: the local file does not let it; YG_EINVAL, YG_ELIMIT: it is
 * malformed, or too much; or an error of the disk. *ret_why: in words.
 */
YG_MUST_USE int yg_offer_take(const struct yg_home *home, const struct yg_detect_settings *settings,
			      const json_t *body, const char **ret_why);
