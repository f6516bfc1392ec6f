// What the files of this target share.

#ifndef CHTTP_INTERNAL_H
#define CHTTP_INTERNAL_H

#include "chttp_shim.h"

#include <pthread.h>
#include <stdbool.h>

struct sockaddr;

// How many connections are served at a time.
enum { CHTTP_MOST_LIVING = 16 };
// And how many there may be with those that were ended and are not closed yet: libmicrohttpd accepts
// several in a row before it closes one.
enum { CHTTP_MOST_SEATS = 64 };

// One connection.
typedef struct chttp_seat {
  bool is_taken;
  // Made room for another one.
  bool is_ended;
  int socket;
  uint8_t origin[16];
  // When it was last asked for a page, by the clock of the seats.
  uint64_t used;
} chttp_seat;

// The connections of a server. Who says nothing keeps nobody out: where all seats
// are taken, a newcomer gets the one of the idlest connection of the address that has the most.
typedef struct chttp_seats {
  // Held for a moment, by the thread that accepts and by those of the connections.
  pthread_mutex_t lock;
  chttp_seat all[CHTTP_MOST_SEATS];
  uint64_t clock;
} chttp_seats;

// NULL where there is no seat, which the limit of connections prevents.
chttp_seat *chttp_seat_take(chttp_seats *seats, int socket, const struct sockaddr *address);
void chttp_seat_use(chttp_seats *seats, chttp_seat *seat);
void chttp_seat_leave(chttp_seats *seats, chttp_seat *seat);

// A listening socket, or -1 with the errno in `failure`.
int chttp_listen(const char *host, uint16_t port, int32_t *failure);
// The port that a socket listens on.
uint16_t chttp_port(int listener);

#endif
