@echo off
rem Starts ofx and opens its page in the browser. For a double click on Windows.
rem START_NODE names a Node.js to use.
setlocal
title ofx
set "HERE=%~dp0"
set "NODE="
if defined START_NODE set "NODE=%START_NODE%"
if not defined NODE if exist "%HERE%..\..\runtime\node.exe" set "NODE=%HERE%..\..\runtime\node.exe"
if not defined NODE for %%N in (node.exe) do set "NODE=%%~$PATH:N"
if not defined NODE if exist "%ProgramFiles%\nodejs\node.exe" set "NODE=%ProgramFiles%\nodejs\node.exe"
if not defined NODE if exist "%LocalAppData%\Programs\nodejs\node.exe" set "NODE=%LocalAppData%\Programs\nodejs\node.exe"
if not defined NODE goto missing

"%NODE%" -e "const [a, b] = process.versions.node.split('.').map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)"
if errorlevel 1 goto old
"%NODE%" "%HERE%start.js"
if errorlevel 1 pause
exit /b %errorlevel%

:missing
echo ofx needs Node.js 20.19 or newer, and none was found on this machine.
echo Install it from https://nodejs.org, then start ofx again.
pause
exit /b 69

:old
echo ofx needs Node.js 20.19 or newer, and "%NODE%" is older:
"%NODE%" --version
echo Install a newer one from https://nodejs.org, then start ofx again.
pause
exit /b 69
