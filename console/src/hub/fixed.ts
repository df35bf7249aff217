// SPDX-License-Identifier: Apache-2.0
// Sentences that were reviewed and are said as they are; they stand in texts/fixed.json alone.
import { texts } from '../../../texts/fixed.json';
import { lang } from '../i18n';

export function fixed(name: keyof typeof texts): string {
  return texts[name][lang()];
}
