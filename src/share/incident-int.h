/* SPDX-License-Identifier: Apache-2.0 */
/* share/incident-int.h - what the parts of share/incident.h share. */
#pragma once

#include "share/incident.h"

/* A string's bytes, borrowed; empty for what is none. */
struct yg_bytes yg_incident_text(const json_t *value);
