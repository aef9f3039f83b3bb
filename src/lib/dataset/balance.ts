import type { Findings } from './finding.js';

/** From here on numbers like accuracy and precision say more about the mix of classes than about the model. */
const UNBALANCED = 4;

/** Notes a class that is missing or far smaller than the other. */
export function examineBalance(tampered: number, authentic: number, findings: Findings): void {
  if (tampered === 0) findings.add('one-class', 'tampered');
  if (authentic === 0) findings.add('one-class', 'authentic');
  const [small, large] = tampered < authentic ? [tampered, authentic] : [authentic, tampered];
  if (small > 0 && large > UNBALANCED * small) {
    findings.add('unbalanced', `${tampered} tampered, ${authentic} authentic`);
  }
}
