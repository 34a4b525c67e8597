# Every dependency, found as a system package and given one imported target name: dep::<name>.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

# dep::NAME from a pkg-config module.
function(orr_pkg name module)
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET GLOBAL ${module})
  add_library(dep::${name} ALIAS PkgConfig::${name})
endfunction()

# dep::NAME from a header and (optionally) a library without any config file.
function(orr_dep name)
  cmake_parse_arguments(D "" "HEADER;LIBRARY" "SUFFIXES" ${ARGN})
  find_path(ORR_${name}_INCLUDE ${D_HEADER} PATH_SUFFIXES ${D_SUFFIXES} REQUIRED)
  add_library(dep_${name} INTERFACE)
  target_include_directories(dep_${name} SYSTEM INTERFACE "${ORR_${name}_INCLUDE}")
  if(D_LIBRARY)
    find_library(ORR_${name}_LIBRARY ${D_LIBRARY} REQUIRED)
    target_link_libraries(dep_${name} INTERFACE "${ORR_${name}_LIBRARY}")
  endif()
  add_library(dep::${name} ALIAS dep_${name})
endfunction()

orr_pkg(xxhash libxxhash)
orr_pkg(crypto libcrypto)
orr_pkg(jansson jansson)
orr_pkg(png libpng)
orr_pkg(jpeg libjpeg)
orr_pkg(tiff libtiff-4)
orr_pkg(luajit luajit)
orr_pkg(zlib zlib)
orr_pkg(sodium libsodium)
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  orr_pkg(seccomp libseccomp)
endif()
orr_dep(physfs HEADER physfs.h LIBRARY physfs)
orr_dep(geotiff HEADER geotiff.h LIBRARY geotiff SUFFIXES geotiff)
orr_dep(volk HEADER volk.h)       # header and source: compiled once in engine/gpu
orr_dep(vulkan HEADER vulkan/vulkan.h) # headers; the loader is opened at run time by volk
if(ORRERY_EXR STREQUAL "openexr")
  orr_dep(openexr HEADER openexr.h LIBRARY OpenEXRCore SUFFIXES OpenEXR) # the C library alone, not its C++ kin
elseif(ORRERY_EXR STREQUAL "tinyexr")
  orr_dep(tinyexr HEADER tinyexr.h LIBRARY tinyexr)
else()
  message(FATAL_ERROR "ORRERY_EXR is '${ORRERY_EXR}'; it must be openexr or tinyexr")
endif()
# glslang's targets are static C++ and expect SPIRV-Tools-opt to be found first.
find_package(SPIRV-Tools REQUIRED)
find_package(SPIRV-Tools-opt REQUIRED)
find_package(glslang REQUIRED)
if(ORRERY_TESTS)
  orr_pkg(cmocka cmocka)
endif()
