/**
 * Keeps ONNX Runtime to itself. From 1.30 on its builds for Linux and macOS, as those for Windows before, tell Microsoft of each
 * process and session, and write an identifier of the machine below the home folder, unless this variable is set before the
 * library is loaded. It is read from the environment of the process, so that a worker thread, which has only a copy of
 * it, is too late. Whoever wants it can set the variable to 0.
 */
export function disableTelemetry(): void {
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
}
