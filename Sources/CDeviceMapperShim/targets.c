#include "internal.h"

#include <errno.h>
#include <stdlib.h>

struct cdm_targets {
  struct dm_task *task;  // owned
  void *next;            // of the task; NULL before the first target and behind the last
  bool is_done;
  struct cdm_target current;
};

static int32_t existence(struct dm_task *task) {
  struct dm_info info;
  if (!dm_task_get_info(task, &info)) return ENOMEM;
  return info.exists ? 0 : ENXIO;
}

cdm_targets *cdm_targets_create(const char *uuid, int32_t *failure) {
  struct dm_task *task = cdm_run(DM_DEVICE_STATUS, uuid, failure);
  if (!task) return NULL;
  *failure = existence(task);
  cdm_targets *targets = *failure ? NULL : calloc(1, sizeof *targets);
  if (targets) {
    targets->task = task;
    return targets;
  }
  if (!*failure) *failure = ENOMEM;
  dm_task_destroy(task);
  return NULL;
}

const struct cdm_target *cdm_targets_next(cdm_targets *targets) {
  if (targets->is_done) return NULL;
  struct cdm_target *current = &targets->current;
  char *type = NULL, *parameters = NULL;
  targets->next = dm_get_next_target(targets->task, targets->next, &current->start_sector,
                                     &current->sector_count, &type, &parameters);
  targets->is_done = !targets->next;
  // A device without a table has one empty target.
  if (!type) return NULL;
  current->type = type;
  current->parameters = parameters ? parameters : "";
  return current;
}

void cdm_targets_destroy(cdm_targets *targets) {
  dm_task_destroy(targets->task);
  free(targets);
}
