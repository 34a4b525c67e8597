# The relocatable tree that `cmake --install` makes: bin/ and lib/ find each other by relative paths alone.
#   bin/orrery   lib/orrery/modules   share/orrery/{shaders,spirv,scripts,content}   include/orrery
# lib/orrery/lib holds the libraries that `./dev dist` carries along; it is empty in an ordinary installation.
install(DIRECTORY engine/include/orrery DESTINATION include FILES_MATCHING PATTERN "*.h")
install(DIRECTORY shaders scripts content DESTINATION share/orrery
  PATTERN "CMakeLists.txt" EXCLUDE PATTERN "*.c" EXCLUDE)
install(FILES README.md CHANGELOG.md LICENSE DESTINATION share/doc/orrery)
install(DIRECTORY docs DESTINATION share/doc/orrery)

if(TARGET orrery)
  set_target_properties(orrery PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin"
    INSTALL_RPATH "$ORIGIN/../lib/orrery/lib")
  orr_keep_open(orrery)
  install(TARGETS orrery RUNTIME DESTINATION bin)
  add_dependencies(program orrery)
  if(NOT ORRERY_SANITIZE AND NOT CMAKE_CROSSCOMPILING)
    # Compiled ahead by the program just built. SPIR-V is named by the digest of its source, so a stale file is never
    # read; the old ones are dropped to keep the folder small.
    file(GLOB_RECURSE glsl CONFIGURE_DEPENDS shaders/* modules/*.comp modules/*.glsl modules/*.vert modules/*.frag modules/*.lua)
    add_custom_command(OUTPUT "${CMAKE_BINARY_DIR}/spirv.stamp"
      COMMAND ${CMAKE_COMMAND} -E rm -rf "${CMAKE_BINARY_DIR}/spirv"
      COMMAND orrery build-shaders --no-cache --quiet --out "${CMAKE_BINARY_DIR}/spirv"
      COMMAND ${CMAKE_COMMAND} -E touch "${CMAKE_BINARY_DIR}/spirv.stamp"
      DEPENDS orrery module_files ${glsl} COMMENT "Compiling the shaders" VERBATIM)
    add_custom_target(spirv ALL DEPENDS "${CMAKE_BINARY_DIR}/spirv.stamp")
    add_dependencies(program spirv)
    install(DIRECTORY "${CMAKE_BINARY_DIR}/spirv" DESTINATION share/orrery)
  endif()
endif()
