import assert from 'node:assert/strict';
import { makeNonce, panelHtml } from '../../../extension/editor/panelHtml.ts';

describe('page of the panel', () => {
  const html = panelHtml({ script: 'S.js', style: 'S.css', cspSource: 'https://here', nonce: 'N0' });

  it('allows its own script by nonce and nothing inline or from elsewhere', () => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /script-src 'nonce-N0'(;|$)/);
    assert.doesNotMatch(policy, /unsafe|\*/);
    assert.equal(html.match(/<script/g)?.length, 1);
    assert.match(html, /<script nonce="N0" src="S.js">/);
    assert.match(html, /<meta property="csp-nonce" content="N0">/);
    assert.doesNotMatch(html, /style="/);
  });

  it('has a new nonce each time', () => {
    const nonces = new Set(Array.from({ length: 50 }, () => makeNonce(b => crypto.getRandomValues(b))));
    assert.equal(nonces.size, 50);
    for (const nonce of nonces) assert.match(nonce, /^[0-9a-f]{32}$/);
  });
});
