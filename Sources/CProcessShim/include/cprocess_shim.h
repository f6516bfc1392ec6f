// What holds for the whole process, whichever library asks.
//
// It stands in for accept4(2), so that connections leave descriptors for volumes. A program gets it by
// depending on the target. It also tells who listens at a socket.

#ifndef CPROCESS_SHIM_H
#define CPROCESS_SHIM_H

#include <stdint.h>

// Closes new connections to a TCP port at once while the process has so many descriptors open, unless
// an old one that has said nothing makes room. Of one port: the last call counts.
void cprocess_limit_connections(uint16_t port, int32_t most);

// The process that listens at a unix socket; 0 where its number is not known here, as of another
// process namespace, and -1 where none listens.
int32_t cprocess_listener(const char *path);

#endif
