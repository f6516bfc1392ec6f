#define _GNU_SOURCE

#include "chost_shim.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

int32_t chost_block_size(int32_t device, uint64_t *bytes) {
  return ioctl(device, BLKGETSIZE64, bytes);
}

int32_t chost_block_set_read_only(int32_t device, bool read_only) {
  int value = read_only;
  return ioctl(device, BLKROSET, &value);
}

int32_t chost_block_is_read_only(int32_t device, bool *read_only) {
  int value = 0;
  int result = ioctl(device, BLKROGET, &value);
  *read_only = value != 0;
  return result;
}

int32_t chost_block_zero(int32_t device, int64_t offset, int64_t count, bool discarding) {
  int mode = discarding ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE;
  return fallocate(device, mode | FALLOC_FL_KEEP_SIZE, offset, count);
}

int32_t chost_freeze(int32_t descriptor) { return ioctl(descriptor, FIFREEZE, 0); }

int32_t chost_thaw(int32_t descriptor) { return ioctl(descriptor, FITHAW, 0); }
