# cpack: a Debian package of what is installed.
set(CPACK_GENERATOR DEB)
# The program and what belongs to it: not the component `development`.
set(CPACK_INSTALL_CMAKE_PROJECTS "${CMAKE_BINARY_DIR};charrnn;Unspecified;/")
set(CPACK_PACKAGE_NAME charrnn)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "charrnn developers <charrnn@users.noreply.github.com>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "character-level recurrent language models")
set(CPACK_PACKAGE_DESCRIPTION "Trains recurrent networks (RNN, LSTM, GRU) on any text, lets them
write, measures them, serves them over HTTP, and shows in the browser
what they remember.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
# Debian wants a changelog of its own form; what changed is in CHANGELOG.md.
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_BINARY_DIR}/debian_changelog.cmake)
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/debian_changelog.cmake @ONLY CONTENT [=[
set(changelog ${CPACK_TEMPORARY_DIRECTORY}/usr/share/doc/charrnn/changelog)
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE ${changelog} "charrnn (@PROJECT_VERSION@) stable; urgency=low\n\n  * See CHANGELOG.md.\n\n"
  " -- @CPACK_PACKAGE_CONTACT@  ${date}\n")
execute_process(COMMAND gzip -9nf ${changelog} COMMAND_ERROR_IS_FATAL ANY)
]=])
# The same bytes from the same tree.
set(CPACK_THREADS 1)
include(CPack)
