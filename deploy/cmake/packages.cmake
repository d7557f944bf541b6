# What is not ours.  Each is linked to the one library that wraps it.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(crypto REQUIRED IMPORTED_TARGET libcrypto>=3.0)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(jansson REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(event REQUIRED IMPORTED_TARGET libevent_core)
pkg_check_modules(yaml REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(lmdb REQUIRED IMPORTED_TARGET lmdb)
pkg_check_modules(ssh2 REQUIRED IMPORTED_TARGET libssh2)
pkg_check_modules(check IMPORTED_TARGET check)

# librsync comes without a pkg-config file.
find_library(RSYNC_LIBRARY rsync REQUIRED)
find_path(RSYNC_INCLUDE_DIR librsync.h REQUIRED)
add_library(rsync UNKNOWN IMPORTED)
set_target_properties(rsync PROPERTIES
    IMPORTED_LOCATION ${RSYNC_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${RSYNC_INCLUDE_DIR})
