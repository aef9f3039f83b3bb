import { expect } from 'chai';
import type { Gate } from '../../../src/lib/gates/gate.js';
import { githubAnnotations, underGithubActions } from '../../../src/lib/gates/github.js';
import { junitReport } from '../../../src/lib/gates/junit.js';

const PASSED: Gate = { name: 'p95<=500ms', subject: 'a "b" & c', passed: true, detail: 'p95 is 20 ms' };
const FAILED: Gate = {
  name: 'rss<=2GB',
  subject: 'a',
  passed: false,
  detail: 'rss is 3 GB,\n50% more\u0007',
};

describe('a JUnit report', () => {
  it('has a test case for each gate, and a failure for each that failed', () => {
    expect(junitReport('ofx bench', [PASSED, FAILED])).to.equal(
      [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<testsuites tests="2" failures="1" errors="0" skipped="0">',
        '  <testsuite name="ofx bench" tests="2" failures="1" errors="0" skipped="0">',
        '    <testcase classname="ofx bench: a &#34;b&#34; &#38; c" name="p95&#60;=500ms"><system-out>p95 is 20 ms</system-out></testcase>',
        '    <testcase classname="ofx bench: a" name="rss&#60;=2GB"><failure message="rss is 3 GB,\n50% more\ufffd" type="gate"/></testcase>',
        '  </testsuite>',
        '</testsuites>',
        '',
      ].join('\n'),
    );
  });

  it('stands without gates', () => {
    expect(junitReport('ofx bench', [])).to.contain('<testsuite name="ofx bench" tests="0"');
  });
});

describe('GitHub annotations', () => {
  it('are an error for each failed gate and a warning for each warning, escaped as the runner wants', () => {
    expect(githubAnnotations('ofx bench', [PASSED, FAILED], ['100% noisy'])).to.deep.equal([
      '::error title=ofx bench%3A gate failed::rss<=2GB (a): rss is 3 GB,%0A50%25 more\u0007',
      '::warning title=ofx bench::100%25 noisy',
    ]);
  });

  it('are for GitHub Actions only', () => {
    expect(underGithubActions({ GITHUB_ACTIONS: 'true' })).to.equal(true);
    expect(underGithubActions({ CI: 'true' })).to.equal(false);
  });
});
