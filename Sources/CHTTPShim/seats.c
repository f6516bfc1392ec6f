#include "internal.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

// What one address is: the network of an IPv6 address, since a machine has as many as it likes.
static void set_origin(chttp_seat *seat, const struct sockaddr *address) {
  memset(seat->origin, 0, sizeof seat->origin);
  if (address->sa_family == AF_INET) {
    memcpy(seat->origin, &((const struct sockaddr_in *)address)->sin_addr, 4);
  } else if (address->sa_family == AF_INET6) {
    const struct in6_addr *six = &((const struct sockaddr_in6 *)address)->sin6_addr;
    memcpy(seat->origin, six, IN6_IS_ADDR_V4MAPPED(six) ? 16 : 8);
  }
}

static unsigned neighbours(const chttp_seats *seats, const chttp_seat *one) {
  unsigned count = 0;
  for (unsigned index = 0; index < CHTTP_MOST_SEATS; index++) {
    const chttp_seat *other = &seats->all[index];
    count += other->is_taken && !other->is_ended &&
             memcmp(other->origin, one->origin, sizeof one->origin) == 0;
  }
  return count;
}

// Of the address with the most connections, the one that has been idle for the longest time.
static chttp_seat *least_worthy(chttp_seats *seats) {
  chttp_seat *found = NULL;
  unsigned most = 0;
  for (unsigned index = 0; index < CHTTP_MOST_SEATS; index++) {
    chttp_seat *seat = &seats->all[index];
    if (!seat->is_taken || seat->is_ended) continue;
    unsigned count = neighbours(seats, seat);
    if (count < most || (count == most && found && seat->used > found->used)) continue;
    found = seat;
    most = count;
  }
  return found;
}

static unsigned living(const chttp_seats *seats) {
  unsigned count = 0;
  for (unsigned index = 0; index < CHTTP_MOST_SEATS; index++) {
    count += seats->all[index].is_taken && !seats->all[index].is_ended;
  }
  return count;
}

static chttp_seat *take(chttp_seats *seats, int socket, const struct sockaddr *address) {
  chttp_seat *seat = NULL;
  for (unsigned index = 0; index < CHTTP_MOST_SEATS && !seat; index++) {
    if (!seats->all[index].is_taken) seat = &seats->all[index];
  }
  if (!seat) return NULL;
  if (living(seats) >= CHTTP_MOST_LIVING) {
    chttp_seat *victim = least_worthy(seats);
    // libmicrohttpd sees the end of the stream, and closes the socket itself; not before the seat is
    // left, for which it needs the lock.
    shutdown(victim->socket, SHUT_RDWR);
    victim->is_ended = true;
  }
  *seat = (chttp_seat){.is_taken = true, .socket = socket};
  set_origin(seat, address);
  seat->used = ++seats->clock;
  return seat;
}

chttp_seat *chttp_seat_take(chttp_seats *seats, int socket, const struct sockaddr *address) {
  pthread_mutex_lock(&seats->lock);
  chttp_seat *seat = take(seats, socket, address);
  pthread_mutex_unlock(&seats->lock);
  return seat;
}

void chttp_seat_use(chttp_seats *seats, chttp_seat *seat) {
  pthread_mutex_lock(&seats->lock);
  seat->used = ++seats->clock;
  pthread_mutex_unlock(&seats->lock);
}

void chttp_seat_leave(chttp_seats *seats, chttp_seat *seat) {
  pthread_mutex_lock(&seats->lock);
  seat->is_taken = false;
  pthread_mutex_unlock(&seats->lock);
}
