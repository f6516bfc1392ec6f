#include "internal.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const int backlog = 16;

static int bind_and_listen(int listener, const struct addrinfo *address) {
  const int on = 1, off = 0;
  // After a restart the port may still have connections that are closing.
  if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) return errno;
  // :: stands for every address, of IPv4 too.
  if (address->ai_family == AF_INET6 &&
      setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0) {
    return errno;
  }
  if (bind(listener, address->ai_addr, address->ai_addrlen) != 0) return errno;
  return listen(listener, backlog) == 0 ? 0 : errno;
}

static int listen_at(const struct addrinfo *address, int32_t *failure) {
  int listener = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener < 0) {
    *failure = errno;
    return -1;
  }
  *failure = bind_and_listen(listener, address);
  if (*failure == 0) return listener;
  close(listener);
  return -1;
}

static int listen_on_first(const char *host, uint16_t port, int32_t *failure) {
  char service[8];
  snprintf(service, sizeof service, "%u", port);
  const struct addrinfo hints = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM};
  struct addrinfo *found;
  *failure = EADDRNOTAVAIL;
  if (getaddrinfo(host, service, &hints, &found) != 0) return -1;
  int listener = -1;
  for (struct addrinfo *next = found; next && listener < 0; next = next->ai_next) {
    listener = listen_at(next, failure);
  }
  freeaddrinfo(found);
  return listener;
}

int chttp_listen(const char *host, uint16_t port, int32_t *failure) {
  if (*host) return listen_on_first(host, port, failure);
  int listener = listen_on_first("::", port, failure);
  // A machine may have no IPv6.
  if (listener < 0 && *failure == EAFNOSUPPORT) {
    listener = listen_on_first("0.0.0.0", port, failure);
  }
  return listener;
}

uint16_t chttp_port(int listener) {
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  if (getsockname(listener, (struct sockaddr *)&address, &length) != 0) return 0;
  if (address.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
  return ntohs(((struct sockaddr_in *)&address)->sin_port);
}
