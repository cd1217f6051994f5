# What is installed, and the Debian packages: sawlog (the agent), libsawlog0.1 and libsawlog-dev.
#   cpack --config build/release/CPackConfig.cmake

include(GNUInstallDirs)

if(SAWLOG_AGENT)
  set(yaml_man_page ${PROJECT_BINARY_DIR}/sawlog.yaml.5)
  add_custom_command(OUTPUT ${yaml_man_page} COMMAND sawlog_man_page > ${yaml_man_page} VERBATIM)
  set(packaging ${PROJECT_SOURCE_DIR}/packaging)
  set(man_page ${PROJECT_BINARY_DIR}/sawlog.1)
  add_custom_command(OUTPUT ${man_page}
    COMMAND ${packaging}/man/make_man_page $<TARGET_FILE:sawlog_program> > ${man_page}
    DEPENDS sawlog_program ${packaging}/man/make_man_page VERBATIM)
  add_custom_target(man_pages ALL DEPENDS ${man_page} ${yaml_man_page})

  install(TARGETS sawlog_program DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT agent)
  install(FILES ${man_page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1
          COMPONENT agent)
  install(FILES ${yaml_man_page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man5 COMPONENT agent)
  install(FILES ${packaging}/completion/sawlog.bash RENAME sawlog
          DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT agent)
  install(FILES ${packaging}/completion/_sawlog
          DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT agent)
  install(DIRECTORY config/examples config/logrotate DESTINATION ${CMAKE_INSTALL_DOCDIR}
          COMPONENT agent)
  install(FILES config/systemd/read-every-log.conf DESTINATION ${CMAKE_INSTALL_DOCDIR}
          COMPONENT agent)
  install(FILES CHANGELOG.md LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR}
          COMPONENT agent)
  install(FILES config/systemd/sawlog.service DESTINATION lib/systemd/system COMPONENT agent)
  # Not below the prefix, so only when a package is made.
  install(FILES config/logrotate/sawlog DESTINATION /etc/logrotate.d COMPONENT agent
          EXCLUDE_FROM_ALL)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "The Sawlog maintainers <maintainers@sawlog.invalid>")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL agent library development)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE zstd)

set(CPACK_DEBIAN_AGENT_PACKAGE_NAME sawlog)
set(CPACK_DEBIAN_AGENT_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_AGENT_DESCRIPTION "follows log files and carries each line away once
 Reads logs through every kind of rotation, derives metrics that stay exact over
 restarts, and ships to Elasticsearch, OpenSearch, Kafka, Loki or files.")
set(CPACK_DEBIAN_AGENT_PACKAGE_DEPENDS "passwd")
set(CPACK_DEBIAN_AGENT_PACKAGE_RECOMMENDS "ca-certificates, logrotate")
set(CPACK_DEBIAN_AGENT_PACKAGE_CONTROL_EXTRA
  ${PROJECT_SOURCE_DIR}/packaging/debian/postinst
  ${PROJECT_SOURCE_DIR}/packaging/debian/prerm
  ${PROJECT_SOURCE_DIR}/packaging/debian/postrm
  ${PROJECT_SOURCE_DIR}/packaging/debian/conffiles)

set(library_package libsawlog${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME ${library_package})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_DESCRIPTION "structured logging for C++ services: the shared library")
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libsawlog-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "${library_package} (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION
  "structured logging for C++ services: headers, static library, CMake package")

include(CPack)
