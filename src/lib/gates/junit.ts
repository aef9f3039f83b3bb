import type { Gate } from './gate.js';
import { escapeXml } from '../text/escape.js';

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
    `  <testsuite name="${safe(suite)}" ${counts}>`,
    ...gates.map((gate) => testCase(suite, gate)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function testCase(suite: string, { name, subject, passed, detail }: Gate): string {
  const head = `    <testcase classname="${safe(`${suite}: ${subject}`)}" name="${safe(name)}"`;
  if (passed) return `${head}><system-out>${safe(detail)}</system-out></testcase>`;
  return `${head}><failure message="${safe(detail)}" type="gate"/></testcase>`;
}

/** XML 1.0 cannot hold most control characters, not even escaped. */
function safe(text: string): string {
  return escapeXml(text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd'));
}
