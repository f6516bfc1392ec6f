#ifndef CHOST_FILES_H
#define CHOST_FILES_H

#include <stddef.h>
#include <stdint.h>

// System calls on files and folders beneath a pool. Swift sees none of openat2, statx, renameat2,
// copy_file_range, FICLONE and FIEMAP by itself, and SEEK_DATA only as a macro that it cannot read.
//
// Every function answers a negative errno where the call failed, so that no caller reads errno.
// Descriptors are borrowed; those that are answered belong to the caller and are close-on-exec.

#pragma clang assume_nonnull begin

struct chost_files_status {
  uint64_t device;
  uint64_t inode;
  int64_t size;
  // Bytes of the file system's blocks that the file holds, shared ones included.
  int64_t allocated;
  uint64_t mount_id;
  uint32_t links;
  // S_IFMT and permissions.
  uint32_t mode;
};

struct chost_files_usage {
  int64_t total;
  int64_t available;
  // The largest file that the file system can hold.
  int64_t largest_file;
  int32_t is_btrfs;
  // Of the mount, or of the whole file system.
  int32_t is_read_only;
};

enum chost_files_access {
  chost_files_read,
  chost_files_write,
  // Fails with EEXIST where anything has the name.
  chost_files_create,
  chost_files_open_or_create,
  chost_files_folder,
  // A file without a name, gone when it is closed; `path` is the folder that lends its storage.
  chost_files_unnamed,
};

// Opens a folder by a path of the administrator's, links followed.
int32_t chost_files_open_folder(const char *path);
// Opens what is beneath `folder`: no "..", no absolute path, no link on the way or at the end.
int32_t chost_files_open_beneath(int32_t folder, const char *path, enum chost_files_access access,
                                 uint32_t mode);

int32_t chost_files_get_status(int32_t file, struct chost_files_status *status);
int32_t chost_files_get_usage(int32_t file, struct chost_files_usage *usage);
// The id of the mount that a path leads into, as in /proc/self/mountinfo.
int64_t chost_files_mount_id(const char *path);

int64_t chost_files_read_at(int32_t file, void *bytes, size_t count, int64_t offset);
int64_t chost_files_write_at(int32_t file, const void *bytes, size_t count, int64_t offset);
int32_t chost_files_sync(int32_t file);
// Writes back everything of the file system that holds the file, and frees what waits for that.
int32_t chost_files_sync_filesystem(int32_t file);
// Takes an exclusive lock of the open file, without waiting.
int32_t chost_files_lock(int32_t file);
int32_t chost_files_unlock(int32_t file);
// Shows to chost_files_is_busy() that this process works on the file or folder, until it is closed.
int32_t chost_files_mark_busy(int32_t file);
// Answers 1 where any other open file has that mark, 0 where none has; takes no lock itself.
int32_t chost_files_is_busy(int32_t file);

int32_t chost_files_resize(int32_t file, int64_t size);
// Gives every hole in the range blocks of its own, and the file at least that size.
int32_t chost_files_allocate(int32_t file, int64_t offset, int64_t count);
// Makes an empty btrfs file overwrite its blocks in place, so that allocated means allocated.
int32_t chost_files_disable_copy_on_write(int32_t file);
int32_t chost_files_clone(int32_t target, int32_t source);
int64_t chost_files_copy(int32_t source, int32_t target, int64_t offset, int64_t count);
// Where data, or a hole, begins at or behind `offset`; ENXIO behind the last data.
int64_t chost_files_next_data(int32_t file, int64_t offset);
int64_t chost_files_next_hole(int32_t file, int64_t offset);
// How many bytes of the file are in blocks that another file shares.
int64_t chost_files_shared(int32_t file);
// How many extents the file has; nothing is written back for it.
int64_t chost_files_extents(int32_t file);

int32_t chost_files_make_folder(int32_t folder, const char *name, uint32_t mode);
int32_t chost_files_rename_new(int32_t folder, const char *from, const char *to);
int32_t chost_files_replace(int32_t folder, const char *from, const char *to);
int32_t chost_files_remove_file(int32_t folder, const char *name);
int32_t chost_files_remove_folder(int32_t folder, const char *name);
// Copies the names in the folder, each with its NUL, and answers the bytes used; ERANGE where they
// do not fit. "." and ".." are left out.
int64_t chost_files_list(int32_t folder, char *names, size_t capacity);

#pragma clang assume_nonnull end

#endif
