# Libraries of the system that are linked as they are there, or into the binary: a target with the
# property SELF_CONTAINED (the Python wheel's) needs nothing but the C library.
#
# charrnn_system_library(NAME SHARED target STATIC target|file): the target charrnn_NAME_library.
function(charrnn_system_library name)
  cmake_parse_arguments(arg "" "SHARED;STATIC" "" ${ARGN})
  add_library(charrnn_${name}_library INTERFACE)
  target_link_libraries(charrnn_${name}_library INTERFACE
    $<IF:$<BOOL:$<TARGET_PROPERTY:SELF_CONTAINED>>,${arg_STATIC},${arg_SHARED}>)
endfunction()

# charrnn_self_contained(TARGET): links the C++ runtime and those libraries into it.
function(charrnn_self_contained target)
  set_target_properties(${target} PROPERTIES SELF_CONTAINED ON)
  target_link_options(${target} PRIVATE -static-libstdc++ -static-libgcc -s)
endfunction()

foreach(name fmt toml)
  add_library(charrnn_${name}_static STATIC EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/cmake/self_contained/${name}.cc)
  set_target_properties(charrnn_${name}_static PROPERTIES POSITION_INDEPENDENT_CODE ON
    CXX_VISIBILITY_PRESET hidden)
  target_compile_options(charrnn_${name}_static PRIVATE -O1)
endforeach()
target_compile_definitions(charrnn_fmt_static PRIVATE FMT_CONSTEVAL=)
target_compile_definitions(charrnn_toml_static PRIVATE TOML_HEADER_ONLY=0)
charrnn_system_library(fmt SHARED fmt::fmt STATIC charrnn_fmt_static)
charrnn_system_library(toml SHARED PkgConfig::tomlplusplus STATIC charrnn_toml_static)
charrnn_system_library(utf8proc SHARED PkgConfig::utf8proc STATIC libutf8proc.a)
charrnn_system_library(lzma SHARED PkgConfig::lzma STATIC liblzma.a)
charrnn_system_library(zlib SHARED ZLIB::ZLIB STATIC libz.a)
