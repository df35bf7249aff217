/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/release-int.h - documents of posture by access/release.def; private to access/, where only
 * yg_release() calls it (access/gate.h).
 */
#pragma once

#include "access/gate.h"

/*
 * A copy of @object fit for @audience, owned by the caller: fields that the audience may not have
 * are gone. YG_EACCES when nothing of it may leave; YG_EINVAL, YG_ENOMEM.
 */
YG_MUST_USE int yg_release_document(const char *kind, const json_t *object,
				    enum yg_audience audience, json_t **ret);
