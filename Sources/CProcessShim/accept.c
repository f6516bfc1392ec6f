#define _GNU_SOURCE
#include "cprocess_shim.h"

#include <errno.h>
#include <limits.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// What connections leave for volumes, which take a few descriptors for each running call.
enum { KEPT_FOR_VOLUMES = 1024 };
// How long a connection of the limited port may say nothing before it has to make room for others: a
// client says something as soon as it is connected.
enum { SILENT_FOR_MS = 1000 };
// Connections that had to make room, and whose descriptors gRPC has not closed yet.
enum { CLOSING = 64 };
// Above all limits of connections.
enum { WATCHED = 4096 };

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

static pthread_mutex_t watch_lock = PTHREAD_MUTEX_INITIALIZER;
// When the connections of the limited port came of which nobody knows that they have said something,
// by their descriptors; 0 is none. What was closed since may still be here.
static int64_t came_at[WATCHED];

static int64_t now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000 + 1;
}

static bool is_silent(int connection, uint16_t port) {
  struct tcp_info info = {0};
  socklen_t length = sizeof info;
  const size_t known = offsetof(struct tcp_info, tcpi_bytes_received) + sizeof(uint64_t);
  return is_at_port(connection, port) &&
         getsockopt(connection, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 && length >= known &&
         info.tcpi_bytes_received == 0;
}

// Ends the oldest connection that has said nothing for long; false where there is none.
//
// gRPC owns its descriptor, and closes it when it reads the end. Should it have closed it just now,
// and another connection have the number already, then that one ends: its client comes again, and a
// call of ours to a node is UNAVAILABLE.
static bool end_oldest_silent(uint16_t port, int64_t now) {
  for (;;) {
    int oldest = 0;
    for (int i = 1; i < WATCHED; i++)
      if (came_at[i] != 0 && (came_at[oldest] == 0 || came_at[i] < came_at[oldest])) oldest = i;
    if (came_at[oldest] == 0 || now - came_at[oldest] < SILENT_FOR_MS) return false;
    came_at[oldest] = 0;
    if (is_silent(oldest, port) && shutdown(oldest, SHUT_RDWR) == 0) return true;
  }
}

// Whether there is room for a new connection, or an old one that said nothing has made some.
static bool has_room(int connection) {
  uint64_t limit = atomic_load(&limited);
  uint16_t port = (uint16_t)(limit >> 32);
  int most = (int)(uint32_t)limit;
  if (limit == 0 || !is_at_port(connection, port)) return true;
  int64_t now = now_ms();
  pthread_mutex_lock(&watch_lock);
  bool is_taken =
      connection < most || (connection < most + CLOSING && end_oldest_silent(port, now));
  if (is_taken && connection < WATCHED) came_at[connection] = now;
  pthread_mutex_unlock(&watch_lock);
  return is_taken;
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
// too many at a limited port, is accepted and closed, and its client comes again. At a limited port
// the oldest connection that has said nothing for a second ends in its place: whoever only connects
// must not keep others away. A shortage looks like EAGAIN; those who wait then are accepted together
// with the next who comes.
int accept4(int listener, struct sockaddr *restrict address, socklen_t *restrict length,
            int flags) {
  for (;;) {
    int accepted = (int)syscall(SYS_accept4, listener, address, length, flags);
    if (accepted >= 0 && accepted < first_kept() && has_room(accepted)) return accepted;
    if (accepted >= 0) {
      close(accepted);
    } else {
      if (is_shortage(errno)) errno = EAGAIN;
      return -1;
    }
  }
}
