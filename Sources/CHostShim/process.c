#define _GNU_SOURCE
#include "chost_shim.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

static int prepare_files(posix_spawn_file_actions_t *files, int32_t output, int32_t error,
                         int32_t kept) {
  int failure = posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0);
  if (!failure) failure = posix_spawn_file_actions_adddup2(files, output, 1);
  if (!failure) failure = posix_spawn_file_actions_adddup2(files, error, 2);
  if (!failure && kept >= 0) failure = posix_spawn_file_actions_adddup2(files, kept, 3);
  // Libraries may hold descriptors that are not close-on-exec.
  if (!failure) failure = posix_spawn_file_actions_addclosefrom_np(files, kept >= 0 ? 4 : 3);
  return failure;
}

static int prepare_attributes(posix_spawnattr_t *attributes, bool outlives) {
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  // Stays ignored, as it is here: the pipes of a program that outlives us have no reader.
  if (outlives) sigdelset(&all, SIGPIPE);
  int flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  int failure = posix_spawnattr_setflags(attributes, (short)flags);
  if (!failure) failure = posix_spawnattr_setpgroup(attributes, 0);
  if (!failure) failure = posix_spawnattr_setsigmask(attributes, &none);
  if (!failure) failure = posix_spawnattr_setsigdefault(attributes, &all);
  return failure;
}

static int spawn(const char *program, char *_Nullable const *_Nonnull arguments,
                 char *_Nullable const *_Nonnull environment, int32_t output, int32_t error,
                 int32_t kept, bool outlives, pid_t *child) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  int failure = posix_spawn_file_actions_init(&files);
  if (failure) return failure;
  failure = posix_spawnattr_init(&attributes);
  if (failure) {
    posix_spawn_file_actions_destroy(&files);
    return failure;
  }
  failure = prepare_files(&files, output, error, kept);
  if (!failure) failure = prepare_attributes(&attributes, outlives);
  if (!failure) {
    failure = posix_spawn(child, program, &files, &attributes, arguments, environment);
  }
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return failure;
}

int32_t chost_spawn(const char *program, char *_Nullable const *_Nonnull arguments,
                    char *_Nullable const *_Nonnull environment, int32_t output, int32_t error,
                    int32_t kept, bool outlives, int32_t *process) {
  pid_t child = 0;
  int failure = spawn(program, arguments, environment, output, error, kept, outlives, &child);
  if (failure) {
    errno = failure;
    return -1;
  }
  *process = pidfd_open(child, 0);
  if (*process >= 0) return child;
  failure = errno;
  kill(-child, SIGKILL);
  struct chost_child_outcome ignored;
  chost_reap(child, &ignored);
  errno = failure;
  return -1;
}

int32_t chost_pipe(int32_t *reading, int32_t *writing) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return -1;
  if (fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0) {
    int failure = errno;
    close(ends[0]);
    close(ends[1]);
    errno = failure;
    return -1;
  }
  *reading = ends[0];
  *writing = ends[1];
  return 0;
}

int32_t chost_reap(int32_t child, struct chost_child_outcome *outcome) {
  siginfo_t ended = {0};
  int result;
  do {
    result = waitid(P_PID, (id_t)child, &ended, WEXITED);
  } while (result < 0 && errno == EINTR);
  if (result < 0) return -1;
  outcome->was_killed = ended.si_code != CLD_EXITED;
  outcome->code = ended.si_status;
  return 0;
}
