// SPDX-License-Identifier: Apache-2.0
// What the program says in English whatever the language (docs/cli-contract.md), in the language of the pages.
import { fill, lang, word } from '../i18n';
import { en } from '../i18n/en';

interface Sentence {
  name: string;
  form: RegExp;
}

/** The English sentences of @prefix, their places as groups named p1, p2, p3. */
function sentences(prefix: string): Sentence[] {
  return Object.entries(en).filter(([key]) => key.startsWith(`${prefix}.`)).map(([key, text]) => ({
    name: key.slice(prefix.length + 1),
    form: new RegExp(`^${text.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{(\d)\}/g, '(?<p$1>.*)')}$`, 's'),
  }));
}

const REASONS = sentences('hub.why');
const REFUSALS = sentences('hub.sensor_why');

function say(all: Sentence[], text: string, words: (name: string) => string): string {
  if (lang() === 'en') return text;
  for (const { name, form } of all) {
    const found = form.exec(text);
    if (found) return fill(words(name), Object.fromEntries(Object.entries(found.groups ?? {}).map(([key, value]) => [key.slice(1), value])));
  }
  return text;
}

/** Why an outcome was given (src/model/finding.h): as it is when it is no sentence of ours. */
export function reasonWords(text: string): string {
  return say(REASONS, text, (name) => word('hub.why', name));
}

/** Why a sensor does not take a list (src/sensor/offer.c). */
export function refusalWords(text: string): string {
  return say(REFUSALS, text, (name) => word('hub.sensor_why', name));
}
