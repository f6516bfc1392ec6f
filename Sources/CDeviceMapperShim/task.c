#include "internal.h"

#include <errno.h>

// The library writes to standard error by itself; what it says stands in the errno too.
static void say_nothing(int level, const char *file, int line, int dm_errno_or_class,
                        const char *format, ...) {
  (void)level, (void)file, (void)line, (void)dm_errno_or_class, (void)format;
}

// Runs a task that was made for a device, or destroys it.
static struct dm_task *run(struct dm_task *task, int is_for_device, int32_t *failure) {
  *failure = ENOMEM;
  // Without this flag the status of a thin pool commits the pool's metadata first.
  if (is_for_device && dm_task_no_flush(task)) {
    errno = 0;
    if (dm_task_run(task)) return task;
    *failure = dm_task_get_errno(task);
    // Where the control device could not be opened there was no ioctl that could have failed.
    if (!*failure) *failure = errno ? errno : ENODEV;
  }
  dm_task_destroy(task);
  return NULL;
}

struct dm_task *cdm_run(int type, const char *uuid, int32_t *failure) {
  struct dm_task *task = dm_task_create(type);
  *failure = ENOMEM;
  if (!task) return NULL;
  return run(task, !uuid || dm_task_set_uuid(task, uuid), failure);
}

struct dm_task *cdm_run_named(int type, const char *name, int32_t *failure) {
  struct dm_task *task = dm_task_create(type);
  *failure = ENOMEM;
  if (!task) return NULL;
  return run(task, dm_task_set_name(task, name), failure);
}

int32_t cdm_find_target(const char *type) {
  struct dm_task *task = dm_task_create(DM_DEVICE_GET_TARGET_VERSION);
  if (!task) return ENOMEM;
  int32_t failure = ENOMEM;
  if (dm_task_set_name(task, type)) failure = dm_task_run(task) ? 0 : dm_task_get_errno(task);
  dm_task_destroy(task);
  return failure;
}

int32_t cdm_prepare(void) {
  dm_log_with_errno_init(say_nothing);
  int32_t failure;
  struct dm_task *task = cdm_run(DM_DEVICE_VERSION, NULL, &failure);
  if (!task) return failure;
  dm_task_destroy(task);
  return 0;
}
