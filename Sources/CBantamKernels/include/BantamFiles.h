// A call of Linux that Swift's Glibc module leaves out.
#ifndef BANTAM_FILES_H
#define BANTAM_FILES_H

#include <stdint.h>

// Sets blocks aside for the first `byte_count` bytes of a file, where the file system can do that by itself and at
// once; 0 if it did. posix_fallocate, which Swift has, writes zeros on those that cannot.
int bantam_file_allocate(int descriptor, int64_t byte_count);

#endif
