#define _GNU_SOURCE
#include "chost_shim.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

int32_t chost_file_status(int32_t folder, const char *path, struct chost_file_status *status) {
  struct statx found;
  int flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
  if (statx(folder, path, flags, STATX_BASIC_STATS | STATX_MNT_ID, &found) < 0) return -1;
  *status = (struct chost_file_status){
      .device = makedev(found.stx_dev_major, found.stx_dev_minor),
      .inode = found.stx_ino,
      .mode = found.stx_mode,
      .number = makedev(found.stx_rdev_major, found.stx_rdev_minor),
      .mount_id = found.stx_mnt_id};
  return 0;
}

bool chost_is_writable_mount(int32_t folder, uint64_t device) {
  struct statx found;
  int flags = AT_EMPTY_PATH | AT_NO_AUTOMOUNT;
  if (statx(folder, "", flags, STATX_TYPE, &found) < 0 || !S_ISDIR(found.stx_mode)) return false;
  if ((found.stx_attributes & STATX_ATTR_MOUNT_ROOT) == 0) return false;
  if (makedev(found.stx_dev_major, found.stx_dev_minor) != device) return false;
  struct statvfs usage;
  return fstatvfs(folder, &usage) == 0 && (usage.f_flag & ST_RDONLY) == 0;
}
