#define _GNU_SOURCE
#include "chost_shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

const int32_t chost_O_PATH = O_PATH;
const int32_t chost_O_DIRECT = O_DIRECT;

const uint64_t chost_RESOLVE_BENEATH = RESOLVE_BENEATH;
const uint64_t chost_RESOLVE_NO_SYMLINKS = RESOLVE_NO_SYMLINKS;
const uint64_t chost_RESOLVE_NO_MAGICLINKS = RESOLVE_NO_MAGICLINKS;

int32_t chost_openat2(int32_t folder, const char *path, int32_t flags, uint32_t mode,
                      uint64_t resolve) {
  struct open_how how = {
      .flags = (uint64_t)(uint32_t)flags | O_CLOEXEC, .mode = mode, .resolve = resolve};
  return (int32_t)syscall(SYS_openat2, folder, path, &how, sizeof how);
}

uint64_t chost_make_device(uint32_t major, uint32_t minor) { return makedev(major, minor); }

uint32_t chost_device_major(uint64_t device) { return major(device); }

uint32_t chost_device_minor(uint64_t device) { return minor(device); }
