#define _GNU_SOURCE
#include "chost_shim.h"

#include <errno.h>
#include <fcntl.h>
#include <libmount/libmount.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

// Source: linux/mount.h (since Linux 5.14), linux/fs.h; glibc 2.36 may lack both names.
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif
#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256
#endif

const uint64_t chost_MS_RDONLY = MS_RDONLY;

const uint64_t chost_forbidden_mount_flags =
    MS_BIND | MS_REMOUNT | MS_MOVE | MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE;

const uint64_t chost_forbidden_mount_user_flags =
    MNT_MS_LOOP | MNT_MS_OFFSET | MNT_MS_SIZELIMIT | MNT_MS_ENCRYPTION | MNT_MS_UHELPER |
    MNT_MS_HELPER | MNT_MS_HASH_DEVICE | MNT_MS_ROOT_HASH | MNT_MS_HASH_OFFSET |
    MNT_MS_ROOT_HASH_FILE | MNT_MS_FEC_DEVICE | MNT_MS_FEC_OFFSET | MNT_MS_FEC_ROOTS |
    MNT_MS_ROOT_HASH_SIG | MNT_MS_VERITY_ON_CORRUPTION;

static int32_t copy_data(const char *_Nullable text, char *data) {
  size_t length = text ? strlen(text) : 0;
  if (length >= chost_mount_data_size) {
    errno = E2BIG;
    return -1;
  }
  if (length > 0) memcpy(data, text, length);
  data[length] = '\0';
  return 0;
}

int32_t chost_mount_parse(const char *options, uint64_t *flags, uint64_t *user_flags, char *data) {
  unsigned long linux_flags = 0, other_flags = 0;
  char *rest = NULL;
  int failure = mnt_optstr_get_flags(options, &linux_flags, mnt_get_builtin_optmap(MNT_LINUX_MAP));
  if (failure == 0) {
    const struct libmnt_optmap *map = mnt_get_builtin_optmap(MNT_USERSPACE_MAP);
    failure = mnt_optstr_get_flags(options, &other_flags, map);
  }
  if (failure == 0) failure = mnt_split_optstr(options, NULL, NULL, &rest, 0, 0);
  if (failure != 0) {
    errno = -failure;
    return -1;
  }
  *flags = linux_flags;
  *user_flags = other_flags;
  int32_t result = copy_data(rest, data);
  free(rest);
  return result;
}

int32_t chost_filesystem_open(const char *type) { return fsopen(type, FSOPEN_CLOEXEC); }

int32_t chost_filesystem_set(int32_t context, const char *key, const char *_Nullable value) {
  int command = value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;
  return fsconfig(context, command, key, value, 0);
}

int32_t chost_filesystem_mount(int32_t context) {
  if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0) return -1;
  return fsmount(context, FSMOUNT_CLOEXEC, 0);
}

int64_t chost_filesystem_message(int32_t context, char *message, size_t capacity) {
  return read(context, message, capacity);
}

int32_t chost_clone_mount(int32_t source) {
  return open_tree(source, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
}

static uint64_t access_time_attribute(uint64_t flags) {
  if (flags & MS_NOATIME) return MOUNT_ATTR_NOATIME;
  return flags & MS_STRICTATIME ? MOUNT_ATTR_STRICTATIME : MOUNT_ATTR_RELATIME;
}

int32_t chost_restrict_mount(int32_t mount, uint64_t flags) {
  struct mount_attr wanted = {0};
  if (flags & MS_RDONLY) wanted.attr_set |= MOUNT_ATTR_RDONLY;
  if (flags & MS_NOSUID) wanted.attr_set |= MOUNT_ATTR_NOSUID;
  if (flags & MS_NODEV) wanted.attr_set |= MOUNT_ATTR_NODEV;
  if (flags & MS_NOEXEC) wanted.attr_set |= MOUNT_ATTR_NOEXEC;
  if (flags & MS_NODIRATIME) wanted.attr_set |= MOUNT_ATTR_NODIRATIME;
  if (flags & MS_NOSYMFOLLOW) wanted.attr_set |= MOUNT_ATTR_NOSYMFOLLOW;
  if (flags & (MS_NOATIME | MS_STRICTATIME | MS_RELATIME)) {
    wanted.attr_clr |= MOUNT_ATTR__ATIME;
    wanted.attr_set |= access_time_attribute(flags);
  }
  if (wanted.attr_set == 0 && wanted.attr_clr == 0) return 0;
  return mount_setattr(mount, "", AT_EMPTY_PATH, &wanted, sizeof wanted);
}

int32_t chost_attach_mount(int32_t mount, int32_t target) {
  return move_mount(mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}
