#define _GNU_SOURCE
#include "cprocess_shim.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int32_t cprocess_listener(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) return -1;
  strcpy(address.sun_path, path);
  int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (connection < 0) return -1;
  int32_t process = -1;
  if (connect(connection, (struct sockaddr *)&address, sizeof address) == 0) {
    struct ucred peer = {0};
    socklen_t length = sizeof peer;
    // The peer of a connection that was just made is the process that listens.
    getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &length);
    process = peer.pid;
  } else if (errno == EAGAIN) {
    // It listens, and its queue of connections is full.
    process = 0;
  }
  close(connection);
  return process;
}
