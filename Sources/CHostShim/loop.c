#include "chost_shim.h"

#include <linux/loop.h>
#include <string.h>
#include <sys/ioctl.h>

_Static_assert(sizeof(struct loop_config) == 304, "layout of LOOP_CONFIGURE's argument");

int32_t chost_loop_get_free(int32_t control) { return ioctl(control, LOOP_CTL_GET_FREE); }

int32_t chost_loop_configure(int32_t loop, int32_t backing, const char *name, bool read_only,
                             bool direct_io, uint32_t block_size) {
  // Without a size the kernel takes the alignment that direct I/O needs, which changes with the file
  // (XFS: 512, and 4096 once the file shares blocks): a file system made on the smaller one could
  // not be mounted any more. Where the size is too small for direct I/O the kernel does without it.
  struct loop_config config = {.fd = (uint32_t)backing, .block_size = block_size};
  if (read_only) config.info.lo_flags |= LO_FLAGS_READ_ONLY;
  if (direct_io) config.info.lo_flags |= LO_FLAGS_DIRECT_IO;
  strncpy((char *)config.info.lo_file_name, name, LO_NAME_SIZE - 1);
  return ioctl(loop, LOOP_CONFIGURE, &config);
}

int32_t chost_loop_status(int32_t loop, struct chost_loop_status *status) {
  struct loop_info64 info;
  if (ioctl(loop, LOOP_GET_STATUS64, &info) < 0) return -1;
  *status = (struct chost_loop_status){.backing_device = info.lo_device,
                                       .backing_inode = info.lo_inode,
                                       .is_whole = info.lo_offset == 0 && info.lo_sizelimit == 0,
                                       .read_only = (info.lo_flags & LO_FLAGS_READ_ONLY) != 0,
                                       .auto_clear = (info.lo_flags & LO_FLAGS_AUTOCLEAR) != 0,
                                       .direct_io = (info.lo_flags & LO_FLAGS_DIRECT_IO) != 0};
  return 0;
}

int32_t chost_loop_clear(int32_t loop) { return ioctl(loop, LOOP_CLR_FD); }

int32_t chost_loop_keep(int32_t loop) {
  struct loop_info64 info;
  if (ioctl(loop, LOOP_GET_STATUS64, &info) < 0) return -1;
  info.lo_flags &= ~(uint32_t)LO_FLAGS_AUTOCLEAR;
  return ioctl(loop, LOOP_SET_STATUS64, &info);
}

int32_t chost_loop_set_capacity(int32_t loop) { return ioctl(loop, LOOP_SET_CAPACITY, 0); }
