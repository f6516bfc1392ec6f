#include "chost_shim.h"

#include <openssl/evp.h>

bool chost_sha256(const void *bytes, size_t count, uint8_t *digest) {
  unsigned int size = 0;
  int done = EVP_Digest(bytes, count, digest, &size, EVP_sha256(), NULL);
  return done == 1 && size == chost_sha256_size;
}
