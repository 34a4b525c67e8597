/* What LuaJIT's own mathematics gives on this machine: part of the numeric fingerprint. */
#include <stdlib.h>
#include <string.h>

#include "script/bind.h"

static const char probe[] = "local out = {}\n"
                            "local fs = { 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'exp', 'log', "
                            "'log10', 'sqrt', 'sinh', 'cosh', 'tanh' }\n"
                            "for _, name in ipairs(fs) do for i = 1, 400 do\n"
                            "  local x = i / 401\n"
                            "  out[#out + 1] = string.format('%s %.17g', name, math[name](x)) end end\n"
                            "for i = 1, 400 do out[#out + 1] = string.format('pow %.17g %.17g %.17g', (i / "
                            "37) ^ 2.2, (i / 401) ^ 0.4166, math.atan2(i, 37)) end\n"
                            "for i = 1, 400 do out[#out + 1] = string.format('mod %.17g %.17g', (i * 1.7) % "
                            "0.3, math.fmod(i * 1.7, 0.3)) end\n"
                            "return table.concat(out, '\\n')";

orr_status orr_script_numbers(char **text, orr_error *err) {
    *text = NULL;
    lua_State *L = luaL_newstate();
    if (!L) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for LuaJIT");
    luaL_openlibs(L);
    orr_status status = ORR_OK;
    if (luaL_loadbufferx(L, probe, sizeof probe - 1, "=numbers", "t") != 0 || lua_pcall(L, 0, 1, 0) != 0)
        status = orr_fail(err, ORR_E_INTERNAL, NULL, "LuaJIT's number probe failed: %s", lua_tostring(L, -1));
    if (status == ORR_OK && !(*text = strdup(lua_tostring(L, -1))))
        status = orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the number probe");
    lua_close(L);
    return status;
}
