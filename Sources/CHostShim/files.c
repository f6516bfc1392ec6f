#define _GNU_SOURCE
#include "chost_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int64_t answer(int64_t result) { return result < 0 ? -errno : result; }

static int32_t flags_of(enum chost_files_access access) {
  switch (access) {
    case chost_files_read: return O_RDONLY;
    case chost_files_write: return O_RDWR;
    case chost_files_create: return O_RDWR | O_CREAT | O_EXCL;
    case chost_files_open_or_create: return O_RDWR | O_CREAT;
    case chost_files_folder: return O_RDONLY | O_DIRECTORY;
    case chost_files_unnamed: return O_RDWR | O_TMPFILE;
  }
  return O_RDONLY;
}

int32_t chost_files_open_folder(const char *path) {
  return (int32_t)answer(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

int32_t chost_files_open_beneath(int32_t folder, const char *path, enum chost_files_access access,
                                 uint32_t mode) {
  // O_NONBLOCK: a fifo or a device in place of a file must not hang the thread that finds it.
  struct open_how how = {
      .flags = (uint64_t)(flags_of(access) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK),
      .mode = (flags_of(access) & (O_CREAT | __O_TMPFILE)) ? mode : 0,
      .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
  return (int32_t)answer(syscall(SYS_openat2, folder, path, &how, sizeof how));
}

int32_t chost_files_get_status(int32_t file, struct chost_files_status *status) {
  struct statx found;
  if (statx(file, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_MNT_ID, &found) < 0) return -errno;
  *status = (struct chost_files_status){
      .device = makedev(found.stx_dev_major, found.stx_dev_minor),
      .inode = found.stx_ino,
      .size = (int64_t)found.stx_size,
      .allocated = (int64_t)found.stx_blocks * 512,  // stx_blocks counts 512 bytes on every Linux
      .mount_id = found.stx_mnt_id,
      .links = found.stx_nlink,
      .mode = found.stx_mode};
  return 0;
}

static int64_t largest_file_of(const struct statfs *found) {
  // Source: fs/ext4/super.c ext4_max_size(): 2^32 - 1 blocks.
  if (found->f_type == EXT4_SUPER_MAGIC) return (int64_t)found->f_bsize * UINT32_MAX;
  return INT64_MAX;
}

int32_t chost_files_get_usage(int32_t file, struct chost_files_usage *usage) {
  struct statfs found;
  if (fstatfs(file, &found) < 0) return -errno;
  *usage = (struct chost_files_usage){.total = (int64_t)found.f_blocks * found.f_frsize,
                                      .available = (int64_t)found.f_bavail * found.f_frsize,
                                      .largest_file = largest_file_of(&found),
                                      .is_btrfs = found.f_type == BTRFS_SUPER_MAGIC,
                                      .is_read_only = (found.f_flags & ST_RDONLY) != 0};
  return 0;
}

int64_t chost_files_mount_id(const char *path) {
  struct statx found;
  int32_t failed = statx(AT_FDCWD, path, AT_NO_AUTOMOUNT, STATX_MNT_ID, &found);
  return failed < 0 ? -errno : (int64_t)found.stx_mnt_id;
}

int64_t chost_files_read_at(int32_t file, void *bytes, size_t count, int64_t offset) {
  return answer(pread(file, bytes, count, offset));
}

int64_t chost_files_write_at(int32_t file, const void *bytes, size_t count, int64_t offset) {
  return answer(pwrite(file, bytes, count, offset));
}

int32_t chost_files_sync(int32_t file) { return (int32_t)answer(fsync(file)); }

int32_t chost_files_sync_filesystem(int32_t file) { return (int32_t)answer(syncfs(file)); }

int32_t chost_files_lock(int32_t file) { return (int32_t)answer(flock(file, LOCK_EX | LOCK_NB)); }

int32_t chost_files_unlock(int32_t file) { return (int32_t)answer(flock(file, LOCK_UN)); }

// A lock of the open file description: it ends with the process, however that ends. Folders can be
// opened for reading only, and so can be locked for reading only.
int32_t chost_files_mark_busy(int32_t file) {
  struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
  return (int32_t)answer(fcntl(file, F_OFD_SETLK, &whole));
}

int32_t chost_files_is_busy(int32_t file) {
  struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  if (fcntl(file, F_OFD_GETLK, &whole) < 0) return -errno;
  return whole.l_type != F_UNLCK;
}

int32_t chost_files_resize(int32_t file, int64_t size) {
  return (int32_t)answer(ftruncate(file, size));
}

int32_t chost_files_allocate(int32_t file, int64_t offset, int64_t count) {
  return (int32_t)answer(fallocate(file, 0, offset, count));
}

int32_t chost_files_disable_copy_on_write(int32_t file) {
  int flags = 0;
  if (ioctl(file, FS_IOC_GETFLAGS, &flags) < 0) return -errno;
  flags |= FS_NOCOW_FL;
  return (int32_t)answer(ioctl(file, FS_IOC_SETFLAGS, &flags));
}

int32_t chost_files_clone(int32_t target, int32_t source) {
  return (int32_t)answer(ioctl(target, FICLONE, source));
}

int64_t chost_files_copy(int32_t source, int32_t target, int64_t offset, int64_t count) {
  off64_t from = offset, to = offset;
  return answer(copy_file_range(source, &from, target, &to, (size_t)count, 0));
}

int64_t chost_files_next_data(int32_t file, int64_t offset) {
  return answer(lseek(file, offset, SEEK_DATA));
}

int64_t chost_files_next_hole(int32_t file, int64_t offset) {
  return answer(lseek(file, offset, SEEK_HOLE));
}

enum { extents_per_call = 256 };

// Adds the shared ones of the extents; true where the last extent of the file is among them.
static int add_shared(const struct fiemap *map, int64_t *shared, uint64_t *end) {
  for (uint32_t index = 0; index < map->fm_mapped_extents; index++) {
    const struct fiemap_extent *extent = &map->fm_extents[index];
    if (extent->fe_flags & FIEMAP_EXTENT_SHARED) *shared += (int64_t)extent->fe_length;
    if (extent->fe_flags & FIEMAP_EXTENT_LAST) return 1;
    *end = extent->fe_logical + extent->fe_length;
  }
  return map->fm_mapped_extents == 0;
}

int64_t chost_files_shared(int32_t file) {
  _Alignas(struct fiemap) char
      space[sizeof(struct fiemap) + extents_per_call * sizeof(struct fiemap_extent)];
  struct fiemap *map = (struct fiemap *)space;
  int64_t shared = 0;
  uint64_t offset = 0;
  do {
    *map = (struct fiemap){.fm_start = offset,
                           .fm_length = FIEMAP_MAX_OFFSET - offset,
                           .fm_flags = FIEMAP_FLAG_SYNC,
                           .fm_extent_count = extents_per_call};
    if (ioctl(file, FS_IOC_FIEMAP, map) < 0) return -errno;
  } while (!add_shared(map, &shared, &offset));
  return shared;
}

int64_t chost_files_extents(int32_t file) {
  // Without space for extents the kernel counts them.
  struct fiemap map = {.fm_length = FIEMAP_MAX_OFFSET};
  if (ioctl(file, FS_IOC_FIEMAP, &map) < 0) return -errno;
  return map.fm_mapped_extents;
}

int32_t chost_files_make_folder(int32_t folder, const char *name, uint32_t mode) {
  return (int32_t)answer(mkdirat(folder, name, mode));
}

int32_t chost_files_rename_new(int32_t folder, const char *from, const char *to) {
  return (int32_t)answer(renameat2(folder, from, folder, to, RENAME_NOREPLACE));
}

int32_t chost_files_replace(int32_t folder, const char *from, const char *to) {
  return (int32_t)answer(renameat(folder, from, folder, to));
}

int32_t chost_files_remove_file(int32_t folder, const char *name) {
  return (int32_t)answer(unlinkat(folder, name, 0));
}

int32_t chost_files_remove_folder(int32_t folder, const char *name) {
  return (int32_t)answer(unlinkat(folder, name, AT_REMOVEDIR));
}

static int is_dot(const char *name) { return strcmp(name, ".") == 0 || strcmp(name, "..") == 0; }

static int64_t copy_names(DIR *stream, char *names, size_t capacity) {
  size_t used = 0;
  for (;;) {
    errno = 0;
    struct dirent *entry = readdir(stream);
    if (!entry) return errno ? -errno : (int64_t)used;
    if (is_dot(entry->d_name)) continue;
    size_t length = strlen(entry->d_name) + 1;
    if (length > capacity - used) return -ERANGE;
    memcpy(names + used, entry->d_name, length);
    used += length;
  }
}

int64_t chost_files_list(int32_t folder, char *names, size_t capacity) {
  // An own open file: a duplicate would share its position with every other listing.
  int own = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (own < 0) return -errno;
  DIR *stream = fdopendir(own);
  if (!stream) {
    int64_t failure = -errno;
    close(own);
    return failure;
  }
  int64_t used = copy_names(stream, names, capacity);
  closedir(stream);
  return used;
}
