// System calls, ioctls and C libraries that Swift cannot reach: variadic calls, macros, GNU
// extensions, unions. No policy lives here.
//
// Unless a line says otherwise, a function answers -1 and sets errno on failure, like libc; what it
// answers on success stands with it.

#ifndef CHOST_SHIM_H
#define CHOST_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// ---- path.c: resolution of paths ----

extern const int32_t chost_O_PATH;
extern const int32_t chost_O_DIRECT;
extern const uint64_t chost_RESOLVE_BENEATH;
extern const uint64_t chost_RESOLVE_NO_SYMLINKS;
extern const uint64_t chost_RESOLVE_NO_MAGICLINKS;

// openat2(2). Answers a descriptor, which is always close-on-exec.
int32_t chost_openat2(int32_t folder, const char *path, int32_t flags, uint32_t mode,
                      uint64_t resolve);

// The kernel's device number made of its two parts, as in st_dev.
uint64_t chost_make_device(uint32_t major, uint32_t minor);
uint32_t chost_device_major(uint64_t device);
uint32_t chost_device_minor(uint64_t device);

// ---- file.c: what a file is ----

struct chost_file_status {
  uint64_t device;  // of the file system, as in st_dev
  uint64_t inode;
  uint32_t mode;    // st_mode: kind and permissions
  uint64_t number;  // of the device that a device node stands for, as in st_rdev
  uint64_t mount_id;  // of the mount that shows the file, as in mountinfo
};

// statx(2) of a descriptor (where `path` is "") or of a path beneath a folder; a symbolic link at
// the end is not followed.
int32_t chost_file_status(int32_t folder, const char *path, struct chost_file_status *status);

// Whether a descriptor is the uppermost folder of a mount that may be written, of the file system
// with the device number; false also where the kernel cannot tell.
bool chost_is_writable_mount(int32_t folder, uint64_t device);

// ---- memory.c: the allocator ----

// mallopt(3): one arena for all threads.
void chost_share_one_arena(void);

// malloc_trim(3): gives the pages that nothing uses back to the kernel.
void chost_give_memory_back(void);

// memmem(3): where a word begins among bytes; -1 where it does not stand there.
int64_t chost_position(const void *bytes, size_t count, const void *word, size_t length);

// ---- semaphore.c: a semaphore of threads ----

typedef struct chost_semaphore chost_semaphore;

// NULL where there is no memory.
chost_semaphore *_Nullable chost_semaphore_create(void);
// No thread may wait any more.
void chost_semaphore_destroy(chost_semaphore *semaphore);
void chost_semaphore_signal(chost_semaphore *semaphore);
void chost_semaphore_wait(chost_semaphore *semaphore);
// Whether a signal came within that time, which no change of the wall clock touches.
bool chost_semaphore_wait_within(chost_semaphore *semaphore, int64_t seconds, int64_t nanoseconds);

// ---- loop.c: loop devices ----

struct chost_loop_status {
  uint64_t backing_device;  // st_dev of the backing file
  uint64_t backing_inode;
  bool is_whole;  // the device shows the whole file, from its first byte to its end
  bool read_only;
  bool auto_clear;  // the kernel detaches it with its last closing
  bool direct_io;
};

// LOOP_CTL_GET_FREE on /dev/loop-control. Answers an index.
int32_t chost_loop_get_free(int32_t control);
// LOOP_CONFIGURE: binds `backing`; the kernel falls back to buffered I/O where the backing file
// system refuses direct I/O. `name` is what losetup shows; it is cut at 63 bytes.
int32_t chost_loop_configure(int32_t loop, int32_t backing, const char *name, bool read_only,
                             bool direct_io, uint32_t block_size);
// LOOP_GET_STATUS64; ENXIO where nothing is bound.
int32_t chost_loop_status(int32_t loop, struct chost_loop_status *status);
// LOOP_CLR_FD. Success does not say that the device is free: it may go with its last closing.
int32_t chost_loop_clear(int32_t loop);
// LOOP_SET_STATUS64 without LO_FLAGS_AUTOCLEAR: takes back a LOOP_CLR_FD that became lazy.
int32_t chost_loop_keep(int32_t loop);
// LOOP_SET_CAPACITY: takes over a new size of the backing file.
int32_t chost_loop_set_capacity(int32_t loop);

// ---- block.c: block devices and mounted file systems ----

// BLKGETSIZE64.
int32_t chost_block_size(int32_t device, uint64_t *bytes);
// BLKROSET.
int32_t chost_block_set_read_only(int32_t device, bool read_only);
// BLKROGET.
int32_t chost_block_is_read_only(int32_t device, bool *read_only);

// Makes a range of a block device read as zeros, by writing them where the device knows no better;
// with `discarding`, only by a discard of which the device promises that it leaves zeros.
int32_t chost_block_zero(int32_t device, int64_t offset, int64_t count, bool discarding);
// FIFREEZE and FITHAW on any descriptor of the file system.
int32_t chost_freeze(int32_t descriptor);
int32_t chost_thaw(int32_t descriptor);

// ---- grow.c: online growth ----

struct chost_xfs_geometry {
  uint32_t block_size;
  uint64_t data_blocks;
  uint32_t inode_percent;
};
// EXT4_IOC_RESIZE_FS.
int32_t chost_ext4_resize(int32_t descriptor, uint64_t blocks);
// XFS_IOC_FSGEOMETRY_V1.
int32_t chost_xfs_geometry(int32_t descriptor, struct chost_xfs_geometry *geometry);
// XFS_IOC_FSGROWFSDATA.
int32_t chost_xfs_grow(int32_t descriptor, uint64_t blocks, uint32_t inode_percent);
enum {
  chost_btrfs_id_size = 16,
};
// BTRFS_IOC_FS_INFO: the file system's id, of chost_btrfs_id_size bytes, and how many devices it has.
int32_t chost_btrfs_identity(int32_t descriptor, uint8_t *id, uint64_t *devices);
// BTRFS_IOC_RESIZE with "max".
int32_t chost_btrfs_resize_max(int32_t descriptor);

// ---- mount.c: mounting ----

extern const uint64_t chost_MS_RDONLY;
// Flags of mount(2) that make it something else than a new mount: bind, remount, move and the
// changes of propagation.
extern const uint64_t chost_forbidden_mount_flags;
// Options of mount(8) that reach for other files, devices or programs: loop, helper, verity.
extern const uint64_t chost_forbidden_mount_user_flags;

enum {
  chost_mount_data_size = 4096,
};
// Splits comma-separated mount options by libmount's tables: known ones into the flags of mount(2)
// (in `flags`) and of mount(8) (in `user_flags`), the rest into `data`, NUL-terminated, of
// chost_mount_data_size bytes. EINVAL on broken quoting, E2BIG where `data` is too small.
int32_t chost_mount_parse(const char *options, uint64_t *flags, uint64_t *user_flags, char *data);

// fsopen(2). Answers a descriptor in which a mount is put together, and which says why it fails.
int32_t chost_filesystem_open(const char *type);
// fsconfig(2): a setting with a value, or a flag where `value` is NULL.
int32_t chost_filesystem_set(int32_t context, const char *key, const char *_Nullable value);
// fsconfig(2) with FSCONFIG_CMD_CREATE, then fsmount(2). Answers a descriptor of a mount that is
// attached nowhere.
int32_t chost_filesystem_mount(int32_t context);
// Reads the next message of the kernel about the context: "e ext4: Unknown parameter 'x'".
// Answers its length, without a NUL; ENODATA where there is none.
int64_t chost_filesystem_message(int32_t context, char *message, size_t capacity);
// open_tree(2) with OPEN_TREE_CLONE of what `source` (any descriptor) shows. Answers a descriptor
// of a mount that is attached nowhere.
int32_t chost_clone_mount(int32_t source);
// mount_setattr(2) of a mount's own attributes, from flags of mount(2): read-only, nosuid, nodev,
// noexec, nosymfollow and the access-time ones. Other flags belong to the file system and are
// left out.
int32_t chost_restrict_mount(int32_t mount, uint64_t flags);
// move_mount(2) of a mount that is attached nowhere onto what `target` shows.
int32_t chost_attach_mount(int32_t mount, int32_t target);

// ---- probe.c: what a device holds ----

enum {
  chost_probe_failed = -1,
  chost_probe_nothing = 0,
  chost_probe_found = 1,
  chost_probe_ambivalent = 2,  // several signatures contradict each other
};
enum {
  chost_probe_text_size = 64,
};
struct chost_probe {
  char type[chost_probe_text_size];             // of a superblock, or ""
  char usage[chost_probe_text_size];            // "filesystem", "raid", "crypto", "other", or ""
  char uuid[chost_probe_text_size];             // or ""
  char partition_table[chost_probe_text_size];  // "gpt", "dos", ..., or ""
};
// libblkid's low-level probe of superblocks and partition tables. Never writes. Answers
// chost_probe_failed (with errno), _nothing, _found or _ambivalent.
int32_t chost_probe_device(int32_t device, struct chost_probe *found);

// ---- process.c: child processes ----

struct chost_child_outcome {
  bool was_killed;  // by a signal
  int32_t code;     // the exit code, or the signal
};
struct chost_program {
  const char *path;
  char *_Nullable const *_Nonnull arguments;
  char *_Nullable const *_Nonnull environment;
  int32_t output;  // becomes standard output
  int32_t error;   // becomes standard error
  int32_t kept;    // becomes descriptor 3; negative for none
  bool outlives;   // SIGPIPE stays ignored
  // It sees no mount but the root, /dev, /sys and the directories of programs and libraries, has no
  // /proc, and /proc/self/mounts is empty.
  bool hides_mounts;
};
// Starts a program in its own process group with /dev/null as standard input, no further descriptor,
// and no blocked or ignored signal. Answers the process id, and a descriptor of the process in
// `process`.
int32_t chost_spawn(const struct chost_program *program, int32_t *process);
// pipe2(2) with O_CLOEXEC; only the reading end is non-blocking.
int32_t chost_pipe(int32_t *reading, int32_t *writing);
// Waits for a child of this process to end, and reaps it.
int32_t chost_reap(int32_t child, struct chost_child_outcome *outcome);

#pragma clang assume_nonnull end

#endif
