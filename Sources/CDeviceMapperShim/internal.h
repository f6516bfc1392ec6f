// What the files of this target share.

#ifndef CDM_INTERNAL_H
#define CDM_INTERNAL_H

#include "cdm_shim.h"

// The library's header uses types that it does not bring.
#include <stddef.h>
#include <sys/types.h>

#include <libdevmapper.h>

// Runs a task to its end, for the device with the uuid where there is one. The caller destroys it;
// NULL on failure, with the errno in `failure`.
struct dm_task *cdm_run(int type, const char *uuid, int32_t *failure);

// The same for the device with the name.
struct dm_task *cdm_run_named(int type, const char *name, int32_t *failure);

#endif
