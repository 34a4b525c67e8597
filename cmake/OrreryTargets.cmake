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
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
  set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 300)
endfunction()
