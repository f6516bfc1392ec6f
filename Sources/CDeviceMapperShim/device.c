#include "internal.h"

#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

static int32_t copy(struct dm_task *task, struct cdm_device *device) {
  struct dm_info info;
  if (!dm_task_get_info(task, &info)) return ENOMEM;
  // The library takes ENXIO for an answer here.
  if (!info.exists) return ENXIO;
  const char *name = dm_task_get_name(task);
  if (!name || strlen(name) >= sizeof device->name) return ENAMETOOLONG;
  const char *uuid = dm_task_get_uuid(task);
  if (!uuid || strlen(uuid) >= sizeof device->uuid) return ENAMETOOLONG;
  *device = (struct cdm_device){.number = makedev(info.major, info.minor),
                                .minor = info.minor,
                                .open_count = info.open_count,
                                .is_suspended = info.suspended != 0,
                                .is_read_only = info.read_only != 0,
                                .has_table = info.live_table != 0};
  strcpy(device->name, name);
  strcpy(device->uuid, uuid);
  return 0;
}

int32_t cdm_copy_device(const char *uuid, struct cdm_device *device) {
  int32_t failure;
  struct dm_task *task = cdm_run(DM_DEVICE_INFO, uuid, &failure);
  if (!task) return failure;
  failure = copy(task, device);
  dm_task_destroy(task);
  return failure;
}

int32_t cdm_copy_named_device(const char *name, struct cdm_device *device) {
  int32_t failure;
  struct dm_task *task = cdm_run_named(DM_DEVICE_INFO, name, &failure);
  if (!task) return failure;
  failure = copy(task, device);
  dm_task_destroy(task);
  return failure;
}

static int32_t change(int type, const char *uuid) {
  int32_t failure;
  struct dm_task *task = cdm_run(type, uuid, &failure);
  if (!task) return failure;
  dm_task_destroy(task);
  return 0;
}

int32_t cdm_resume(const char *uuid) {
  const int32_t failure = change(DM_DEVICE_CLEAR, uuid);
  return failure ? failure : change(DM_DEVICE_RESUME, uuid);
}
