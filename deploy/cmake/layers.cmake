# Functions that turn a directory into a library and a main file into a
# program.

# The name of a directory's library: syncd/store is ph_store.
function(packhorse_layer_target dir out)
    get_filename_component(name ${dir} NAME)
    set(${out} ph_${name} PARENT_SCOPE)
endfunction()

# The .c files of a directory but for main.c, as a library.
function(packhorse_layer dir)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LOWER;PACKAGES")
    packhorse_layer_target(${dir} target)
    file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.c)
    list(FILTER sources EXCLUDE REGEX "/main\\.c$")
    set(lower)
    foreach(below ${arg_LOWER})
        packhorse_layer_target(${below} name)
        list(APPEND lower ${name})
    endforeach()
    add_library(${target} STATIC ${sources})
    target_link_libraries(${target} PUBLIC ${lower} PRIVATE ${arg_PACKAGES})
    set_property(GLOBAL APPEND PROPERTY PACKHORSE_LAYERS ${dir})
    set_property(GLOBAL PROPERTY PACKHORSE_LOWER_${target} ${lower})
endfunction()

# A program of one main file and the libraries below it.
function(packhorse_program name main)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "DESTINATION" "LOWER")
    packhorse_layer_target(${arg_LOWER} lower)
    add_executable(${name} ${main})
    target_link_libraries(${name} PRIVATE ${lower})
    install(TARGETS ${name} DESTINATION ${arg_DESTINATION})
endfunction()
