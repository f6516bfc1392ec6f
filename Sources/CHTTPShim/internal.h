// What the files of this target share.

#ifndef CHTTP_INTERNAL_H
#define CHTTP_INTERNAL_H

#include "chttp_shim.h"

// A listening socket, or -1 with the errno in `failure`.
int chttp_listen(const char *host, uint16_t port, int32_t *failure);
// The port that a socket listens on.
uint16_t chttp_port(int listener);

#endif
