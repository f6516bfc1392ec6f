#include "internal.h"

const uint8_t *cgrpc_metadata_view(const grpc_metadata_array *metadata, const char *key,
                                   size_t *length) {
  for (size_t index = 0; index < metadata->count; index++) {
    const grpc_metadata *entry = &metadata->metadata[index];
    if (grpc_slice_str_cmp(entry->key, key) != 0) continue;
    *length = GRPC_SLICE_LENGTH(entry->value);
    // Of the entry itself: a short value lies within its slice.
    return GRPC_SLICE_START_PTR(entry->value);
  }
  return NULL;
}
