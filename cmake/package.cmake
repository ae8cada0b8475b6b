# cpack: Debian packages of what is installed: the program (what has no component), the library, and
# what it takes to build with it.
set(CPACK_GENERATOR DEB)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_COMPONENTS_ALL Unspecified library development)
set(library_package libcharrnn${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
set(CPACK_DEBIAN_UNSPECIFIED_PACKAGE_NAME charrnn)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME ${library_package})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
# A package that is built with the library depends on this version of it or a later one of the same
# name.
set(control ${CMAKE_BINARY_DIR}/debian_control)
file(WRITE ${control}/shlibs "libcharrnn ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR} "
  "${library_package} (>= ${PROJECT_VERSION})\n")
file(WRITE ${control}/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA ${control}/shlibs ${control}/triggers)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libcharrnn-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "${library_package} (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SHLIBDEPS OFF)
set(CPACK_PACKAGE_NAME charrnn)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "charrnn developers <charrnn@users.noreply.github.com>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "character-level recurrent language models")
set(CPACK_PACKAGE_DESCRIPTION "Trains recurrent networks (RNN, LSTM, GRU) on any text, lets them
write, measures them, serves them over HTTP, and shows in the browser
what they remember.")
set(CPACK_COMPONENT_UNSPECIFIED_DESCRIPTION "${CPACK_PACKAGE_DESCRIPTION}")
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION "${CPACK_PACKAGE_DESCRIPTION}
.
This package has the library that other programs use.")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "${CPACK_PACKAGE_DESCRIPTION}
.
This package has what it takes to build programs with the library.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
# Debian wants a changelog of its own form and the licence in each package; what changed is in
# CHANGELOG.md.
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_BINARY_DIR}/debian_changelog.cmake)
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/debian_changelog.cmake @ONLY CONTENT [=[
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
function(add_documents component package)
  set(documents ${CPACK_TEMPORARY_DIRECTORY}/${component}/usr/share/doc/${package})
  file(WRITE ${documents}/changelog
    "charrnn (@PROJECT_VERSION@) stable; urgency=low\n\n  * See CHANGELOG.md.\n\n"
    " -- @CPACK_PACKAGE_CONTACT@  ${date}\n")
  execute_process(COMMAND gzip -9nf ${documents}/changelog COMMAND_ERROR_IS_FATAL ANY)
  file(COPY_FILE "@CMAKE_SOURCE_DIR@/LICENSE" "${documents}/copyright")
endfunction()
function(add_override component package tag)
  file(WRITE ${CPACK_TEMPORARY_DIRECTORY}/${component}/usr/share/lintian/overrides/${package}
    "${package}: ${tag}\n")
endfunction()
# CPack writes these calls beside the trigger, and the packages are for their own architecture alone.
add_override(library @library_package@ maintscript-calls-ldconfig)
add_override(development libcharrnn-dev pkg-config-unavailable-for-cross-compilation)
add_documents(Unspecified charrnn)
add_documents(library @library_package@)
add_documents(development libcharrnn-dev)
]=])
# The same bytes from the same tree.
set(CPACK_THREADS 1)
include(CPack)
