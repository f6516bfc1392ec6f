#include "chost_shim.h"

#include <linux/btrfs.h>
#include <string.h>
#include <sys/ioctl.h>

// Source: fs/ext4/ext4.h. The kernel exports no header for it.
#define EXT4_IOC_RESIZE_FS _IOW('f', 16, uint64_t)

// Source: fs/xfs/libxfs/xfs_fs.h, which comes with xfslibs-dev only.
struct xfs_fsop_geom_v1 {
  uint32_t blocksize, rtextsize, agblocks, agcount, logblocks, sectsize, inodesize, imaxpct;
  uint64_t datablocks, rtblocks, rtextents, logstart;
  unsigned char uuid[16];
  uint32_t sunit, swidth;
  int32_t version;
  uint32_t flags, logsectsize, rtsectsize, dirblocksize;
};
struct xfs_growfs_data {
  uint64_t newblocks;
  uint32_t imaxpct;
};
_Static_assert(sizeof(struct xfs_fsop_geom_v1) == 112, "layout of XFS_IOC_FSGEOMETRY_V1");
_Static_assert(sizeof(struct xfs_growfs_data) == 16, "layout of XFS_IOC_FSGROWFSDATA");
#define XFS_IOC_FSGEOMETRY_V1 _IOR('X', 100, struct xfs_fsop_geom_v1)
#define XFS_IOC_FSGROWFSDATA _IOW('X', 110, struct xfs_growfs_data)

int32_t chost_ext4_resize(int32_t descriptor, uint64_t blocks) {
  return ioctl(descriptor, EXT4_IOC_RESIZE_FS, &blocks);
}

int32_t chost_xfs_geometry(int32_t descriptor, struct chost_xfs_geometry *geometry) {
  struct xfs_fsop_geom_v1 found;
  if (ioctl(descriptor, XFS_IOC_FSGEOMETRY_V1, &found) < 0) return -1;
  *geometry = (struct chost_xfs_geometry){.block_size = found.blocksize,
                                          .data_blocks = found.datablocks,
                                          .inode_percent = found.imaxpct};
  return 0;
}

int32_t chost_xfs_grow(int32_t descriptor, uint64_t blocks, uint32_t inode_percent) {
  struct xfs_growfs_data wanted = {.newblocks = blocks, .imaxpct = inode_percent};
  return ioctl(descriptor, XFS_IOC_FSGROWFSDATA, &wanted);
}

int32_t chost_btrfs_identity(int32_t descriptor, uint8_t *id, uint64_t *devices) {
  struct btrfs_ioctl_fs_info_args found = {0};
  if (ioctl(descriptor, BTRFS_IOC_FS_INFO, &found) < 0) return -1;
  memcpy(id, found.fsid, chost_btrfs_id_size);
  *devices = found.num_devices;
  return 0;
}

int32_t chost_btrfs_resize_max(int32_t descriptor) {
  struct btrfs_ioctl_vol_args wanted = {0};
  strcpy(wanted.name, "max");
  return ioctl(descriptor, BTRFS_IOC_RESIZE, &wanted);
}
