// Why: Swift's Glibc module has neither fallocate nor statfs.
#define _GNU_SOURCE
#include "BantamFiles.h"

#include <fcntl.h>
#include <sys/vfs.h>

int bantam_file_allocate(int descriptor, int64_t byte_count) {
    struct statfs status;
    // tmpfs would allocate and clear every page first, on this thread.
    const long tmpfs = 0x01021994;
    if (fstatfs(descriptor, &status) != 0 || status.f_type == tmpfs) return -1;
    return fallocate(descriptor, 0, 0, byte_count);
}
