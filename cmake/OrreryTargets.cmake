# What it takes to run Orrery, tests left out; and every module's copied files.
add_custom_target(program)
add_custom_target(module_files)

# Changed in every test's environment: what the sanitizers are to overlook, and a cache folder that is not the user's.
set(ORRERY_TEST_ENVIRONMENT
  "XDG_CACHE_HOME=set:${CMAKE_BINARY_DIR}/test-cache"
  "LSAN_OPTIONS=set:suppressions=${CMAKE_SOURCE_DIR}/tests/lsan.supp:print_suppressions=0"
  "TSAN_OPTIONS=set:suppressions=${CMAKE_SOURCE_DIR}/tests/tsan.supp:halt_on_error=1")

# orr_layer(name SOURCES … LAYERS … DEPS …): one static library per engine folder.
#   LAYERS are lower engine folders (public), DEPS are dep:: targets (private to the layer).
function(orr_layer name)
  cmake_parse_arguments(L "" "" "SOURCES;LAYERS;DEPS" ${ARGN})
  add_library(orr_${name} STATIC ${L_SOURCES})
  target_link_libraries(orr_${name} PUBLIC orr_flags PRIVATE ${L_DEPS})
  foreach(below ${L_LAYERS})
    target_link_libraries(orr_${name} PUBLIC orr_${below})
  endforeach()
endfunction()

# orr_keep_open(program): see tests/keep_open.c.
function(orr_keep_open program)
  if(ORRERY_SANITIZE MATCHES "address")
    target_sources(${program} PRIVATE "${CMAKE_SOURCE_DIR}/tests/keep_open.c")
    target_link_options(${program} PRIVATE -Wl,--export-dynamic-symbol=dlclose)
  endif()
endfunction()

# orr_test(name LAYERS … DEPS …): tests/unit/<name>.c with cmocka, run by ctest under that name.
#   The variable ORRERY_TEST_DATA names the folder of real inputs; a test that needs it skips without it.
function(orr_test name)
  if(NOT ORRERY_TESTS)
    return()
  endif()
  cmake_parse_arguments(T "" "" "LAYERS;DEPS;SOURCES" ${ARGN})
  add_executable(${name} "${CMAKE_SOURCE_DIR}/tests/unit/${name}.c" ${T_SOURCES})
  target_link_libraries(${name} PRIVATE orr_flags dep::cmocka ${T_DEPS})
  target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}/tests/unit")
  foreach(layer ${T_LAYERS})
    target_link_libraries(${name} PRIVATE orr_${layer})
  endforeach()
  orr_keep_open(${name})
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
  set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 300
    ENVIRONMENT_MODIFICATION "${ORRERY_TEST_ENVIRONMENT}")
endfunction()

# orr_module(name [SOURCES …] FILES …): one effect module in <build>/modules/<name>/, installed to lib/orrery/modules/<name>/.
#   SOURCES make the shared library <name>.so, which sees the public headers alone and links nothing of the engine;
#   without them the module is a manifest. FILES (shaders, manifest, README) are copied beside it at every build.
function(orr_module name)
  cmake_parse_arguments(M "" "" "SOURCES;FILES" ${ARGN})
  set(folder "${CMAKE_BINARY_DIR}/modules/${name}")
  set(copies "")
  foreach(file ${M_FILES})
    add_custom_command(OUTPUT "${folder}/${file}"
      COMMAND ${CMAKE_COMMAND} -E make_directory "${folder}"
      COMMAND ${CMAKE_COMMAND} -E copy "${CMAKE_CURRENT_SOURCE_DIR}/${file}" "${folder}/${file}"
      DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${file}" VERBATIM)
    list(APPEND copies "${folder}/${file}")
  endforeach()
  add_custom_target(module_${name}_files ALL DEPENDS ${copies})
  add_dependencies(module_files module_${name}_files)
  add_dependencies(program module_${name}_files)
  install(FILES ${copies} DESTINATION "lib/orrery/modules/${name}")
  if(M_SOURCES)
    add_library(module_${name} MODULE ${M_SOURCES})
    target_compile_options(module_${name} PRIVATE "$<$<COMPILE_LANGUAGE:C>:${ORRERY_C_FLAGS}>")
    target_include_directories(module_${name} PRIVATE "${CMAKE_SOURCE_DIR}/engine/include")
    target_link_libraries(module_${name} PRIVATE $<$<PLATFORM_ID:Linux>:m>)
    set_target_properties(module_${name} PROPERTIES PREFIX "" OUTPUT_NAME "${name}" LIBRARY_OUTPUT_DIRECTORY "${folder}")
    install(TARGETS module_${name} LIBRARY DESTINATION "lib/orrery/modules/${name}")
    add_dependencies(module_${name} module_${name}_files)
    add_dependencies(module_files module_${name})
    add_dependencies(program module_${name})
  endif()
endfunction()
