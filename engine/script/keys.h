/* Ordered `pairs` and `next` (keys.c). */
#ifndef ORR_SCRIPT_KEYS_H
#define ORR_SCRIPT_KEYS_H

#include <lua.h>

void orr_keys_open(lua_State *L); /* replaces the globals */

#endif
