# Compile flags for every target of Orrery.
#
# -ffp-contract=off: a*b+c must round twice on every CPU, or frames differ between machines (DESIGN.md, Determinism).
set(ORRERY_C_FLAGS
  -Wall -Wextra -Werror -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
  -Wpointer-arith -Wcast-align -Wwrite-strings -Wundef -Wvla -Wformat=2 -Wno-format-nonliteral
  -Wimplicit-fallthrough
  -ffp-contract=off -fno-strict-aliasing -fvisibility=hidden)
add_library(orr_flags INTERFACE)
target_compile_options(orr_flags INTERFACE "$<$<COMPILE_LANGUAGE:C>:${ORRERY_C_FLAGS}>"
  "$<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Werror;-ffp-contract=off>")
target_compile_definitions(orr_flags INTERFACE $<$<PLATFORM_ID:Linux>:_GNU_SOURCE>)
target_include_directories(orr_flags INTERFACE "${CMAKE_SOURCE_DIR}/engine/include" "${CMAKE_SOURCE_DIR}/engine")
if(ORRERY_SANITIZE)
  add_compile_options(-fsanitize=${ORRERY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -g)
  add_link_options(-fsanitize=${ORRERY_SANITIZE})
endif()
if(ORRERY_FUZZ) # every layer, or the fuzzer sees no coverage and is blind
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(ORRERY_COVERAGE)
  add_compile_options(--coverage -g)
  add_link_options(--coverage)
endif()
