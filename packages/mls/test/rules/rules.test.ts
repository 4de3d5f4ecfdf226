import { describe, expect, it } from 'vitest';
import { rules } from '../../src/rules.ts';
import { externalCommitCases } from './external-commits.ts';
import { framingCases } from './framing.ts';
import { leafCases } from './leaves.ts';
import { pathCases } from './paths.ts';
import { proposalCases } from './proposals.ts';
import { expectBroken, type RuleCase } from './rule-case.ts';
import { treeCases } from './trees.ts';
import { welcomeCases } from './welcomes.ts';

const groups: Readonly<Record<string, readonly RuleCase[]>> = {
  framing: framingCases,
  proposals: proposalCases,
  leaves: leafCases,
  paths: pathCases,
  'external commits': externalCommitCases,
  trees: treeCases,
  Welcomes: welcomeCases,
};

describe.each(Object.entries(groups))('%s: broken by a hostile member', (_, cases) => {
  it.each(cases.map((each) => [each.rule, each.how, each] as const))('%s: %s', (_rule, _how, each) =>
    expectBroken(each),
  );
});

it('every rule of the table is broken by one of these', () => {
  const broken = new Set(Object.values(groups).flatMap((cases) => cases.map(({ rule }) => rule)));
  expect([...broken].sort()).toEqual(Object.keys(rules).sort());
});
