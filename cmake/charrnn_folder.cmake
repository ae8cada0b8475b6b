# What every target is compiled with.
add_library(charrnn_flags INTERFACE)
set(warnings -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
             -Wno-missing-field-initializers)  # left at their defaults
set(sums -ffp-contract=off)  # sums are fused where the code says so
target_compile_options(charrnn_flags INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:${warnings};${sums}>")
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 sees overlaps in std::string that are not there (its bug 105651).
  target_compile_options(charrnn_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
endif()
target_include_directories(charrnn_flags INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)
target_compile_definitions(charrnn_flags INTERFACE CHARRNN_VERSION="${PROJECT_VERSION}")
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # Checking format strings takes g++ a tenth of its time: the build with clang checks them.
  target_compile_definitions(charrnn_flags INTERFACE FMT_CONSTEVAL=)
endif()
# Tables of function addresses are read-only once the program has started.
if(NOT APPLE)
  target_link_options(charrnn_flags INTERFACE -Wl,-z,relro -Wl,-z,now)
endif()
if(CHARRNN_WERROR)
  target_compile_options(charrnn_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Werror>)
endif()
if(CHARRNN_SANITIZE)
  target_compile_options(charrnn_flags INTERFACE -fsanitize=${CHARRNN_SANITIZE}
                                                 -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(charrnn_flags INTERFACE -fsanitize=${CHARRNN_SANITIZE})
endif()

# Lets a target include what most files need, read once for all targets of one optimization level.
# Each file includes what it uses all the same: CHARRNN_UNITY=OFF compiles it alone.
set(common_headers <algorithm> <array> <atomic> <chrono> <cmath> <cstdint> <cstring> <functional>
  <limits> <map> <memory> <mutex> <optional> <span> <string> <string_view> <thread> <unordered_map>
  <utility> <vector> <fmt/core.h>)
function(charrnn_common_headers target level)
  if(NOT CHARRNN_UNITY)
    return()
  endif()
  set(common charrnn_headers_${level})
  if(NOT TARGET ${common})
    file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/generated/${common}.cc CONTENT "")
    add_library(${common} OBJECT ${CMAKE_BINARY_DIR}/generated/${common}.cc)
    target_link_libraries(${common} PRIVATE charrnn_flags Threads::Threads fmt::fmt)
    charrnn_optimize(${common} ${level})
    target_precompile_headers(${common} PRIVATE ${common_headers})
    if(level STREQUAL test)
      target_link_libraries(${common} PRIVATE GTest::gtest)
      target_precompile_headers(${common} PRIVATE <gtest/gtest.h>)
    endif()
  endif()
  target_precompile_headers(${target} REUSE_FROM ${common})
endfunction()

# The level of a Release build: 3 for what computes, 2 for what reads texts and files, 1 for what is
# done once in a while. It is half of the compiler's time.
# What reads foreign bytes is hardened: a return address that is overwritten ends the program (levels
# 1 and 2), and so does an index outside its vector (level 1, where no loop is hot).
# All of it may become part of libcharrnn.so: position independent, and hidden so that the code is
# that of a program all the same. Tests are programs and need neither.
function(charrnn_optimize target level)
  if(level MATCHES "^[123]$")
    set(options -O${level} -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
    if(level LESS 3)
      list(APPEND options -fstack-protector-strong)
    endif()
    if(level EQUAL 1)
      list(APPEND options -D_GLIBCXX_ASSERTIONS)
    endif()
    target_compile_options(${target} PRIVATE
      "$<$<AND:$<CONFIG:Release>,$<COMPILE_LANGUAGE:CXX>>:${options}>")
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden)
  elseif(level STREQUAL test)
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
  endif()
endfunction()

# charrnn_folder(NAME [OPTIMIZE 1|2|3] [USES folder…] [LIBRARIES target…] [EXCLUDE file…]
#                [ROOMS "room[: room…]"…])
# One folder of src/ with its rooms (sub-folders) as the library charrnn_NAME, its *_test.cc files as
# the test program NAME_test.
# USES are the folders below it that it may include, ROOMS its sub-folders ("." is the folder itself)
# with the rooms that each may include: tests/layers_test.py checks both.
# What lies in testing/ is linked with tests alone: those of the folder and of the folders that use
# it. A main.cc there is the main function of these test programs.
function(charrnn_folder name)
  cmake_parse_arguments(arg "" "OPTIMIZE" "USES;LIBRARIES;EXCLUDE;ROOMS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  foreach(pattern ${arg_EXCLUDE})
    list(FILTER sources EXCLUDE REGEX ${pattern})
  endforeach()
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  set(doubles ${sources})
  list(FILTER doubles INCLUDE REGEX "/testing/")
  list(FILTER doubles EXCLUDE REGEX "_test\\.cc$|/testing/main\\.cc$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$|/testing/")
  if(sources)
    add_library(charrnn_${name} STATIC ${sources})
    set(scope PUBLIC)
    charrnn_unity(charrnn_${name} ${sources})
    charrnn_optimize(charrnn_${name} ${arg_OPTIMIZE})
    charrnn_common_headers(charrnn_${name} ${arg_OPTIMIZE})
  else()
    add_library(charrnn_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  list(TRANSFORM arg_USES PREPEND charrnn_ OUTPUT_VARIABLE used)
  target_link_libraries(charrnn_${name} ${scope} charrnn_flags ${used} ${arg_LIBRARIES})
  if(CHARRNN_TESTS AND doubles)
    add_library(charrnn_${name}_testing STATIC ${doubles})
    target_link_libraries(charrnn_${name}_testing PUBLIC charrnn_${name})
  endif()
  if(CHARRNN_TESTS AND EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/testing/main.cc)
    add_library(charrnn_${name}_test_main STATIC testing/main.cc)
    target_link_libraries(charrnn_${name}_test_main PUBLIC charrnn_${name} GTest::gtest)
  endif()
  if(CHARRNN_TESTS AND tests)
    set(main GTest::gtest_main)
    add_executable(${name}_test ${tests})
    charrnn_optimize(${name}_test test)
    charrnn_common_headers(${name}_test test)
    foreach(folder ${arg_USES} ${name})
      if(TARGET charrnn_${folder}_testing)
        target_link_libraries(${name}_test PRIVATE charrnn_${folder}_testing)
      endif()
      if(TARGET charrnn_${folder}_test_main)
        set(main charrnn_${folder}_test_main)
      endif()
    endforeach()
    target_link_libraries(${name}_test PRIVATE charrnn_${name} ${main})
    add_test(NAME ${name} COMMAND ${name}_test --gtest_brief=1)
    # Long enough for a machine that is busy with something else.
    set_tests_properties(${name} PROPERTIES TIMEOUT 900 LABELS unit)
  endif()
endfunction()

# The files of a room are compiled together in groups of up to CHARRNN_UNITY_BYTES: what they include is
# read once, and no group takes longer than a few seconds. CHARRNN_UNITY=OFF compiles each by itself,
# as who works on one wants it.
function(charrnn_unity target)
  if(NOT CHARRNN_UNITY)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  foreach(source ${ARGN})
    get_filename_component(room ${source} DIRECTORY)
    file(RELATIVE_PATH room ${CMAKE_CURRENT_SOURCE_DIR} ${room})
    string(REPLACE "/" "_" room "room_${room}")
    file(SIZE ${source} size)
    math(EXPR ${room}_bytes "0${${room}_bytes} + ${size}")
    if(${room}_bytes GREATER CHARRNN_UNITY_BYTES)
      math(EXPR ${room}_group "0${${room}_group} + 1")
      set(${room}_bytes ${size})
    endif()
    set_property(SOURCE ${source} PROPERTY UNITY_GROUP ${room}_0${${room}_group})
  endforeach()
endfunction()
