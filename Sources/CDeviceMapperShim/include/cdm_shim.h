// libdevmapper's tasks that look at devices, as plain values. Nothing here but cdm_resume changes a
// device; nothing waits for udev, or makes the kernel write something out.
//
// A function that answers int32_t answers 0, or the errno of what the kernel refused. After
// cdm_prepare has answered 0 once, all of them may run on any thread at any time: each task has its
// own memory, and the library's own state (the descriptor of the control device) is set up by then.
// dmeventd, which comes with the library, runs tasks on many threads at once in the same way.

#ifndef CDM_SHIM_H
#define CDM_SHIM_H

#include <stdbool.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// Opens the control device and asks for the version of the driver. Not for two threads at once.
int32_t cdm_prepare(void);

struct cdm_device {
  char name[128];  // DM_NAME_LEN of the kernel
  char uuid[129];  // DM_UUID_LEN of the kernel
  uint64_t number;  // as in st_rdev
  uint32_t minor;
  int32_t open_count;
  bool is_suspended;
  bool is_read_only;
  bool has_table;
};

// What the kernel knows of a device. ENXIO where it has none with this uuid.
int32_t cdm_copy_device(const char *uuid, struct cdm_device *device);

// The same of the device with that name.
int32_t cdm_copy_named_device(const char *name, struct cdm_device *device);

// Forgets the table that is loaded for later, if any, and resumes the device with the one it has.
int32_t cdm_resume(const char *uuid);

// Whether the kernel makes devices with targets of a type, such as `thin-pool`; it loads the module
// that brings it where it can. EINVAL where it has none.
int32_t cdm_find_target(const char *type);

// The targets of a device with the status of each.
typedef struct cdm_targets cdm_targets;

struct cdm_target {
  uint64_t start_sector;
  uint64_t sector_count;
  const char *type;        // until cdm_targets_destroy
  const char *parameters;  // until cdm_targets_destroy
};

// NULL on failure, with the errno in `failure`: ENXIO where the kernel has no such device.
cdm_targets *_Nullable cdm_targets_create(const char *uuid, int32_t *failure);
// The next target, until the next call; NULL behind the last.
const struct cdm_target *_Nullable cdm_targets_next(cdm_targets *targets);
void cdm_targets_destroy(cdm_targets *targets);

#pragma clang assume_nonnull end

#endif
