#define _GNU_SOURCE
#include "chost_shim.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

const int32_t chost_SEEK_DATA = SEEK_DATA;
const int32_t chost_SEEK_HOLE = SEEK_HOLE;
const int32_t chost_FALLOC_FL_KEEP_SIZE = FALLOC_FL_KEEP_SIZE;
const int32_t chost_FALLOC_FL_PUNCH_HOLE = FALLOC_FL_PUNCH_HOLE;
const int32_t chost_FALLOC_FL_ZERO_RANGE = FALLOC_FL_ZERO_RANGE;
const int32_t chost_FALLOC_FL_UNSHARE_RANGE = FALLOC_FL_UNSHARE_RANGE;

int32_t chost_file_status(int32_t folder, const char *path, struct chost_file_status *status) {
  struct statx found;
  int flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
  if (statx(folder, path, flags, STATX_BASIC_STATS | STATX_MNT_ID, &found) < 0) return -1;
  *status = (struct chost_file_status){
      .device = makedev(found.stx_dev_major, found.stx_dev_minor),
      .inode = found.stx_ino,
      .size = found.stx_size,
      .allocated = found.stx_blocks * 512,
      .represented = makedev(found.stx_rdev_major, found.stx_rdev_minor),
      .mode = found.stx_mode,
      .links = found.stx_nlink,
      .mount_id = found.stx_mnt_id,
      .is_mount_root = (found.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0};
  return 0;
}

int32_t chost_clone_file(int32_t target, int32_t source) { return ioctl(target, FICLONE, source); }

int64_t chost_copy_range(int32_t source, int64_t source_offset, int32_t target,
                         int64_t target_offset, uint64_t length) {
  return copy_file_range(source, &source_offset, target, &target_offset, length, 0);
}

int32_t chost_fallocate(int32_t file, int32_t mode, int64_t offset, int64_t length) {
  return fallocate(file, mode, offset, length);
}

int32_t chost_rename_new(int32_t from_folder, const char *from, int32_t to_folder, const char *to) {
  return renameat2(from_folder, from, to_folder, to, RENAME_NOREPLACE);
}

int32_t chost_sync_filesystem(int32_t descriptor) { return syncfs(descriptor); }
