/* SPDX-License-Identifier: Apache-2.0 */
/* app/hub_values.h - under which values of lists something that was found may stand. Pure. */
#pragma once

#include "base/bytes.h"
#include "base/err.h"

/* Borrowed for the call. Another value than YG_OK ends it and is returned. */
typedef int (*yg_hub_value_fn)(void *arg, struct yg_bytes value);

/*
 * Every normal value (detect/indicators.h) by which an indicator finding with @matched came: a name
 * and those above it, a URL with and without query and scheme, an address and the networks that
 * lists may name. Nothing for what is no value (masked by its sensor: nobody can say whose it is).
 * Cost: up to 113 calls for an address.
 */
YG_MUST_USE int yg_hub_values_of(struct yg_bytes matched, yg_hub_value_fn fn, void *arg);
