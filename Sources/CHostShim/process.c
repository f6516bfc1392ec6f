#define _GNU_SOURCE
#include "chost_shim.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

// The failure of the call is an error number, as of posix_spawn.
static int spawn(const struct chost_program *program, pid_t *child) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  int failure = posix_spawn_file_actions_init(&files);
  if (failure) return failure;
  failure = posix_spawnattr_init(&attributes);
  if (failure) {
    posix_spawn_file_actions_destroy(&files);
    return failure;
  }
  failure = prepare_files(&files, program->output, program->error, program->kept);
  if (!failure) failure = prepare_attributes(&attributes, program->outlives);
  if (!failure) {
    failure = posix_spawn(child, program->path, &files, &attributes, program->arguments,
                          program->environment);
  }
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return failure;
}

// The directories that a program of the system needs; what is not there is left out.
static const char *const system_directories[] = {"bin", "dev", "etc",  "lib",
                                                 "lib64", "sbin", "sys", "usr"};

// Makes a root on /proc, which is a mount point everywhere, with the system's directories and an empty
// /proc/self/mounts, and enters it.
static int enter_bare_root(void) {
  if (mount("tmpfs", "/proc", "tmpfs", MS_NOSUID, "mode=0755") != 0) return -1;
  char from[16], to[32];
  for (size_t index = 0; index < sizeof system_directories / sizeof *system_directories; index++) {
    snprintf(from, sizeof from, "/%s", system_directories[index]);
    snprintf(to, sizeof to, "/proc/%s", system_directories[index]);
    if (access(from, F_OK) != 0) continue;
    if (mkdir(to, 0755) != 0 || mount(from, to, NULL, MS_BIND | MS_REC, NULL) != 0) return -1;
  }
  if (mkdir("/proc/proc", 0755) != 0 || mkdir("/proc/proc/self", 0755) != 0) return -1;
  int mounts = open("/proc/proc/self/mounts", O_CREAT | O_RDONLY | O_CLOEXEC, 0444);
  if (mounts < 0) return -1;
  close(mounts);
  return chdir("/proc");
}

// Gives this thread a mount namespace of its own with nothing in it but the system's directories.
static int leave_mounts(void) {
  if (unshare(CLONE_NEWNS) != 0) return -1;
  // What is unmounted outside goes away here too, and nothing that is done here reaches the outside.
  // A chroot has no mount at its root: there only the mount that gets another one on it is cut off,
  // and the old ones stay.
  bool is_chroot = mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) != 0;
  if (is_chroot && (errno != EINVAL || mount(NULL, "/proc", NULL, MS_SLAVE, NULL) != 0)) return -1;
  if (enter_bare_root() != 0) return -1;
  if (is_chroot || syscall(SYS_pivot_root, ".", ".") != 0) return chroot(".");
  return umount2(".", MNT_DETACH);
}

struct spawning {
  const struct chost_program *program;
  pid_t child;
  int failure;
};

static void *spawn_without_mounts(void *context) {
  struct spawning *spawning = context;
  spawning->failure = leave_mounts() == 0 ? spawn(spawning->program, &spawning->child) : errno;
  return NULL;
}

// In a thread that ends at once: a thread has its mount namespace for itself, and a program has that
// of the thread which starts it.
static int spawn_in_thread(const struct chost_program *program, pid_t *child) {
  struct spawning spawning = {.program = program};
  pthread_t thread;
  int failure = pthread_create(&thread, NULL, spawn_without_mounts, &spawning);
  if (!failure) failure = pthread_join(thread, NULL);
  *child = spawning.child;
  return failure ? failure : spawning.failure;
}

int32_t chost_spawn(const struct chost_program *program, int32_t *process) {
  pid_t child = 0;
  int failure = program->hides_mounts ? spawn_in_thread(program, &child) : spawn(program, &child);
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
