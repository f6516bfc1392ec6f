#include "cdigest_shim.h"

#include <openssl/evp.h>

bool cdigest_sha256(const void *bytes, size_t count, uint8_t *digest) {
  unsigned int size = 0;
  int done = EVP_Digest(bytes, count, digest, &size, EVP_sha256(), NULL);
  return done == 1 && size == cdigest_sha256_size;
}
