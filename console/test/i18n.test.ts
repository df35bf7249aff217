// SPDX-License-Identifier: Apache-2.0
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fill } from '../src/i18n';
import { en } from '../src/i18n/en';
import { ja } from '../src/i18n/ja';
import { PAGES } from '../src/lib/route';

const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? sources(path) : /\.tsx?$/.test(name) && !path.includes('i18n') ? [readFileSync(path, 'utf8')] : [];
  });
}

describe('texts', () => {
  it('are the same in both languages', () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(ja).sort());
    for (const key of Object.keys(ja) as (keyof typeof ja)[]) {
      expect(ja[key].trim(), key).not.toBe('');
      expect(en[key].trim(), key).not.toBe('');
      const english = places(en[key]);
      // A month has a number in one language and a name in the other.
      if (key !== 'time.month') expect(english, key).toEqual(places(ja[key]));
    }
  });
  it('are Japanese in Japanese and hold no words that are not ours', () => {
    const not = ['証明書', '認定', '格付け', 'スコア', '合格', '矛盾', '虚偽', '通報', 'お助け隊'];
    for (const [key, text] of Object.entries(ja)) for (const bad of not) expect(text.includes(bad), `${key}: ${bad}`).toBe(false);
    for (const [key, text] of Object.entries(en)) expect(/\b(score|certified|rating)\b/i.test(text), key).toBe(false);
    for (const text of Object.values(ja)) expect(/%|％/.test(text)).toBe(false);
  });
  it('name every page', () => {
    for (const page of PAGES) expect(`page.${page}` in ja).toBe(true);
  });
  it('are all used, and all that are used exist', () => {
    const code = sources(join(__dirname, '..', 'src')).join('\n');
    const words = new Set([...code.matchAll(/word\('([\w.]+)'/g)].map((m) => m[1]));
    const built = [...words].map((w) => `${w}.`).concat('period.', 'start.');
    const unused = Object.keys(ja).filter((key) => !code.includes(`'${key}'`) && !code.includes(`"${key}"`) && !built.some((b) => key.startsWith(b)));
    expect(unused).toEqual([]);
    const asked = [...code.matchAll(/\bt\('([\w.]+)'/g)].map((m) => m[1] as string);
    expect(asked.filter((key) => !(key in ja))).toEqual([]);
  });
  it('hold all reasons and refusals that the program says in English', () => {
    const root = join(__dirname, '..', '..', 'src');
    const finding = readFileSync(join(root, 'model', 'finding.h'), 'utf8');
    const map = finding.slice(finding.indexOf('#define YG_REASON_MAP'), finding.indexOf('enum yg_reason_code'));
    const said = [...map.matchAll(/N_\("([^"]+)"\)/g)].map((m) => m[1]).sort();
    expect(said.length).toBeGreaterThan(10);
    expect(Object.entries(en).filter(([key]) => key.startsWith('hub.why.')).map(([, text]) => text).sort()).toEqual(said);
    const offer = readFileSync(join(root, 'sensor', 'offer.c'), 'utf8');
    for (const [key, text] of Object.entries(en)) if (key.startsWith('hub.sensor_why.')) expect(offer).toContain(`"${text}"`);
  });
  it('are filled without surprises', () => {
    expect(fill('{a} {b} {a}', { a: 1, b: '{a}' })).toBe('1 {a} 1');
    expect(fill('{x}', {})).toBe('{x}');
  });
});

describe('the styles', () => {
  const css = readFileSync(join(__dirname, '..', 'src', 'css', 'console.css'), 'utf8');
  const block = (from: number) => css.slice(css.indexOf(':root {', from), css.indexOf('\n  }', css.indexOf(':root {', from)) + 1 || undefined);
  const tokens = (text: string) => new Map([...text.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map((m) => [m[1] as string, m[2] as string]));
  const light = tokens(css.slice(0, css.indexOf('@media (prefers-color-scheme: dark)')));
  const dark = new Map([...light, ...tokens(block(css.indexOf('@media (prefers-color-scheme: dark)')))]);
  const luminance = (hex: string) => {
    const [r, g, b] = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)) as [number, number, number];
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a: string, b: string) => {
    const [x, y] = [luminance(a), luminance(b)].sort((m, n) => n - m) as [number, number];
    return (x + 0.05) / (y + 0.05);
  };
  const pairs: [string, string, number][] = [
    ['ink', 'bg', 7], ['ink', 'surface', 7], ['ink', 'surface-2', 7], ['ink-2', 'bg', 4.5], ['ink-2', 'surface', 4.5], ['ink-2', 'surface-2', 4.5],
    ['primary', 'bg', 4.5], ['primary', 'surface', 4.5], ['primary', 'surface-2', 4.5], ['primary', 'primary-soft', 4.5], ['on-primary', 'primary', 4.5], ['on-primary', 'primary-hover', 4.5], ['on-top', 'top', 7], ['on-top-2', 'top', 4.5],
    ...['met', 'declared', 'partly', 'not', 'na', 'open', 'practice'].map((n): [string, string, number] => [n, `${n}-bg`, 4.5]),
    ['line-2', 'surface', 3], ['focus', 'bg', 3], ['focus', 'surface', 3], ['partly', 'surface', 4.5], ['not', 'surface', 4.5],
  ];
  it('have enough contrast, light and dark', () => {
    for (const [name, map] of [['light', light], ['dark', dark]] as const) {
      for (const [a, b, least] of pairs) {
        const [x, y] = [map.get(a), map.get(b)];
        if (!x || !y) throw new Error(`${a} or ${b} is no token`);
        expect(contrast(x, y), `${name}: ${a} on ${b}`).toBeGreaterThanOrEqual(least);
      }
    }
    expect(dark.get('bg')).not.toBe(light.get('bg'));
  });
  it('ask nothing of other machines', () => {
    expect(/url\(|@import|https?:/.test(css)).toBe(false);
  });
});
