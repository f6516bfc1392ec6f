// SHA-256 by libcrypto.

#ifndef CDIGEST_SHIM_H
#define CDIGEST_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

enum {
  cdigest_sha256_size = 32,
};
// SHA-256 into cdigest_sha256_size bytes; false where libcrypto cannot.
bool cdigest_sha256(const void *bytes, size_t count, uint8_t *digest);

#pragma clang assume_nonnull end

#endif
