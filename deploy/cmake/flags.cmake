# How everything is compiled: C11, warnings as errors, hardened, with asserts.

include(CheckCCompilerFlag)
include(CheckPIESupported)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
check_pie_supported(LANGUAGES C)

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Release or Debug" FORCE)
endif()

# No -DNDEBUG: assert guards invariants in releases, too.
set(CMAKE_C_FLAGS_RELEASE "-O2 -g")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")
set(CMAKE_C_FLAGS_MINSIZEREL "-Os -g")

add_compile_definitions(_GNU_SOURCE PH_VERSION="${PROJECT_VERSION}")
include_directories(${PROJECT_SOURCE_DIR})
if(PH_SEGMENT_SIZE)
    add_compile_definitions(PH_SEGMENT_SIZE=${PH_SEGMENT_SIZE}u)
endif()

# Left out on purpose:
#   -Wconversion, -Wsign-conversion: arithmetic on u8 and u16 would drown in
#       casts.  clang's -Wshorten-64-to-32 has the part that finds faults.
#   -Wswitch-enum: a default is right for the many codes of errors.h.
#   -Wnull-dereference: wrong under sanitizers with gcc 12.
#   -Wpadded, -Waggregate-return: matters of taste.
add_compile_options(-Werror -Wall -Wextra -Wpedantic -Wshadow
    -Wstrict-prototypes -Wmissing-prototypes -Wmissing-declarations
    -Wold-style-definition -Wnested-externs -Wredundant-decls
    -Wpointer-arith -Wcast-qual -Wwrite-strings -Wundef -Wvla
    -Wformat=2 -Wimplicit-fallthrough -Wfloat-equal)
if(CMAKE_C_COMPILER_ID STREQUAL "Clang")
    add_compile_options(-Wcast-align -Wshorten-64-to-32 -Wcomma
        -Wunreachable-code)
else()
    add_compile_options(-Wcast-align=strict -Wlogical-op -Wduplicated-cond
        -Wjump-misses-init -Walloca -Wtrampolines)
endif()

add_compile_options(-fno-common -fstack-protector-strong)
foreach(flag -fcf-protection -fstack-clash-protection)
    string(MAKE_C_IDENTIFIER "PH_HAVE${flag}" have)
    check_c_compiler_flag("-Werror ${flag}" ${have})
    if(${have})
        add_compile_options(${flag})
    endif()
endforeach()
add_link_options(-Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed)

if(PH_SANITIZE STREQUAL "address")
    set(sanitize -fsanitize=address,undefined -fno-sanitize-recover=all)
elseif(PH_SANITIZE STREQUAL "thread")
    set(sanitize -fsanitize=thread)
elseif(PH_SANITIZE)
    message(FATAL_ERROR "PH_SANITIZE is address or thread")
endif()
if(sanitize)
    add_compile_options(${sanitize} -fno-omit-frame-pointer)
    add_link_options(${sanitize})
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
    # Needs optimisation, and hides faults from sanitizers.
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()

if(PH_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID STREQUAL "Clang")
        message(FATAL_ERROR "PH_FUZZ needs CMAKE_C_COMPILER=clang")
    endif()
    add_compile_options(-fsanitize=fuzzer-no-link)
    add_link_options(-fsanitize=fuzzer-no-link)
endif()
