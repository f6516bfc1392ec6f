#define _GNU_SOURCE
#include <malloc.h>
#include <string.h>

#include "chost_shim.h"

void chost_share_one_arena(void) { mallopt(M_ARENA_MAX, 1); }

void chost_give_memory_back(void) { malloc_trim(0); }

int64_t chost_position(const void *bytes, size_t count, const void *word, size_t length) {
  const char *found = memmem(bytes, count, word, length);
  return found ? found - (const char *)bytes : -1;
}
