#define _GNU_SOURCE
#include "cprocess_shim.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// What connections leave for volumes, which take a few descriptors for each running call.
enum { KEPT_FOR_VOLUMES = 1024 };

// The limited port in the upper half, and how many descriptors there may be in the lower one.
static _Atomic uint64_t limited;

void cprocess_limit_connections(uint16_t port, int32_t most) {
  atomic_store(&limited, (uint64_t)port << 32 | (uint32_t)most);
}

static bool is_at_port(int connection, uint16_t port) {
  struct sockaddr_storage own;
  socklen_t length = sizeof own;
  if (getsockname(connection, (struct sockaddr *)&own, &length) != 0) return false;
  if (own.ss_family == AF_INET) return ntohs(((struct sockaddr_in *)&own)->sin_port) == port;
  if (own.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&own)->sin6_port) == port;
  return false;
}

static bool is_surplus(int connection) {
  uint64_t limit = atomic_load(&limited);
  return limit != 0 && connection >= (int)(uint32_t)limit &&
         is_at_port(connection, (uint16_t)(limit >> 32));
}

// The first descriptor that no connection may have. Since the lowest free number is always taken,
// a connection with this number means that so many descriptors are open.
static int first_kept(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT_MAX) return INT_MAX;
  int all = (int)limit.rlim_cur;
  return all - (all / 2 < KEPT_FOR_VOLUMES ? all / 2 : KEPT_FOR_VOLUMES);
}

static bool is_shortage(int code) {
  return code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM;
}

// libc's accept4 for this whole process, in its place: the linker binds the calls of shared libraries
// to the program's own symbol before libc's. Two libraries accept connections here, and both are
// meant: libgrpc, for the sockets of the CSI services, and libmicrohttpd, for the pages of figures
// and health.
//
// gRPC 1.51, which Debian 12 and 13 have, gives a listener up for good when accept4 fails with
// EMFILE and the like (mended upstream in 2023, grpc/grpc 33656): one moment without a free
// descriptor would leave the driver deaf until it is started again. It has no limit of connections
// and no hook of its accept, and grpc_server_add_channel_from_fd takes no TLS connection.
//
// The differences from libc's: a connection that would take a descriptor kept for volumes, or is one
// too many at a limited port, is accepted and closed, and its client comes again. A shortage looks
// like EAGAIN; those who wait then are accepted together with the next who comes.
int accept4(int listener, struct sockaddr *restrict address, socklen_t *restrict length,
            int flags) {
  for (;;) {
    int accepted = (int)syscall(SYS_accept4, listener, address, length, flags);
    if (accepted >= 0 && accepted < first_kept() && !is_surplus(accepted)) return accepted;
    if (accepted >= 0) {
      close(accepted);
    } else {
      if (is_shortage(errno)) errno = EAGAIN;
      return -1;
    }
  }
}
