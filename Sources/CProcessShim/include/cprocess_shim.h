// What holds for the whole process, whichever library asks.
//
// It stands in for accept4(2), so that connections leave descriptors for volumes. A program gets it by
// depending on the target.

#ifndef CPROCESS_SHIM_H
#define CPROCESS_SHIM_H

#include <stdint.h>

// Closes new connections to a TCP port at once while the process has so many descriptors open, unless
// an old one that has said nothing makes room. Of one port: the last call counts.
void cprocess_limit_connections(uint16_t port, int32_t most);

#endif
