import type { Gate } from '../gate.js';

/**
 * Gates as a JUnit report, the form that CI systems show as test results: one suite, a test case a gate.
 *
 * @param suite - name of the suite, e.g. "ofx bench"
 */
export function junitReport(suite: string, gates: readonly Gate[]): string {
  const failures = gates.filter(({ passed }) => !passed).length;
  const counts = `tests="${gates.length}" failures="${failures}" errors="0" skipped="0"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${escapeXml(suite)}" ${counts}>`,
    ...gates.map((gate) => testCase(suite, gate)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function testCase(suite: string, { name, subject, passed, detail }: Gate): string {
  const head = `    <testcase classname="${escapeXml(`${suite}: ${subject}`)}" name="${escapeXml(name)}"`;
  if (passed) return `${head}><system-out>${escapeXml(detail)}</system-out></testcase>`;
  return `${head}><failure message="${escapeXml(detail)}" type="gate"/></testcase>`;
}

/** Also takes out the control characters that XML 1.0 cannot hold, not even escaped. */
function escapeXml(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
  );
}
