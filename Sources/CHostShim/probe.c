#include "chost_shim.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <string.h>

static void copy_value(blkid_probe probe, const char *name, char *text) {
  const char *value = NULL;
  text[0] = '\0';
  if (blkid_probe_lookup_value(probe, name, &value, NULL) < 0 || !value) return;
  strncpy(text, value, chost_probe_text_size - 1);
  text[chost_probe_text_size - 1] = '\0';
}

static bool prepare(blkid_probe probe, int32_t device) {
  // BADCSUM: a superblock whose checksum is wrong is data too.
  int wanted = BLKID_SUBLKS_TYPE | BLKID_SUBLKS_UUID | BLKID_SUBLKS_USAGE | BLKID_SUBLKS_BADCSUM;
  return blkid_probe_set_device(probe, device, 0, 0) == 0 &&
         blkid_probe_enable_superblocks(probe, 1) == 0 &&
         blkid_probe_set_superblocks_flags(probe, wanted) == 0 &&
         blkid_probe_enable_partitions(probe, 1) == 0;
}

static int32_t look(blkid_probe probe, struct chost_probe *found) {
  switch (blkid_do_safeprobe(probe)) {
    case 0:
      copy_value(probe, "TYPE", found->type);
      copy_value(probe, "USAGE", found->usage);
      copy_value(probe, "UUID", found->uuid);
      copy_value(probe, "PTTYPE", found->partition_table);
      return chost_probe_found;
    case 1:
      return chost_probe_nothing;
    case -2:
      return chost_probe_ambivalent;
    default:
      if (errno == 0) errno = EIO;
      return chost_probe_failed;
  }
}

int32_t chost_probe_device(int32_t device, struct chost_probe *found) {
  *found = (struct chost_probe){0};
  blkid_probe probe = blkid_new_probe();
  if (!probe) {
    errno = ENOMEM;
    return chost_probe_failed;
  }
  errno = 0;
  int32_t result = chost_probe_failed;
  if (prepare(probe, device)) {
    result = look(probe, found);
  } else if (errno == 0) {
    errno = EIO;
  }
  int saved = errno;
  blkid_free_probe(probe);
  errno = saved;
  return result;
}
