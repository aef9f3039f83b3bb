import { code, markdownTable } from '../text/markdown.js';
import type { Gate } from './gate.js';

/** "all 3 gates passed", for a title; empty where there are none. */
export function gateVerdict(gates: readonly Gate[]): string {
  if (gates.length === 0) return '';
  const failed = gates.filter(({ passed }) => !passed).length;
  return failed === 0 ? `all ${gates.length} gates passed` : `${failed} of ${gates.length} gates failed`;
}

/** @param subject what the gates judge, e.g. "run" */
export function gateTable(gates: readonly Gate[], subject: string): string {
  if (gates.length === 0) return '';
  return markdownTable(
    ['', 'gate', 'found', subject],
    gates.map(({ name, subject, passed, detail }) => [passed ? '✅' : '❌', code(name), detail, subject]),
  );
}
