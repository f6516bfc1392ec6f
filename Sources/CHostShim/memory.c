#include <malloc.h>

#include "chost_shim.h"

void chost_share_one_arena(void) { mallopt(M_ARENA_MAX, 1); }
