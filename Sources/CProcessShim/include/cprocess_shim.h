// What holds for the whole process, whichever library asks.
//
// It has no calls of its own: it stands in for accept4(2), so that connections leave descriptors for
// volumes. A program gets it by depending on the target.

#ifndef CPROCESS_SHIM_H
#define CPROCESS_SHIM_H

#endif
