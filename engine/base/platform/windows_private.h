/* What platform_windows.c, files_windows.c and process_windows.c share. */
#ifndef ORR_BASE_WINDOWS_PRIVATE_H
#define ORR_BASE_WINDOWS_PRIVATE_H

#define WIN32_LEAN_AND_MEAN
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0601 /* Windows 7 */
#endif
#include <windows.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

wchar_t *orr_windows_wide(const char *text); /* UTF-8 to UTF-16; caller frees; NULL: no memory */
bool orr_windows_utf8(const wchar_t *wide, char *out, size_t size);
int orr_windows_errno(DWORD code); /* a Windows error code as the errno nearest to it */
uint64_t orr_windows_filetime_ns(FILETIME time);
HANDLE orr_windows_open_inherited(const wchar_t *path, DWORD access, DWORD how);
/* CreateProcess with these streams; stdin is null. FALSE: GetLastError. */
BOOL orr_windows_start(const char *const *argv, HANDLE output, HANDLE messages, DWORD flags,
                       PROCESS_INFORMATION *process);

#endif
