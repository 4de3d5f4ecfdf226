import type { RunResult } from './run.ts';

/** What a run came to, as it is printed and kept. */
export function report(name: string, seed: number, { verdict, kills, late, seconds }: RunResult): string {
  const { acknowledged, delivered, lost, doubled, disordered, falsified, unsettled, faults } = verdict;
  const killed = Object.entries(kills).map(([what, count]) => `${what} ${count}`);
  const lines = [
    `${name}, seed ${seed}, ${Math.round(seconds)} s`,
    `  killed        ${killed.join(', ')}`,
    `  acknowledged  ${acknowledged}`,
    `  delivered     ${delivered}`,
    `  lost          ${lost}`,
    `  doubled       ${doubled}`,
    `  out of order ${disordered}, falsified ${falsified}, unsettled ${unsettled}, late ${late}, faults in all ${faults.length}`,
    ...faults.slice(0, 20).map((fault) => `  ! ${fault}`),
  ];
  return lines.join('\n');
}
