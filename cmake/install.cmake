# What is installed: the program, its manual pages and completions, which it prints itself, a text to
# begin with, and what should be read; the component `library`; and the component `development`:
# header, and what the linker, pkg-config and CMake find the library by. cpack makes a Debian package
# of each.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(documents ${CMAKE_BINARY_DIR}/documents)
set(commands notebook train sample eval data show serve export bench)
install(CODE "
  function(print file)
    execute_process(COMMAND \"$<TARGET_FILE:charrnn>\" help \${ARGN} OUTPUT_FILE \"${documents}/\${file}\"
                    COMMAND_ERROR_IS_FATAL ANY)
  endfunction()
  function(print_manual file)
    print(\${file} --man \${ARGN})
    execute_process(COMMAND gzip -9nf \"${documents}/\${file}\" COMMAND_ERROR_IS_FATAL ANY)
  endfunction()
  file(MAKE_DIRECTORY \"${documents}\")
  print_manual(charrnn.1)
  foreach(command ${commands})
    print_manual(charrnn-\${command}.1 \${command})
  endforeach()
  foreach(shell bash zsh fish)
    print(charrnn.\${shell} --completions \${shell})
  endforeach()
  file(REMOVE_RECURSE \"${documents}/notebook\")
  execute_process(COMMAND \"$<TARGET_FILE:charrnn>\" notebook --epochs 0 --length 0 --quiet
                          --out \"${documents}/notebook\" OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
")
install(TARGETS charrnn RUNTIME)
set(manual_pages ${documents}/charrnn.1.gz)
foreach(command ${commands})
  list(APPEND manual_pages ${documents}/charrnn-${command}.1.gz)
endforeach()
install(FILES ${manual_pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${documents}/charrnn.bash RENAME charrnn
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${documents}/charrnn.zsh RENAME _charrnn
        DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${documents}/charrnn.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
# A text to begin with: the notebook's.
install(FILES ${documents}/notebook/text.txt RENAME notebook.txt DESTINATION ${CMAKE_INSTALL_DATADIR}/charrnn)
install(FILES README.md CHANGELOG.md SECURITY.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES LICENSE RENAME copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs
        PATTERN lab EXCLUDE PATTERN words.txt EXCLUDE)

set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME development)
install(TARGETS charrnn_shared EXPORT charrnn
        LIBRARY COMPONENT library NAMELINK_COMPONENT development
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES src/library/charrnn.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
set(cmake_files ${CMAKE_INSTALL_LIBDIR}/cmake/charrnn)
install(EXPORT charrnn NAMESPACE charrnn:: FILE charrnnConfig.cmake DESTINATION ${cmake_files})
write_basic_package_version_file(charrnnConfigVersion.cmake COMPATIBILITY SameMinorVersion)
file(RELATIVE_PATH from_pkg_config /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(cmake/charrnn.pc.in charrnn.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/charrnnConfigVersion.cmake DESTINATION ${cmake_files})
install(FILES ${CMAKE_BINARY_DIR}/charrnn.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
unset(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME)
