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
if(CHARRNN_WERROR)
  target_compile_options(charrnn_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Werror>)
endif()
if(CHARRNN_SANITIZE)
  target_compile_options(charrnn_flags INTERFACE -fsanitize=${CHARRNN_SANITIZE}
                                                 -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(charrnn_flags INTERFACE -fsanitize=${CHARRNN_SANITIZE})
endif()

# charrnn_folder(NAME [USES folder…] [LIBRARIES target…] [EXCLUDE file…])
# One folder of src/ as the library charrnn_NAME, its *_test.cc files as the test program NAME_test.
# USES are the folders below it that it may include; tests/layers_test.py checks the includes.
# What tests alone share is in its folder testing/; a main.cc there is that of its test program and of
# those of the folders that use it.
function(charrnn_folder name)
  cmake_parse_arguments(arg "" "" "USES;LIBRARIES;EXCLUDE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc
       ${CMAKE_CURRENT_SOURCE_DIR}/*/*.cc)
  file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.h
       ${CMAKE_CURRENT_SOURCE_DIR}/*/*.h)
  foreach(pattern ${arg_EXCLUDE})
    list(FILTER sources EXCLUDE REGEX ${pattern})
  endforeach()
  list(FILTER sources EXCLUDE REGEX "/testing/")
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  if(sources)
    add_library(charrnn_${name} STATIC ${sources} ${headers})
    set(scope PUBLIC)
  else()
    add_library(charrnn_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  list(TRANSFORM arg_USES PREPEND charrnn_ OUTPUT_VARIABLE used)
  target_link_libraries(charrnn_${name} ${scope} charrnn_flags ${used} ${arg_LIBRARIES})
  if(CHARRNN_TESTS AND EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/testing/main.cc)
    add_library(charrnn_${name}_test_main STATIC testing/main.cc)
    target_link_libraries(charrnn_${name}_test_main PUBLIC charrnn_${name} GTest::gtest)
  endif()
  set(main GTest::gtest_main)
  foreach(folder ${arg_USES} ${name})
    if(TARGET charrnn_${folder}_test_main)
      set(main charrnn_${folder}_test_main)
    endif()
  endforeach()
  if(CHARRNN_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE charrnn_${name} ${main})
    target_compile_definitions(${name}_test PRIVATE
      CHARRNN_SOURCE_DIR="${CMAKE_SOURCE_DIR}" CHARRNN_PROGRAM="${CMAKE_BINARY_DIR}/charrnn")
    add_test(NAME ${name} COMMAND ${name}_test --gtest_brief=1)
    # Long enough for a machine that is busy with something else.
    set_tests_properties(${name} PROPERTIES TIMEOUT 900 LABELS unit)
  endif()
endfunction()
